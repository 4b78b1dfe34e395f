"""What an auditor is told of every example of docs/contract-language.md, as one text to read and to approve.

`python -m tests.docs.example_words` writes it anew. Whoever does so reads each sentence that changed, beside
the contract: it must be true of it. No test can judge that.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from payport.signing.document import Document
from payport.signing.words import differences, sentences
from tests.docs.language import EXAMPLES

__all__ = ["APPROVED", "written"]

APPROVED: Final = Path(__file__).with_name("example_words.txt")


def written() -> str:
    """Of each example every sentence, then what differs from the first, and back."""
    first = EXAMPLES[0].contract.document
    return "\n".join(_example(each.heading, each.contract.document, first) for each in EXAMPLES)


def _example(heading: str, document: Document, first: Document) -> str:
    lines = [f"## {heading}", *(f"{each.topic}: {each.text}" for each in sentences(document))]
    for title, told in (
        ("From the first example to this one:", differences(first, document)),
        ("And back:", differences(document, first)),
    ):
        lines += ["", title, *(f"- {each}" for each in told)] if told else []
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    APPROVED.write_text(written(), encoding="utf-8")
