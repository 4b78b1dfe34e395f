"""The report as one HTML file: no script, nothing from elsewhere, readable in print."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from payport_contracts.kit.audit.values import Report, Sample
from payport_contracts.kit.audit.wording import CODES, FORMATS, IN_CODE, TERMS

__all__ = ["as_html"]


def as_html(report: Report, sample: Sample | None = None) -> str:
    environment = Environment(
        loader=PackageLoader("payport_contracts.kit.audit", "."),
        autoescape=select_autoescape(("html", "jinja")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= FORMATS
    return environment.get_template("report.html.jinja").render(
        report=report, sample=sample, terms=TERMS, in_code=IN_CODE, result_codes=CODES
    )
