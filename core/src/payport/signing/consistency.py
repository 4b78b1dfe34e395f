"""What each key of a contract allows and the document as a whole does not.

Every rule is one row: whether it is broken, the key, the problem, the remedy.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeAlias

from payport.errors import ContractError
from payport.signing.document import Document, Message, Signature

__all__ = ["check_consistency"]

_Row: TypeAlias = tuple[bool, str, str, str]
_SIGNED_WHOLE: Final = {"body as json": "body", "none": "body", "text in json.data": "field.^data"}
_UNSIGNED: Final = "is not part of the signed text"


def check_consistency(document: Document, *, source: str) -> None:
    """Raises ContractError for the first broken rule, naming file, key and remedy."""
    for broken, key, problem, remedy in _rows(document):
        if broken:
            raise ContractError(field=f"{source}: {key}", problem=problem, remedy=remedy)


def _rows(document: Document) -> Iterator[_Row]:
    yield from _sent(document) if document.direction == "request" else _received(document)
    yield from _places(document)
    message, signature = document.message, document.signature
    if message is not None and signature is not None:
        yield from _text(document, message)
        yield from _tag(document, message, signature)
        yield from _coverage(document, message)
        return
    bound = bool(document.covers.named() or document.required or document.fixed or document.freshness)
    yield (
        (message is None) != (signature is None),
        "message",
        "message and signature go together",
        "State both or neither",
    )
    yield bound, "covers", "nothing is signed, so nothing is covered", "Remove what needs a signature"


def _sent(document: Document) -> Iterator[_Row]:
    judged = document.grade or document.locate or document.freshness or document.covers.named()
    yield bool(judged), "grade", "is for what we receive", "Remove grade, covers, locate and freshness"
    unsigned = document.signature is None
    yield unsigned, "signature", "a request without one needs no contract", "State message and signature"


def _received(document: Document) -> Iterator[_Row]:
    grade, locate = document.grade, document.locate
    weak_answer = document.direction == "answer" and grade != "proof"
    lost = grade in ("hint", "none") and locate is None
    count = len(document.locators)
    yield grade is None, "grade", "is missing", "State proof, hint or none"
    yield weak_answer, "grade", "an answer that is no proof is not signed", "Let the plugin read it, over TLS"
    yield lost, "locate", "is missing: a hint must find its payment", "Name the field with a reference"
    yield grade == "proof" and locate is not None, "locate", "is for hints; a proof is parsed", "Remove it"
    yield locate is not None and count != 1, "locate", "names one reference, not more, not less", "Keep one"
    # Who hears a reference must not be led to its order's page: unsigned, only a secret name will do.
    guessed = grade == "none" and locate is not None and locate.merchant_reference is not None
    yield guessed, "locate", "finds an order by a name that others see", "Locate by checkout_reference"
    yield (
        (grade == "none") != (document.signature is None),
        "grade",
        "is none exactly when nothing is signed",
        "Make grade and signature agree",
    )


def _places(document: Document) -> Iterator[_Row]:
    message, signature, freshness = document.message, document.signature, document.freshness
    named = [*document.covers.named().values(), *document.needed, *document.fixed, *document.not_covered]
    named += [name for _, name in document.locators]
    parts = [] if message is None else list(message.parts or ())
    parts += [table.at for table in (signature, freshness) if table is not None]
    wrong_list = isinstance(document.fields, tuple) and document.fields != ("query", "form")
    sibling = any("^" in name for name in (*named, *parts))
    of_nothing = sibling and document.fields not in ("json.data", "text in json.data")
    unread = document.fields == "none" and bool(named or any(part.startswith("field.") for part in parts))
    twice = document.currency is not None and document.covers.currency is not None
    yield wrong_list, "fields", "the only list is query, form", 'Say ["query", "form"] or one place'
    yield of_nothing, "fields", "^ names a sibling of data, and there is no data", "Read json.data, or drop ^"
    yield unread, "fields", "is none, yet fields are named", "Say where the fields are read"
    yield twice, "currency", "the message carries it already", "Remove currency, or covers.currency"


def _text(document: Document, message: Message) -> Iterator[_Row]:
    parts = message.parts or ()
    place = document.fields if isinstance(document.fields, str) else "query"
    whole = _SIGNED_WHOLE.get(place)
    both = (message.parts is None) == (message.select is None)
    unjoined = message.join is None and (message.select is not None or len(parts) > 1)
    pieces = "as received" in message.forms and place not in ("query", "form")
    body = "body" in parts and whole != "body"
    doubled = len(set(message.forms)) != len(message.forms)
    yield both, "message", "is made of parts or of a selection", "State exactly one of parts and select"
    yield unjoined, "message.join", "is missing", 'State the string between the parts; "" if none'
    yield bool(whole) and whole not in parts, "message.parts", f"must hold {whole}: it was signed", "Add it"
    yield body, "fields", "the body is signed as a whole", "Say body as json, or none"
    yield pieces, "message.values", "only a query or a form is kept as received", "Say raw"
    yield doubled, "message.values", "the same form is listed twice", "Keep it once"
    yield (
        any(parts.count(part) > 1 for part in ("secret", "body")),
        "message.parts",
        "repeats",
        "Keep it once",
    )
    if document.direction == "request":
        foreign = any(part == "body" or part.startswith(("header.", "signature.")) for part in parts)
        forms = message.forms not in (("raw",), ("php form",))
        yield foreign, "message.parts", "a request signs fields, settings and the secret", "Name those"
        yield forms, "message.values", "a request is written in one form", "Say raw or php form"
        yield place not in ("query", "form", "json"), "fields", "a request sends fields", "Say where"
    else:
        # One slot that may hold the joiner is still read in one way: the others are counted from both ends.
        lone = len(message.joiner_in) <= 1 and all(
            parts.count(f"field.{name}") == 1 for name in message.joiner_in
        )
        yield not lone, "message.joiner_in", "lets a text be read in two ways", "Name one part at most"


def _tag(document: Document, message: Message, signature: Signature) -> Iterator[_Row]:
    parts = message.parts or ()
    kind, _, name = signature.at.partition(".")
    fresh = "" if document.freshness is None else document.freshness.at
    entry = any(part.startswith("signature.") for part in (*parts, fresh))
    misplaced = (signature.algorithm == "MD5") != ("secret" in parts)
    header = kind == "header"
    itself = signature.at in parts or (kind == "field" and message.signs_field(name))
    request = document.direction == "request"
    yield misplaced, "signature.algorithm", "the secret is a part exactly of a bare digest", "Say which it is"
    yield (
        bool(signature.entries) and not header,
        "signature.entries",
        "are entries of a header",
        "Say header.",
    )
    yield entry and not signature.entries, "signature.entries", "a part names another entry", "State it"
    yield request and header, "signature.at", "a request carries it in a field", "Say field."
    yield itself, "signature.at", "is itself part of the signed text", "Leave it out of the message"
    yield name in document.not_covered, f"not_covered.{name}", "is the signature", "Remove it from this list"


def _coverage(document: Document, message: Message) -> Iterator[_Row]:
    stated = {
        "covers": tuple(document.covers.named().values()),
        "required": document.required or (),
        "fixed": tuple(document.fixed),
        "locate": tuple(name for _, name in document.locators),
    }
    for key, names in stated.items():
        for name in names:
            yield not message.signs_field(name), f"{key}.{name}", _UNSIGNED, "Name a signed field"
    whole = document.fields in ("body as json", "text in json.data")
    for name in document.not_covered:
        signed = message.signs_field(name) and not whole
        yield signed, f"not_covered.{name}", "is part of the signed text", "Leave it out of the message"
    if document.freshness is not None:
        kind, _, name = document.freshness.at.partition(".")
        covered = document.freshness.at in (message.parts or ()) or (
            kind == "field" and message.signs_field(name)
        )
        yield not covered, "freshness.at", _UNSIGNED, "Sign it, or drop freshness"
