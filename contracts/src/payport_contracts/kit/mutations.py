"""Changes of one genuine message, each with what must come of it: refused, or taken for the same message.

Made from the contract alone, so that every contract is tried in the same way, ours and a stranger's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias

from pydantic import SecretStr

from payport.errors import CallbackRejected
from payport.signing.contract import Contract
from payport.signing.keys import Key, Keyring
from payport.signing.received import Hint, Received, Verified
from payport.signing.verify import verify
from payport_contracts.kit.shapes import Headers, shape_of

__all__ = ["Mutation", "MutationReport", "Surprise", "mutations", "run_mutations"]

Expected: TypeAlias = Literal["refused", "the same", "refused or the same"]
_FOREIGN: Final = "a key of somebody else, 32 letters"


@dataclass(frozen=True, slots=True)
class Mutation:
    """`name`: what was done to which field. `keys`: others than the account's, where that is the change."""

    name: str
    received: Received
    expected: Expected
    keys: Keyring | None = None


@dataclass(frozen=True, slots=True)
class Surprise:
    """A change of which something else came than must. `verdict`: what came, without any value."""

    name: str
    expected: Expected
    verdict: str


@dataclass(frozen=True, slots=True)
class MutationReport:
    """What became of all changes of one message."""

    contract: str
    made: int
    surprises: tuple[Surprise, ...]

    @property
    def held(self) -> int:
        return self.made - len(self.surprises)


def run_mutations(
    contract: Contract, genuine: Received, *, keyring: Keyring, settings: Mapping[str, str], at: datetime
) -> MutationReport:
    """Try every change. Raises CallbackRejected, where the message itself is not genuine."""
    meant = _said(verify(contract, genuine, keyring=keyring, settings=settings, at=at))
    surprises, made = [], 0
    for each in mutations(contract, genuine, keyring=keyring):
        made += 1
        try:
            result = verify(contract, each.received, keyring=each.keys or keyring, settings=settings, at=at)
        except CallbackRejected as rejection:
            verdict = f"refused, {rejection.reason}"
        else:
            verdict = "the same" if _said(result) == meant else "believed, and says something else"
        if not any(verdict.startswith(allowed) for allowed in each.expected.split(" or ")):
            surprises.append(Surprise(each.name, each.expected, verdict))
    return MutationReport(contract.label, made, tuple(surprises))


def mutations(contract: Contract, genuine: Received, *, keyring: Keyring) -> Iterator[Mutation]:
    """Each field changed, emptied, dropped, repeated, written otherwise, moved; each signature cut, cased,
    emptied, made up; other keys; fields that nobody signs; the same at the other place."""
    signature = contract.document.signature
    if signature is not None:
        yield from _keys(genuine, keyring)
        yield from _signature(contract, genuine)
    yield from _fields(contract, genuine)


def _keys(genuine: Received, keyring: Keyring) -> Iterator[Mutation]:
    foreign = [
        Key(role=key.role, id=f"foreign-{key.id}", value=SecretStr(_other(key)), environment=key.environment)
        for key in keyring.keys
    ]
    yield Mutation("another account's key", genuine, "refused", Keyring(foreign))
    yield Mutation("no key at all", genuine, "refused", Keyring([]))
    over = [replace(key, not_before=None, not_after=_before(genuine.received_at)) for key in keyring.keys]
    yield Mutation("a key that is over", genuine, "refused", Keyring(over))


def _other(key: Key) -> str:
    """Of the same form: digits stay digits, so that it is read as the contract reads keys."""
    text = key.value.get_secret_value()
    if text.startswith("-----"):
        return text[:40] + ("B" if text[40] != "B" else "C") + text[41:]
    turned = "".join(str((int(sign) + 1) % 10) if sign.isdigit() else sign for sign in text)
    return turned if turned != text else _FOREIGN


def _before(at: datetime) -> datetime:
    return at - timedelta(days=366)


def _signature(contract: Contract, genuine: Received) -> Iterator[Mutation]:
    signature = contract.document.signature
    assert signature is not None
    kind, _, name = signature.at.partition(".")
    shape = shape_of(contract, genuine) if kind == "field" else Headers(genuine)
    value = shape.value(name)
    if value is None:
        return
    cased = value.swapcase()
    changes: dict[str, str] = {
        "emptied": "",
        "cut by one sign": value[:-1],
        "with a sign more": value + value[-1:],
        "made up of zeros": "0" * len(value),
        "with its first sign changed": ("0" if value[:1] != "0" else "1") + value[1:],
    }
    for what, text in changes.items():
        if text != value:
            yield Mutation(f"{signature.at} {what}", shape.put(name, text), "refused")
    if cased != value:
        any_case: Expected = "the same" if signature.written == "hex any" else "refused"
        yield Mutation(f"{signature.at} in the other case", shape.put(name, cased), any_case)
    yield Mutation(f"{signature.at} dropped", shape.drop(name), "refused")
    yield Mutation(f"{signature.at} twice", shape.again(name), "refused")


def _fields(contract: Contract, genuine: Received) -> Iterator[Mutation]:
    shape = shape_of(contract, genuine)
    names = contract.names(contract.read(genuine))
    located = tuple(name for _, name in contract.document.locators)
    for name in dict.fromkeys((*names, *(each for each in located if contract.scheme is None))):
        value = shape.value(name)
        if value is None:
            continue
        unsigned = contract.scheme is None
        if not unsigned:
            yield Mutation(f"{name} changed", shape.put(name, _changed(value)), "refused")
            yield Mutation(f"{name} dropped", shape.drop(name), _dropped(contract, value))
        if value and not unsigned:
            yield Mutation(f"{name} emptied", shape.put(name, ""), "refused")
        yield Mutation(f"{name} repeated", shape.again(name), "refused")
        yield Mutation(f"{name} repeated otherwise", shape.again(name, _changed(value)), "refused")
        written = shape.otherwise(name)
        if written is not None:
            yield Mutation(f"{name} written otherwise", written, _rewritten(contract))
        moved = shape.elsewhere(name)
        if moved is not None and not unsigned:
            yield Mutation(f"{name} moved to where it is not read", moved, _dropped(contract, value))
    stranger = "x_of_nobody"
    takes = contract.document.message is not None and contract.document.message.signs_field(stranger)
    added: Expected = "refused" if takes or shape.is_whole else "the same"
    yield Mutation("a field of nobody added", shape.put(stranger, "1"), added)


def _dropped(contract: Contract, value: str) -> Expected:
    """An empty value that is skipped, or counts as empty where it is absent, leaves the same text."""
    message = contract.document.message
    skips = message is not None and (message.empty == "skip" or message.absent == "empty")
    return "the same" if not value and skips else "refused"


def _rewritten(contract: Contract) -> Expected:
    message = contract.document.message
    if message is None:
        return "the same"
    if set(message.forms) == {"as received"}:
        return "refused"
    return "refused or the same" if "as received" in message.forms else "the same"


def _changed(value: str) -> str:
    return f"{value[:-1]}{'1' if value[-1:] != '1' else '2'}" if value else "1"


def _said(result: Verified | Hint) -> object:
    if isinstance(result, Verified):
        return {name: text for name, text in result.fields.items() if text}, result.currency
    return result.locator, result.value
