"""`payport audit`: the auditor's report, and stored callbacks drawn at random and re-verified."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from payport.doors.cli.usage import Config, UsageError, found_config

if TYPE_CHECKING:
    from payport_contracts.kit.audit.values import Report

__all__ = ["audit", "report"]

audit = App(
    name="audit",
    help="Write the auditor's report, or re-verify stored callbacks.",
    version_flags=(),
)

_Approved = Annotated[
    tuple[Path, ...],
    Parameter(name="--approved", help="An auditor's list of approved contracts; may be given again."),
]


@audit.command
def report(
    *,
    config: Config = None,
    approved: _Approved = (),
    html: Annotated[Path | None, Parameter(help="Write it as one HTML file.")] = None,
    pdf: Annotated[Path | None, Parameter(help="Write it as PDF.")] = None,
) -> int:
    """Say how each message is authenticated, how that was checked, and who approved it.

    With a configuration also which accounts use what, and their keys without values. Exit status 1: a vector
    or a changed message does not come out as it must, or a contract is not approved.
    """
    if html is None and pdf is None:
        raise UsageError(
            field="--html, --pdf",
            problem="none is given, so there is nothing to write",
            remedy="Give --html FILE, or --pdf FILE, or both",
        )
    made = _gathered(found_config(config), approved)
    if html is not None:
        from payport_contracts.kit.audit.page import as_html  # noqa: PLC0415

        _write(html, as_html(made).encode(), "--html")
    if pdf is not None:
        from payport_contracts.kit.audit.document import as_pdf  # noqa: PLC0415

        _write(pdf, as_pdf(made), "--pdf")
    from payport_contracts.kit.audit.wording import summary  # noqa: PLC0415

    for label, words, _ in summary(made):
        print(f"{label}: {words}")
    return 0 if made.is_in_order else 1


def _gathered(config: Path | None, approved: tuple[Path, ...]) -> Report:
    from payport_contracts.kit.audit.gathering import (  # noqa: PLC0415
        report_of_installation,
        report_of_seller,
    )

    try:
        return report_of_installation(approved) if config is None else report_of_seller(config, approved)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            field="--approved",
            problem=f"a list cannot be read: {getattr(error, 'strerror', None) or type(error).__name__}",
            remedy="Correct the path, or let this user read it",
        ) from None


def _write(path: Path, data: bytes, option: str) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise UsageError(
            field=option,
            problem=f"{path.name} cannot be written: {error.strerror or type(error).__name__}",
            remedy="Name a file in a folder that is there and may be written",
        ) from None
    print(f"{path.name}: {len(data)} bytes")
