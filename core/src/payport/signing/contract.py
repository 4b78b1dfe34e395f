"""A contract as the machine uses it: the document, its digest, its computed grade, and its functions.

Compiled once, when it is loaded. verify.py and explain.py run it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

from payport.signing.consistency import check_consistency
from payport.signing.document import Covers, Direction, Document, Grade, parse_document
from payport.signing.fields import Fields, Reader, compile_reader
from payport.signing.grade import check_grade, computed_grade, weaknesses
from payport.signing.message import Form, compile_forms, signed_fields
from payport.signing.signature import Scheme, compile_scheme

__all__ = ["Contract", "load_contract"]


@dataclass(frozen=True, slots=True, eq=False)
class Contract:
    """`digest` is the SHA-256, in lower-case hex, of the file's bytes: what an auditor approves.

    `label` is "id version", as it stands in journals. `scheme` is None where nothing is signed.
    """

    document: Document
    digest: str
    label: str
    read: Reader = field(repr=False)
    names: Callable[[Fields], tuple[str, ...]] = field(repr=False)
    forms: tuple[Form, ...] = field(repr=False)
    scheme: Scheme | None = field(repr=False)
    header_names: tuple[str, ...] = field(repr=False)  # lower case

    @property
    def id(self) -> str:
        return self.document.id

    @property
    def version(self) -> str:
        return self.document.version

    @property
    def major(self) -> int:
        return int(self.document.version.partition(".")[0])

    @property
    def grade(self) -> Grade | None:
        """What the file claims; None for a request."""
        return self.document.grade

    @property
    def computed_grade(self) -> Grade | None:
        """The most that the file could claim; None for a request."""
        return computed_grade(self.document)

    @property
    def weaknesses(self) -> tuple[str, ...]:
        """Why it could not claim more, for the auditor."""
        return weaknesses(self.document)

    @property
    def direction(self) -> Direction:
        return self.document.direction

    @property
    def source(self) -> str:
        """The section of the sheet that it restates."""
        return self.document.source

    @property
    def covers(self) -> Covers:
        return self.document.covers

    @property
    def key_role(self) -> str | None:
        """The role of the keys that it needs; None where nothing is signed."""
        return None if self.document.signature is None else self.document.signature.key


@lru_cache(maxsize=256)
def load_contract(text: str, *, source: str) -> Contract:
    """Reads, judges and compiles a contract file. Raises ContractError naming file, key and remedy.

    The same text gives the same contract, which nothing changes: a process compiles each once.

    Args:
        text: the file's text, line ends as they are in the file, since its digest is what is approved.
        source: the file's name, for errors.
    """
    document = parse_document(text, source=source)
    check_consistency(document, source=source)
    check_grade(document, source=source)
    return Contract(
        document=document,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        label=f"{document.id} {document.version}",
        read=compile_reader(document),
        names=signed_fields(document),
        forms=compile_forms(document, strict_joining=_joins_strictly(document)),
        scheme=None if document.signature is None else compile_scheme(document.signature),
        header_names=_header_names(document),
    )


def _joins_strictly(document: Document) -> bool:
    """A hint, and a request signed by a bare digest, may hold the joiner anywhere: nothing rests on them."""
    if document.direction == "request":
        return document.signature is not None and document.signature.algorithm != "MD5"
    return document.grade == "proof"


def _header_names(document: Document) -> tuple[str, ...]:
    parts: list[str] = []
    if document.message is not None and document.signature is not None:
        parts = [document.signature.at, *(document.message.parts or ())]
    if document.freshness is not None:
        parts.append(document.freshness.at)
    headers = [part.removeprefix("header.").lower() for part in parts if part.startswith("header.")]
    return tuple(dict.fromkeys(headers))
