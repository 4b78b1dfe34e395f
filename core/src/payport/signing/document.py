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
    """The document in a contract file, each key for itself: consistency.py judges them together.

    Raises ContractError naming file, key and remedy.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ContractError(
            field=source, problem=f"is not TOML: {error}", remedy="Correct the line that is named"
        ) from None
    try:
        return Document.model_validate(table)
    except ValidationError as error:
        raise _refusal(source, error) from None


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
        case "string_pattern_mismatch" if ".parts." in key:
            remedy = "Say field.NAME, header.NAME, setting.NAME, signature.NAME, secret or body"
            problem = "is no part of a text that could be signed"
        case "string_pattern_mismatch":
            problem, remedy = "is not of the form that this key takes", f"Match {first['ctx']['pattern']}"
        case _:
            problem, remedy = str(first["msg"]), "See the table of the contract language"
    return ContractError(field=f"{source}: {key}", problem=problem, remedy=remedy)
