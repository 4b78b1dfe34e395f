"""The contract language: every key and every word that a signature contract may use.

A contract is a TOML document that an auditor reads. Every value is a word from a closed list or a name;
nothing is a phrase to parse. What the words mean is in fields.py, message.py and signature.py.
"""

from __future__ import annotations

import tomllib
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, ValidationError

from payport.errors import ContractError

__all__ = [
    "Algorithm",
    "Covers",
    "Direction",
    "Document",
    "Entries",
    "Freshness",
    "Grade",
    "Locate",
    "Message",
    "Select",
    "Signature",
    "Values",
    "Written",
    "parse_document",
]

Grade: TypeAlias = Literal["none", "hint", "proof"]
Direction: TypeAlias = Literal["callback", "request", "answer"]
Place: TypeAlias = Literal["query", "form", "json", "json.data", "text in json.data", "body as json", "none"]
Values: TypeAlias = Literal["raw", "as received", "php form"]
Algorithm: TypeAlias = Literal["MD5", "HMAC-SHA256", "HMAC-SHA512", "RSA-SHA256", "Ed25519"]
Written: TypeAlias = Literal["hex lower", "hex upper", "hex any", "base64"]

_NAME: Final = r"\^?[A-Za-z0-9_.]+"
_FieldName: TypeAlias = Annotated[str, Field(pattern=rf"^{_NAME}\z", max_length=128)]
_Part: TypeAlias = Annotated[
    str,
    Field(
        pattern=rf"^(field\.{_NAME}|header\.[A-Za-z0-9-]+|signature\.[A-Za-z0-9]+|setting\.[a-z0-9_]+|secret|body|)\z"
    ),
]
_Receipt: TypeAlias = Annotated[str, Field(pattern=rf"^(field\.{_NAME}|header\.[A-Za-z0-9-]+)\z")]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Select(_Table):
    """All fields whose name begins with one of the prefixes, sorted by bytes."""

    prefix: tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9_.]*\z")], ...] = Field(min_length=1)
    leave_out: tuple[_FieldName, ...] = ()


class Message(_Table):
    """How the signed text is put together: parts joined by one string."""

    parts: tuple[_Part, ...] | None = Field(default=None, min_length=1)
    select: Select | None = None
    names: StrictBool = False
    join: str | None = None
    values: Values | Annotated[tuple[Values, ...], Field(min_length=1)] = "raw"
    empty: Literal["keep", "skip"] = "keep"
    absent: Literal["refuse", "empty"] = "refuse"
    null: Literal["refuse", "empty"] = "refuse"
    nested: Literal["refuse", "sorted json"] = "refuse"
    joiner_in: tuple[_FieldName, ...] = ()

    @property
    def forms(self) -> tuple[Values, ...]:
        """The ways of writing a value, in the order in which they are tried."""
        return (self.values,) if isinstance(self.values, str) else self.values

    @property
    def joiner(self) -> str:
        return self.join or ""

    def signs_field(self, name: str) -> bool:
        """Whether the value of this field goes into the signed text. A selection takes no sibling of data."""
        if self.select is not None:
            selected = name.startswith(self.select.prefix) and not name.startswith("^")
            return selected and name not in self.select.leave_out
        parts = self.parts or ()
        if "body" in parts or "field.^data" in parts:  # the fields are read from what was signed as a whole
            return not name.startswith("^") or f"field.{name}" in parts
        return f"field.{name}" in parts


class Entries(_Table):
    """A header with several signatures: cut at `split`, those that begin with `take` count ("v1=")."""

    split: str = Field(min_length=1, max_length=2)
    take: str = Field(pattern=r"^[A-Za-z0-9]+[^A-Za-z0-9]\z")


class Signature(_Table):
    at: _Receipt
    algorithm: Algorithm
    key: str = Field(pattern=r"^[a-z][a-z0-9_]*\z")
    written: Written
    key_text: Literal["utf-8", "hex", "base64"] = "utf-8"
    key_prefix: str = ""
    entries: Entries | None = None


class Freshness(_Table):
    """`tolerance` is in seconds, both ways; at the tolerance itself a message is still fresh."""

    at: Annotated[str, Field(pattern=rf"^(field\.{_NAME}|header\.[A-Za-z0-9-]+|signature\.[A-Za-z0-9]+)\z")]
    unit: Literal["seconds", "milliseconds"]
    tolerance: StrictInt = Field(gt=0)


class Covers(_Table):
    """Which signed field means what. Every one must be part of the signed text."""

    merchant_account: _FieldName | None = None
    merchant_reference: _FieldName | None = None
    refund_reference: _FieldName | None = None
    amount: _FieldName | None = None
    currency: _FieldName | None = None
    outcome: _FieldName | None = None
    gateway_reference: _FieldName | None = None

    def named(self) -> dict[str, str]:
        """Meaning to field name, of those that the contract states."""
        return {meaning: name for meaning, name in self if name is not None}


