"""`payport audit`: the auditor's report, and stored callbacks drawn at random and re-verified."""

from __future__ import annotations

from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import App, Parameter

from payport.doors.cli.printing import heading, plain
from payport.doors.cli.usage import Config, UsageError, config_file, found_config

if TYPE_CHECKING:
    from payport_contracts.kit.audit.values import Report, Sample

__all__ = ["MOST", "audit", "report", "sample"]

MOST: Final = 10_000  # callbacks that one call draws: a tenth of a second each

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
    _write_both(made, None, html, pdf)
    return 0 if made.is_in_order else 1


@audit.command
def sample(
    count: int,
    /,
    *,
    config: Config = None,
    seed: Annotated[str | None, Parameter(help="Draws the same ones again; else a new one is made.")] = None,
    secret: Annotated[
        tuple[str, ...],
        Parameter(help="A gateway's secret, as ACCOUNT=@FILE or ACCOUNT=env:NAME; ACCOUNT:KEY for one key."),
    ] = (),
    key: Annotated[
        tuple[str, ...], Parameter(help="ID=BASE64, a public key of the journal that is trusted.")
    ] = (),
    heads: Annotated[Path | None, Parameter(help="The file of heads that was kept outside.")] = None,
    script: Annotated[Path | None, Parameter(help="Your own copy of check_evidence.py, to be run.")] = None,
    approved: _Approved = (),
    html: Annotated[Path | None, Parameter(help="Write the whole report with it, as HTML.")] = None,
    pdf: Annotated[Path | None, Parameter(help="Write the whole report with it, as PDF.")] = None,
) -> int:
    """Draw stored callbacks at random, and re-verify each from its raw bytes, without Payport.

    Each goes through check_evidence.py in a process of its own. Exit status 1: one does not fit.
    """
    from payport.doors.cli.opened import opened  # noqa: PLC0415
    from payport_contracts.kit.audit.brought import trusted  # noqa: PLC0415
    from payport_contracts.kit.audit.sampling import sample as draw  # noqa: PLC0415
    from payport_contracts.kit.audit.wording import drawing  # noqa: PLC0415

    if not 1 <= count <= MOST:
        raise UsageError(field="COUNT", problem="is out of range", remedy=f"Take 1 to {MOST}")
    with opened(config) as shop:
        brought = trusted(secret, key=key, heads=heads, script=script, approved=approved)
        made = draw(shop, count, seed or token_hex(16), brought)
    for row in made.rows:
        heading(f"callback {row.number}: {row.words}")
        for line in row.lines:
            print(f"  {plain(line)}")
    print(f"\n{drawing(made)}")
    if html is not None or pdf is not None:
        _write_both(_gathered(config_file(config), approved), made, html, pdf)
    return 0 if made.is_in_order else 1


def _write_both(made: Report, drawn: Sample | None, html: Path | None, pdf: Path | None) -> None:
    from payport_contracts.kit.audit.wording import summary  # noqa: PLC0415

    if html is not None:
        from payport_contracts.kit.audit.page import as_html  # noqa: PLC0415

        _write(html, as_html(made, drawn).encode(), "--html")
    if pdf is not None:
        from payport_contracts.kit.audit.document import as_pdf  # noqa: PLC0415

        _write(pdf, as_pdf(made, drawn), "--pdf")
    for label, words, _ in summary(made):
        print(f"{label}: {words}")


def _gathered(config: Path | None, approved: tuple[Path, ...]) -> Report:
    from payport_contracts.kit.audit.gathering import (  # noqa: PLC0415
        report_of_installation,
        report_of_seller,
    )

    return report_of_installation(approved) if config is None else report_of_seller(config, approved)


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
