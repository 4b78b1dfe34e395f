"""Result codes that no sheet lists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from payport.errors import Defect
from payport.gateways.types import Outcome, PaymentReport
from payport_contracts.kit.conformance.finding import Finding, Skipped
from payport_contracts.kit.conformance.proofs import contract_of, parsed, proofs, with_value
from payport_contracts.kit.conformance.subject import Subject

__all__ = ["UNLISTED", "takes_no_unlisted_code_for_a_success_or_a_no"]

UNLISTED: Final = (
    "",
    "0",
    "000",
    "0000",
    " 00",
    "00 ",
    "０0",
    "OK",
    "ok",
    "true",
    "zz",
    "99999",
    "-0",
    "00;24",
)
_NUMBERED: Final = (*(str(number) for number in range(1000)), *(f"{number:02}" for number in range(100)))


def takes_no_unlisted_code_for_a_success_or_a_no(subject: Subject) -> Iterator[Finding]:
    """Not listed is unknown; only what the sheet lists is done, or a no; no code makes it fail."""
    for verified in proofs(subject):
        name = contract_of(subject, verified).covers.outcome
        if name is None:
            raise Skipped("its contract covers no outcome")
        if not isinstance(parsed(subject, verified), PaymentReport):
            continue  # whatever its code: told by another check
        for code in dict.fromkeys((*UNLISTED, *_NUMBERED, *(subject.declined or ()))):
            report = parsed(subject, with_value(verified, name, code))
            problem = _problem(subject, code, report)
            if problem:
                yield subject.finding(
                    "codes",
                    "parse_callback",
                    problem,
                    "Take what is not listed for unknown; list by the sheet",
                )


def _problem(subject: Subject, code: str, report: object) -> str:
    if isinstance(report, Defect):
        return f"code {code!r} makes it fail"
    if not isinstance(report, PaymentReport):
        return ""
    if report.outcome is Outcome.DONE and code not in subject.done:
        return f"code {code!r} is done"
    is_no = report.outcome is Outcome.DECLINED
    if subject.declined is not None and is_no != (code in subject.declined):
        return f"code {code!r} is {report.outcome}, which `declined` of the subject says otherwise"
    return f"code {code!r} is a no" if is_no and code in UNLISTED and not subject.may_be_a_no(code) else ""