class Locate(_Table):
    """How a hint finds its payment: exactly one of the two."""

    merchant_reference: _FieldName | None = None
    checkout_reference: _FieldName | None = None


class Document(_Table):
    """One contract, as written."""

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*\z", max_length=64)
    version: str = Field(pattern=r"^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\z")
    source: str = Field(min_length=1)
    grade: Grade | None = None
    direction: Direction = "callback"
    fields: Place | tuple[Place, ...]
    message: Message | None = None
    signature: Signature | None = None
    freshness: Freshness | None = None
    covers: Covers = Covers()
    required: tuple[_FieldName, ...] | None = None
    fixed: dict[_FieldName, str] = {}
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}\z")
    locate: Locate | None = None
    not_covered: tuple[_FieldName, ...] = ()

    @property
    def needed(self) -> tuple[str, ...]:
        """Fields that must be there and not empty once the signature is right."""
        return tuple(self.covers.named().values()) if self.required is None else self.required

    @property
    def locators(self) -> tuple[tuple[str, str], ...]:
        """What a hint looks up, kind of reference and the field that holds it: one, or none for a proof."""
        return tuple((kind, name) for kind, name in self.locate or () if name is not None)


def parse_document(text: str, *, source: str) -> Document:
    """The document in a contract file. Raises ContractError naming file, key and remedy."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ContractError(
            field=source, problem=f"is not TOML: {error}", remedy="Correct the line that is named"
        ) from None
    try:
        document = Document.model_validate(table)
    except ValidationError as error:
        raise _refusal(source, error) from None
    for key, problem, remedy in _contradictions(document):
        raise ContractError(field=f"{source}: {key}", problem=problem, remedy=remedy)
    return document


def _refusal(source: str, error: ValidationError) -> ContractError:
    first: Any = error.errors(include_input=False, include_url=False)[0]
    key = ".".join(str(step) for step in first["loc"] if str(step).isidentifier() or isinstance(step, int))
    match first["type"]:
        case "extra_forbidden":
            problem, remedy = "is not a key of the contract language", "Remove it, or correct its spelling"
        case "missing":
            problem, remedy = "is missing", "State it"
        case "literal_error":
            problem, remedy = "is not a word of the contract language", f"Say {first['ctx']['expected']}"
        case "string_pattern_mismatch":
            problem, remedy = "is not of the form that this key takes", f"Match {first['ctx']['pattern']}"
        case _:
            problem, remedy = str(first["msg"]), "See the table of the contract language"
    return ContractError(field=f"{source}: {key}", problem=problem, remedy=remedy)


_Contradiction: TypeAlias = tuple[str, str, str]


def _contradictions(document: Document) -> list[_Contradiction]:
    """What each key alone allows and the document as a whole does not: key, problem, remedy."""
    found = [*_direction(document), *_places(document), *_lengths(document)]
    message, signature = document.message, document.signature
    if (message is None) != (signature is None):
        found.append(("message", "message and signature go together", "State both or neither"))
    elif message is not None and signature is not None:
        found += _message(document, message)
        found += _signature(document, message, signature)
        found += _coverage(document, message)
    elif document.covers.named() or document.required or document.fixed or document.freshness:
        found.append(("covers", "nothing is signed, so nothing is covered", "Remove what needs a signature"))
    return found


def _direction(document: Document) -> list[_Contradiction]:
    found: list[_Contradiction] = []
    grade = document.grade
    if document.direction == "request":
        if grade is not None or document.locate or document.covers.named() or document.freshness:
            found.append(("grade", "is for what we receive", "Remove grade, covers, locate and freshness"))
        if document.signature is None:
            found.append(
                ("signature", "a request without one needs no contract", "State message and signature")
            )
        return found
    if grade is None:
        found.append(("grade", "is missing", "State proof, hint or none"))
    if document.direction == "answer" and grade != "proof":
        found.append(
            ("grade", "an answer that is no proof is not signed", "Let the plugin read it, over TLS")
        )
    if document.message is not None and document.message.joiner_in:
        found.append(("message.joiner_in", "is for requests alone", "Remove it"))
    if grade in ("hint", "none") and document.locate is None:
        found.append(
            ("locate", "is missing: a hint must find its payment", "Name the field that holds a reference")
        )
    if grade == "proof" and document.locate is not None:
        found.append(("locate", "is for hints; a proof is parsed", "Remove it"))
    if (grade == "none") != (document.signature is None):
        found.append(("grade", "is none exactly when nothing is signed", "Make grade and signature agree"))
    return found


def _places(document: Document) -> list[_Contradiction]:
    found: list[_Contradiction] = []
    if isinstance(document.fields, tuple) and document.fields != ("query", "form"):
        found.append(("fields", "the only list is query, form", 'Say ["query", "form"] or one place'))
    siblings = document.fields in ("json.data", "text in json.data")
    names = [*document.covers.named().values(), *document.needed, *document.fixed, *document.not_covered]
    names += [name for _, name in document.locators]
    parts = [] if document.message is None else list(document.message.parts or ())
    parts += [] if document.signature is None else [document.signature.at]
    parts += [] if document.freshness is None else [document.freshness.at]
    if not siblings and any("^" in name for name in (*names, *parts)):
        found.append(
            ("fields", "^ names a sibling of data, and there is no data", "Read json.data, or drop the ^")
        )
    if document.fields == "none" and (names or any(part.startswith("field.") for part in parts)):
        found.append(("fields", "is none, yet fields are named", "Say where the fields are read"))
    return found


def _lengths(document: Document) -> list[_Contradiction]:
    if document.locate is not None and len(document.locators) != 1:
        return [("locate", "names one reference, not more and not less", "Keep exactly one")]
    if document.currency is not None and document.covers.currency is not None:
        return [("currency", "the message carries it already", "Remove currency, or covers.currency")]
    return []


def _message(document: Document, message: Message) -> list[_Contradiction]:
    found: list[_Contradiction] = []
    if (message.parts is None) == (message.select is None):
        found.append(
            ("message", "is made of parts or of a selection", "State exactly one of parts and select")
        )
    parts = message.parts or ()
    if message.join is None and (message.select is not None or len(parts) > 1):
        found.append(
            ("message.join", "is missing", 'State the string between the parts; "" if there is none')
        )
    whole = {"body as json": "body", "none": "body", "text in json.data": "field.^data"}
    place = document.fields if isinstance(document.fields, str) else "query"
    if place in whole and whole[place] not in parts:
        found.append(("message.parts", f"must hold {whole[place]}, which is what was signed", "Add it"))
    if "body" in parts and place not in ("body as json", "none"):
        found.append(("fields", "the body is signed as a whole", "Say body as json, or none"))
    if "as received" in message.forms and place not in ("query", "form"):
        found.append(("message.values", "only a query or a form is kept as received", "Say raw"))
    if len(set(message.forms)) != len(message.forms):
        found.append(("message.values", "the same form is listed twice", "Keep it once"))
    if document.direction == "request" and (
        message.forms not in (("raw",), ("php form",))
        or any(part == "body" or part.startswith(("header.", "signature.")) for part in parts)
        or place not in ("query", "form", "json")
    ):
        found.append(
            ("message", "a request signs fields, settings and the secret, in one form", "See the table")
        )
    return found


def _signature(document: Document, message: Message, signature: Signature) -> list[_Contradiction]:
    found: list[_Contradiction] = []
    parts = message.parts or ()
    bare = signature.algorithm == "MD5"
    if bare != ("secret" in parts):
        found.append(
            ("signature.algorithm", "the secret is a part exactly of a bare digest", "Say which it is")
        )
    if parts.count("secret") > 1 or parts.count("body") > 1:
        found.append(("message.parts", "holds the secret or the body twice", "Keep it once"))
    if (signature.entries is not None) and not signature.at.startswith("header."):
        found.append(("signature.entries", "are entries of a header", "Say header. in signature.at"))
    named = [*parts, document.freshness.at if document.freshness else ""]
    if signature.entries is None and any(part.startswith("signature.") for part in named):
        found.append(("signature.entries", "is missing: a part names another entry", "State split and take"))
    if document.direction == "request" and not signature.at.startswith("field."):
        found.append(("signature.at", "a request carries its signature in a field", "Say field."))
    kind, _, name = signature.at.partition(".")
    if kind == "field" and message.signs_field(name) and not name.startswith("^"):
        found.append(("signature.at", "is itself part of the signed text", "Leave it out of the selection"))
    if signature.at in parts:
        found.append(("signature.at", "is itself part of the signed text", "Remove that part"))
    return found


def _coverage(document: Document, message: Message) -> list[_Contradiction]:
    found: list[_Contradiction] = []
    stated = {
        "covers": tuple(document.covers.named().values()),
        "required": document.required or (),
        "fixed": tuple(document.fixed),
        "locate": tuple(name for _, name in document.locators),
    }
    if document.freshness is not None:
        at = document.freshness.at
        if not (at in (message.parts or ()) or (at.startswith("field.") and message.signs_field(at[6:]))):
            found.append(("freshness.at", "is not part of the signed text", "Sign it, or drop freshness"))
    for key, names in stated.items():
        found += [
            (f"{key}.{name}", "is not part of the signed text", "Name a signed field")
            for name in names
            if not message.signs_field(name)
        ]
    found += [
        (f"not_covered.{name}", "is part of the signed text", "Leave it out of the message, or of this list")
        for name in document.not_covered
        if message.signs_field(name) and document.fields not in ("body as json", "text in json.data")
    ]
    if document.signature is not None:
        signed_at = document.signature.at.removeprefix("field.")
        if signed_at in document.not_covered:
            found.append((f"not_covered.{signed_at}", "is the signature", "Remove it from this list"))
    return found
