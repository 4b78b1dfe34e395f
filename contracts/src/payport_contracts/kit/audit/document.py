"""The report as PDF, from the same values as the HTML. Its letters include all of Vietnamese."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.resources import as_file, files
from typing import Final

from fpdf import FPDF
from fpdf.enums import TableBordersLayout, WrapMode, XPos, YPos
from fpdf.fonts import FontFace
from fpdf.outline import OutlineSection

from payport_contracts.kit.audit.values import ContractPart, GatewayPart, Report, Sample, VectorRow
from payport_contracts.kit.audit.wording import (
    CODES,
    IN_CODE,
    TERMS,
    approval,
    can,
    cannot,
    checks,
    codes,
    day,
    drawing,
    instant,
    summary,
    trial,
)

__all__ = ["as_pdf"]

_TEXT: Final = "text"
_CODE: Final = "courier"
_INK: Final = (26, 31, 54)
_MUTED: Final = (86, 96, 116)
_LINE: Final = (217, 221, 231)
_GOOD: Final = (15, 107, 60)
_BAD: Final = (179, 38, 30)


def as_pdf(report: Report, sample: Sample | None = None) -> bytes:
    paper = _Paper(report)
    _front(paper, report, sample)
    paper.contents()
    for part in report.contracts:
        _contract(paper, part)
    paper.chapter("Gateways")
    paper.text(IN_CODE)
    paper.text(CODES)
    for gateway in report.gateways:
        _gateway(paper, gateway)
    _keys(paper, report)
    if sample is not None:
        _sample(paper, sample)
    return bytes(paper.output())


class _Paper(FPDF):
    """A4 with a running foot. Sizes are in points, lengths in millimetres."""

    def __init__(self, report: Report) -> None:
        super().__init__(format="A4")
        folder = files("payport_contracts.kit.audit").joinpath("fonts")
        for style, name in (("", "Regular"), ("B", "SemiBold")):
            with as_file(folder.joinpath(f"BeVietnamPro-{name}.ttf")) as path:
                self.add_font(_TEXT, style, path)
        self._foot = f"Auditor's report, {report.seller or 'what is installed'}, {instant(report.made_at)}"
        self.set_title("Payport: auditor's report")
        self.set_lang("en")
        self.set_creation_date(report.made_at)
        self.set_margins(18, 18, 18)
        self.set_auto_page_break(auto=True, margin=20)
        self.add_page()

    def footer(self) -> None:
        self.set_y(-14)
        self._font(8, colour=_MUTED)
        self.cell(self.epw / 2, 5, self._foot)
        self.cell(self.epw / 2, 5, f"{self.page_no()} / {{nb}}", align="R")

    def title_line(self, words: str) -> None:
        self._font(22, "B")
        self._lines(words, 10)

    def fresh_page(self) -> None:
        """A new one, unless this one is empty."""
        if self.get_y() > self.t_margin:
            self.add_page()

    def chapter(self, words: str) -> None:
        self.fresh_page()
        self.start_section(words)
        self._font(16, "B")
        self._lines(words, 8)
        self.set_draw_color(*_INK)
        self.line(self.l_margin, self.get_y() + 1, self.w - self.r_margin, self.get_y() + 1)
        self.ln(4)

    def part(self, words: str) -> None:
        self.start_section(words, level=1)
        self._font(13, "B")
        self._lines(words, 7)

    def small_heading(self, words: str) -> None:
        if self.will_page_break(18):  # a heading stays with what it heads
            self.add_page()
        self.ln(2.5)
        self._font(10, "B")
        self._lines(words, 5.5)

    def text(self, words: str, *, colour: tuple[int, int, int] = _INK, size: float = 9.5) -> None:  # type: ignore[override]
        self._font(size, colour=colour)
        self._lines(words, size * 0.52)
        self.ln(1)

    def lead(self, words: str) -> None:
        """What stands over a table, and stays with it."""
        if self.will_page_break(36):
            self.add_page()
        self.text(words, size=8.5)

    def contents(self) -> None:
        """A page of its own, filled in at the end: what stands where."""
        self.add_page()
        self._font(16, "B")
        self._lines("Contents", 8)
        self.ln(2)
        self.insert_toc_placeholder(_contents, allow_extra_pages=True)

    def entry(self, words: str, page: int, level: int) -> None:
        link = self.add_link(page=page)
        self._font(9.5, "" if level else "B")
        self.set_x(self.l_margin + 5 * level)
        self.cell(self.epw - 15 - 5 * level, 5.4, words, link=link)
        self.cell(15, 5.4, str(page), align="R", link=link, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def item(self, words: str) -> None:
        self._font(9.5)
        self.cell(4, 4.9, "•")
        self.multi_cell(self.epw - 4, 4.9, words, new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L")

    def code(self, words: str) -> None:
        self.set_font(_CODE, size=7)
        self.set_text_color(*_INK)
        self.set_fill_color(246, 247, 250)
        shown = words.encode(
            "ascii", "backslashreplace"
        ).decode()  # the typeface of code has no other letters
        self.multi_cell(
            0, 3.2, shown, fill=True, wrapmode=WrapMode.CHAR, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT
        )
        self.ln(0.8)

    def facts(self, rows: Iterable[tuple[str, str]]) -> None:
        for label, value in rows:
            self._font(9, colour=_MUTED)
            self.cell(38, 4.8, label)
            self._font(9)
            wrap = WrapMode.WORD if " " in value else WrapMode.CHAR
            self.multi_cell(
                self.epw - 38, 4.8, value, align="L", wrapmode=wrap,
                new_x=XPos.LMARGIN, new_y=YPos.NEXT,
            )  # fmt: skip
        self.ln(1)

    def grid(self, heads: Sequence[str], rows: Iterable[Sequence[str]], widths: Sequence[int]) -> None:
        self._font(8)
        self.set_draw_color(*_LINE)
        self.set_fill_color(255, 255, 255)
        with self.table(
            col_widths=tuple(widths),
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            headings_style=FontFace(emphasis="BOLD", color=_INK),
            line_height=4.4,
            padding=(0.8, 1.5, 0.8, 0),
            text_align="LEFT",
            wrapmode=WrapMode.WORD,
        ) as grid:
            for row in (heads, *rows):
                grid.row(row)
        self.ln(2)

    def _font(self, size: float, style: str = "", *, colour: tuple[int, int, int] = _INK) -> None:
        self.set_font(_TEXT, style, size)
        self.set_text_color(*colour)

    def _lines(self, words: str, height: float) -> None:
        self.multi_cell(0, height, words, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _contents(pdf: FPDF, outline: Iterable[OutlineSection]) -> None:
    assert isinstance(pdf, _Paper)
    for section in outline:
        pdf.entry(section.name, section.page_number, section.level)


def _front(paper: _Paper, report: Report, sample: Sample | None) -> None:
    paper.title_line("Auditor's report")
    of = report.seller or "What is installed, without any seller's configuration"
    paper.text(f"{of}: how each message of a payment gateway is authenticated.", size=11)
    made_by = ", ".join(f"{name} {number}" for name, number in report.versions.items())
    paper.text(
        f"Made {instant(report.made_at)} by {made_by}. Every sentence about a contract is made from its file,"
        " which stands below it word for word and is what the machine executes.",
        colour=_MUTED,
    )
    paper.ln(2)
    for label, words, fine in summary(report):
        paper.text(f"{label}: {words}", colour=_GOOD if fine else _BAD, size=11)
    if sample is not None:
        fitting = f"Stored callbacks that fit: {sample.fitting} of {len(sample.rows)}"
        paper.text(fitting, colour=_GOOD if sample.is_in_order else _BAD, size=11)
    paper.small_heading("Contracts")
    paper.facts(TERMS)
    paper.grid(
        ("Contract", "Grade", "Approved", "Vectors", "SHA-256 of the file"),
        [
            (
                part.label,
                part.grade or "request",
                "not approved"
                if part.approved_by is None
                else f"{part.approved_by}, {day(part.approved_at)}",
                str(len(part.vectors)) if not part.failed else f"{len(part.failed)} failed",
                f"{part.digest[:16]}…",
            )
            for part in report.contracts
        ],
        (52, 17, 54, 17, 34),
    )
    paper.text(f"Approved lists that were looked at: {'; '.join(report.lists) or 'none'}.", colour=_MUTED)
    for source, why in report.refused:
        paper.item(f"Installed, refused and not used: {source}: {why}")


def _contract(paper: _Paper, part: ContractPart) -> None:
    paper.fresh_page()
    paper.part(f"{part.label}: {part.grade or 'request'}")
    paper.facts(
        [
            ("Approval", approval(part)),
            ("SHA-256 of the file", part.digest),
            ("File", part.origin),
            ("Restates", part.source),
            ("Spoken by", ", ".join(part.gateways) or "no installed gateway"),
            ("Accounts", ", ".join(part.accounts) or "none"),
        ]
    )
    paper.small_heading("In words")
    for sentence in part.sentences:
        paper.item(sentence.text)
    paper.small_heading("Checks")
    paper.text(checks(part))
    if part.mutations:
        rows = [(row.name, row.expected, str(row.made), str(row.held)) for row in part.mutations]
        heads = ("Change to a genuine message", "Must be", "Made", "As it must be")
        paper.grid(heads, rows, (90, 40, 20, 24))
    paper.small_heading("The file itself")
    paper.code(part.text)
    paper.small_heading("Vectors, each with a line for a shell by which OpenSSL says the same")
    for row in part.vectors:
        _vector(paper, row)


def _vector(paper: _Paper, row: VectorRow) -> None:
    verdict = row.stated if row.holds else f"must be {row.stated}, was {row.found}"
    agreed = f" Agreed by {', '.join(row.agreed)}." if row.agreed else ""
    paper.text(f"{row.id}, {verdict}. {row.note}.{agreed}", size=8, colour=_INK if row.holds else _BAD)
    if row.command is not None:
        paper.code(f"{row.command}\nprints {row.gives}\n{row.carried}")
    else:
        paper.text(f"No line: {row.carried[0].lower()}{row.carried[1:]}", size=8, colour=_MUTED)


def _gateway(paper: _Paper, part: GatewayPart) -> None:
    paper.ln(3)
    paper.part(f"{part.id}: {part.name}")
    paper.facts(
        [
            ("Plugin", part.origin),
            ("It can", can(part)),
            ("It cannot", cannot(part)),
            ("Hosts it asks", "; ".join(part.hosts) or "none"),
            *part.doors,
            ("Contracts", ", ".join(part.contracts) or "none: nothing of it is signed"),
        ]
    )
    paper.small_heading("What Payport decides about a callback, and what the gateway is then told")
    rows = [
        (row.decision, row.means, "-", f"never: {row.never}")
        if row.never
        else (row.decision, row.means, str(row.status), row.body or "(empty)")
        for row in part.answers
    ]
    paper.grid(("Decision", "When", "Status", "Answer, byte for byte"), rows, (32, 68, 14, 60))
    paper.small_heading("What each result code means, and each other field that decides")
    for why in part.no_codes:
        paper.text(why)
    for table in part.codes:
        paper.lead(f"{trial(table)}:")
        tried = [(row.outcome, codes(row, table.tried), table.meaning(row.outcome)) for row in table.rows]
        paper.grid(("Claim", "Codes", "Payport takes it for"), tried, (22, 92, 60))
    paper.small_heading("What is in code")
    hooks = [(hook.name, hook.does, hook.place, str(hook.lines)) for hook in part.hooks]
    paper.grid(("Hook", "What it does", "Where", "Lines"), hooks, (32, 82, 46, 14))
    for file in part.code:
        paper.code(f"{file.digest}  {file.name}, {file.lines} lines")


def _keys(paper: _Paper, report: Report) -> None:
    paper.chapter("Keys")
    if not report.keys:
        why = "No configuration was read." if report.seller is None else "No gateway account has a key."
        paper.text(why)
        return
    paper.text("Each key of each gateway account, without its value. Times are in UTC.")
    paper.grid(
        ("Account", "Role", "Key", "Environment", "From", "Until", "Now it", "Last verified"),
        [
            (
                key.account, key.role, key.id, key.environment, instant(key.not_before),
                instant(key.not_after), key.standing, instant(key.last_used_at),
            )
            for key in report.keys
        ],
        (24, 24, 18, 20, 22, 22, 18, 26),
    )  # fmt: skip


def _sample(paper: _Paper, sample: Sample) -> None:
    paper.chapter("Stored callbacks, re-verified")
    paper.text(drawing(sample))
    for row in sample.rows:
        paper.small_heading(f"Callback {row.number}: {row.words}")
        paper.code("\n".join(row.lines))
