"""The checks as tests: a subclass says its subject, and has them all."""

from __future__ import annotations

from typing import ClassVar, Final

import pytest

from payport_contracts.kit.conformance.checks import CHECKS, found_by
from payport_contracts.kit.conformance.subject import Subject

__all__ = ["Conformance"]

_SHOWN: Final = 12


class Conformance:
    """Named `Test…` in a test module, with `subject`. Raises nothing of its own: pytest tells."""

    subject: ClassVar[Subject]

    @pytest.mark.parametrize("check", CHECKS)
    def test_it(self, check: str) -> None:
        found = found_by(check, self.subject)
        if isinstance(found, str):
            pytest.skip(found)
        if found:
            more = f"\n… and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
            pytest.fail("\n".join(map(str, found[:_SHOWN])) + more, pytrace=False)
