"""What an act would do, in sentences. What is given, taken and held is said in the words of the rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from payport.doors.cli.printing import plain
from payport.rules.confirmation import Confirmation
from payport.rules.refund import Refund

if TYPE_CHECKING:
    from payport.service.rehearsing import Change, Effect

__all__ = ["effect_sentences", "print_effect"]


def print_effect(effect: Effect, *, by_shown: bool = True, is_second: bool = False) -> None:
    """`by_shown`: its command takes what was shown. `is_second`: the second person looks at it."""
    print("dry run: nothing is done, sent or kept; it would do this:")
    for sentence in effect_sentences(effect, is_second=is_second):
        print(f"  {plain(sentence)}")
    if by_shown:
        print(f"shown {effect.digest}: name it by --shown to do this only if it still does exactly that")


def effect_sentences(effect: Effect, *, is_second: bool = False) -> Iterator[str]:
    """In English, one for each thing that an act would do or leave."""
    if effect.amount is not None:
        yield f"It is about {effect.amount}."
    if effect.order is not None:
        yield _state("Order", effect.order)
    for payment in effect.payments:
        yield _state("Payment", payment)
    for text in effect.given:
        yield f"It gives {text.en}."
    for line in effect.taken:
        yield f"It takes back line {line.number}: {line.what.en}, {line.price} with tax."
    yield from _held(effect)
    for tax in effect.taxes:
        yield f"In it is {tax.names.en} {tax.percent}%: {tax.tax} on {tax.net}, {tax.gross} in all."
    if effect.left is not None:
        yield f"Of the payment's money, {effect.left} are left then."
    if effect.surplus is not None and effect.surplus.minor:
        yield f"Of the order's money, {effect.surplus} are to be given back then."
    yield from _conditions(effect, is_second=is_second)


def _state(what: str, change: Change) -> str:
    before, after = (
        "in review" if state == "review" else state.replace("_", " ")
        for state in (change.before, change.after)
    )
    if before == after:
        return f"{what} {change.reference} stays {before}."
    return f"{what} {change.reference} is {before}, and is {after} then."


def _held(effect: Effect) -> Iterator[str]:
    before, after = effect.words_before, effect.words_after
    if before is None or after is None:
        return
    if before == after:
        yield f"Account {effect.account} holds what it held: {after.en}."
    else:
        yield f"Account {effect.account} holds now: {before.en}."
        yield f"It holds then: {after.en}."


def _conditions(effect: Effect, *, is_second: bool) -> Iterator[str]:
    result = effect.result
    if isinstance(result, Refund) and effect.act.act == "refund" and result.way == "gateway":
        yield "All of this is if the gateway says yes."
    if effect.needs_second and isinstance(result, Confirmation):
        yield "It waits until a second person confirms the same; only then is the money counted."
    elif effect.needs_second and not is_second:
        yield "It needs a second person: --propose asks for one, and nothing is done until then."
