"""A contract in words, made from the file alone: what an auditor reads who reads neither TOML nor Python.

Each sentence has a topic, so that two contracts are compared sentence by sentence. What the back office says
in two languages stands in its own template; this is what the command line and the auditor's report say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from payport.signing.document import Document, Message, Signature
from payport.signing.grade import computed_grade, weaknesses

__all__ = ["MEANINGS", "Sentence", "differences", "part_words", "sentences"]

MEANINGS: Final = {
    "merchant_account": "our account at the gateway",
    "merchant_reference": "our name for the payment",
    "refund_reference": "our name for the refund",
    "amount": "the amount",
    "currency": "the currency",
    "outcome": "the outcome",
    "gateway_reference": "the gateway's name for the transaction",
    "checkout_reference": "the gateway's name for the session",
}
_BELIEVED: Final = frozenset({"outcome", "gateway_reference"})
"""Meanings of which we have nothing to compare with."""
_DIRECTIONS: Final = {
    "callback": "The gateway sends it to us.",
    "request": "We send it to the gateway.",
    "answer": "The gateway sends it as its answer to a request of ours.",
}
_PLACES: Final = {
    "query": "the query of the URL",
    "form": "the form in the body",
    "json": "the JSON body",
    "json.data": 'the member "data" of the JSON body',
    "text in json.data": 'the JSON text in the member "data" of the body',
    "body as json": "the whole body, read as JSON once its signature fits",
    "none": "nowhere: it has no fields",
}
_VALUES: Final = {
    "raw": "decoded, as its plain text",
    "as received": "as it came",
    "php form": "escaped as PHP's urlencode does",
}
_WRITTEN: Final = {
    "hex lower": "hexadecimal digits, small letters",
    "hex upper": "hexadecimal digits, capital letters",
    "hex any": "hexadecimal digits, of either case",
    "base64": "base64",
}
_PARTS: Final = {
    "field": "the field {}",
    "header": "the header {}",
    "signature": "the entry {} of the signature's header",
    "setting": "the setting {} of the gateway account",
    "secret": "the secret key itself",
    "body": "the whole body, byte for byte as it came",
    "": "an empty text",
}
_ALONE: Final = {"secret": "the secret key", "body": "the body", "": "the empty text"}
"""Parts that have no name to be written with."""
_MAY: Final = {
    "proof": "A message that fits may move money, once everything in it was compared with our records.",
    "hint": "It makes Payport ask the gateway; no field of it is believed.",
    "none": "Nothing in it is signed; at most it makes Payport ask the gateway.",
    None: "It proves nothing to us: we send it.",
}


@dataclass(frozen=True, slots=True)
class Sentence:
    """`topic` is one of a few ("grade", "signed", "covers amount" …); each stands once in a contract."""

    topic: str
    text: str


def sentences(document: Document) -> tuple[Sentence, ...]:
    """All that the file says, in the order in which an auditor asks."""
    return tuple(Sentence(topic, text) for topic, text in _sentences(document))


def differences(before: Document, after: Document) -> tuple[str, ...]:
    """What a change of contract changes, in sentences; what is no longer protected stands first."""
    one = {each.topic: each.text for each in sentences(before)}
    other = {each.topic: each.text for each in sentences(after)}
    told = [*_protection(before, after)]
    for topic in dict.fromkeys((*one, *other)):
        if topic.startswith("covers ") or one.get(topic) == other.get(topic):
            continue
        if topic not in other:
            told.append(f"It no longer says: {one[topic]}")
        elif topic not in one:
            told.append(f"New: {other[topic]}")
        else:
            told.append(f"Before: {one[topic]} Now: {other[topic]}")
    return tuple(told)


def part_words(part: str) -> str:
    """One part of a signed text: "field.x" is "the field x"."""
    kind, _, name = part.partition(".")
    return _PARTS[kind].format(name)


def _sentences(document: Document) -> Iterator[tuple[str, str]]:
    yield "direction", _DIRECTIONS[document.direction]
    yield "grade", _grade(document)
    places = (document.fields,) if isinstance(document.fields, str) else document.fields
    yield "fields", f"Its fields are read from {' or '.join(_PLACES[place] for place in places)}."
    if document.message is None or document.signature is None:
        yield "signed", "Nothing is signed: anybody can send such a message."
    else:
        yield from _message(document, document.message)
        yield from _signature(document, document.signature)
        if document.direction != "request":
            yield "age", _age(document)
    for meaning, name in document.covers.named().items():
        yield f"covers {meaning}", f"The signed field {name} is {MEANINGS[meaning]}."
    if document.currency is not None:
        yield "currency", f"It does not say its currency: amounts are {document.currency}."
    if document.needed:
        yield "required", f"These must be there and not empty: {', '.join(sorted(document.needed))}."
    for name, value in document.fixed.items():
        yield f"fixed {name}", f'The field {name} must be "{value}".'
    for kind, name in document.locators:
        yield "locate", _locate(document, name, MEANINGS[kind])
    whole = [name for name in sorted(document.not_covered) if _signs(document, name)]
    if whole:
        yield "unread", f"Part of the text that is signed as a whole, and dropped unread: {', '.join(whole)}."
    if unsigned := sorted(set(document.not_covered) - set(whole)):
        yield "not covered", f"Not covered by the signature, and dropped unread: {', '.join(unsigned)}."
    if document.direction != "request" and document.message is not None:
        # Always true: even where every field is signed, there are headers, siblings of data, another place.
        yield "else", "Whatever else arrives is not covered by the signature, and is never read."


def _grade(document: Document) -> str:
    grade, computed = document.grade, computed_grade(document)
    words = f"{'It has no grade' if grade is None else f'Its grade is {grade}'}. {_MAY[grade]}"
    if grade is None:
        return words
    if reasons := weaknesses(document):
        return f"{words} It is no proof because {'; and '.join(reasons)}."
    return (
        words if grade == computed else f"{words} Its signature could prove more; it claims less on purpose."
    )


def _locate(document: Document, name: str, meaning: str) -> str:
    if document.message is None:
        return f"Only the field {name} is read, to look up our own payment by {meaning}."
    return f"The field {name} serves to look up our own payment by {meaning}; no other field does."


def _message(document: Document, message: Message) -> Iterator[tuple[str, str]]:
    if message.select is not None:
        prefixes = () if "" in message.select.prefix else message.select.prefix
        which = f"Every field whose name begins with {' or '.join(prefixes)}" if prefixes else "Every field"
        but = f", but not {', '.join(sorted(message.select.leave_out))}" if message.select.leave_out else ""
        yield "signed", f"{which} is signed{but}; they are sorted by the bytes of their names."
    else:
        parts = message.parts or ()
        yield "signed", f"Signed is, in this order: {'; '.join(part_words(part) for part in parts)}."
    yield "names", _names(message)
    joins = message.select is not None or len(message.parts or ()) > 1
    if joins:
        joined = f'"{message.join}"' if message.join else "nothing"
        yield "join", f"Between two of them stands {joined}."
    forms = "; if that does not fit, ".join(_VALUES[form] for form in message.forms)
    yield "values", f"A value is written {forms}."
    yield "empty", f"An empty value is {'left out' if message.empty == 'skip' else 'kept'}."
    if message.parts:
        kept = "A part that the message does not have counts as empty."
        yield "absent", kept if message.absent == "empty" else "A message without one of them is refused."
    if message.null == "empty":
        yield "null", "A JSON null counts as empty."
    if message.nested == "sorted json":
        yield "nested", "A list or an object is written as JSON with sorted keys."
    if joins and message.joiner_in and _is_strict(document):
        yield "joiner", f"Only {', '.join(sorted(message.joiner_in))} may hold the sign that joins."


def _names(message: Message) -> str:
    if not message.names:
        return "Each is written as its value alone."
    alone = [words for part, words in _ALONE.items() if part in (message.parts or ())]
    return f"Each is written as name=value{''.join(f', but for {words}' for words in alone)}."


def _is_strict(document: Document) -> bool:
    """Whether a value that holds the sign that joins is refused: of no hint, nor of what a digest signs."""
    signature = document.signature
    if document.direction == "request":
        return signature is not None and signature.algorithm != "MD5"
    return document.grade == "proof"


def _signature(document: Document, signature: Signature) -> Iterator[tuple[str, str]]:
    yield "algorithm", f"It is signed by {signature.algorithm}."
    owner = "in the URL" if document.direction == "callback" else "that the call is made for"
    yield "key", f"The key has the role {signature.key}, and belongs to the gateway account {owner}."
    if signature.key_text != "utf-8":
        yield "key text", f"The key is written in {signature.key_text}."
    if signature.key_prefix:
        yield "key prefix", f'What is given as the key begins with "{signature.key_prefix}", no part of it.'
    yield "at", f"The signature stands in {part_words(signature.at)}, in {_WRITTEN[signature.written]}."
    if signature.entries is not None:
        yield (
            "entries",
            (
                f'That header holds several, with "{signature.entries.split}" between them: those that begin'
                f' with "{signature.entries.take}" count.'
            ),
        )


def _age(document: Document) -> str:
    fresh = document.freshness
    if fresh is None:
        return "It may be of any age."
    return (
        f"{_capital(part_words(fresh.at))} must be within {fresh.tolerance} seconds of our clock, in"
        f" {fresh.unit} since 1970."
    )


def _protection(before: Document, after: Document) -> Iterator[str]:
    """What the signature protects no longer, then what it protects now, each by its meaning."""
    old, new = before.covers.named(), after.covers.named()
    for meaning, name in old.items():
        words = MEANINGS[meaning]
        if new.get(meaning) == name:
            continue
        if meaning in new:
            yield f"{_capital(words)} is now read from the field {new[meaning]}, and was from {name}."
        elif _signs(after, name):
            yield f"{_capital(words)}, the field {name}, is still signed, and no longer {_used(meaning)}."
        else:
            yield _lost(f"{_capital(words)}, the field {name},")
    told = set(old.values()) | set(new.values())
    for name in sorted(_named(before) | _named(after)):
        if name not in told and _signs(before, name) and not _signs(after, name):
            yield _lost(f"The field {name}")
    for meaning, name in new.items():
        if meaning not in old:
            signed = "was signed before" if _signs(before, name) else "is now part of the signed text"
            yield f"{_capital(MEANINGS[meaning])} is now {_used(meaning)}: the field {name} {signed}."
    for name in sorted(_named(before) | _named(after)):
        if name not in told and _signs(after, name) and not _signs(before, name):
            yield f"The field {name} is now part of the signed text."


def _used(meaning: str) -> str:
    return "believed" if meaning in _BELIEVED else "compared with ours"


def _lost(what: str) -> str:
    return f"{what} is no longer part of the signed text: whoever changes it on the way is not noticed."


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]


def _signs(document: Document, name: str) -> bool:
    return document.message is not None and document.message.signs_field(name)


def _named(document: Document) -> set[str]:
    """Every field that the file names anywhere, but for where the signature stands."""
    message, signature = document.message, document.signature
    found = {*document.covers.named().values(), *document.needed, *document.fixed, *document.not_covered}
    found |= {name for _, name in document.locators}
    if message is not None:
        found |= {part.removeprefix("field.") for part in message.parts or () if part.startswith("field.")}
        found |= set(message.select.leave_out if message.select is not None else ())
    return found - {"" if signature is None else signature.at.removeprefix("field.")}
