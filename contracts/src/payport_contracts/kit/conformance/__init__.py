"""The conformance kit: a few lines of test put a gateway through all that the core relies on.

    from payport_contracts.kit.conformance import Conformance, Subject


    class TestSaoMai(Conformance):
        subject = Subject("saomai", settings={…}, keys={"ipn_secret": "…"}, genuine=(b"…",), done={"00"})

Each check is one test. One that does not apply is skipped, and says why; one that fails says what to do.
"""

from __future__ import annotations

from payport_contracts.kit.conformance.checks import CHECKS, examine
from payport_contracts.kit.conformance.finding import Finding, Skipped
from payport_contracts.kit.conformance.pytest_class import Conformance
from payport_contracts.kit.conformance.simulated import Simulator, Tell, over_http
from payport_contracts.kit.conformance.subject import Subject

__all__ = [
    "CHECKS",
    "Conformance",
    "Finding",
    "Simulator",
    "Skipped",
    "Subject",
    "Tell",
    "examine",
    "over_http",
]
