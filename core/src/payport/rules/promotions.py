"""Which promotions apply to drafted lines, and what each takes off. Rules: "Price", promotions.

At most one automatic promotion and one code. Percents are taken of the line before promotions, amounts are
spread over what is left; no line goes below zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from payport.errors import RequestRefused
from payport.rules.catalog import Catalog, Promotion
from payport.rules.line import Draft
from payport.rules.money import Money
from payport.rules.rounding import half_up, spread
from payport.rules.words import Text, say

__all__ = ["Applied", "Asked", "apply_promotions"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a promotion looks at besides the lines. `months` is None where no term is bought."""

    package: str
    months: int | None
    code: str | None
    day: date  # in the merchant's zone


@dataclass(frozen=True, slots=True)
class Applied:
    """The lines that take off; the code that is used up by it, if one is; what the buyer should know."""

    discounts: tuple[Draft, ...]
    code: str | None
    notes: tuple[Text, ...] = ()


def apply_promotions(
    lines: Sequence[Draft], asked: Asked, catalog: Catalog, code_uses: Mapping[str, int]
) -> Applied:
    """Choose and compute.

    Args:
        lines: goods, each rounded to whole units already.
        code_uses: for each code as the catalog writes it, uses reserved or spent.
    Raises: RequestRefused, naming `code`: unknown, used up, outside its window, or not for this purchase.
    """
    automatic = _best_automatic(lines, asked, catalog)
    coded = None if asked.code is None else _coded(asked.code, lines, asked, catalog, code_uses)
    chosen, notes = _together(automatic, coded, lines)
    return Applied(
        discounts=_discounts(lines, chosen, catalog),
        code=coded.code if coded in chosen and coded is not None else None,
        notes=notes,
    )


def _together(
    automatic: Promotion | None, coded: Promotion | None, lines: Sequence[Draft]
) -> tuple[tuple[Promotion, ...], tuple[Text, ...]]:
    """Both where both say so; else the one worth more, at a tie the code."""
    if automatic is None or coded is None:
        return tuple(promotion for promotion in (automatic, coded) if promotion is not None), ()
    if automatic.combines and coded.combines:
        return (automatic, coded), ()
    if _worth(coded, lines) >= _worth(automatic, lines):
        return (coded,), ()
    note = say(
        "Mã giảm giá không được dùng: “{names}” giảm nhiều hơn và không cộng dồn với mã",
        "The code is not used: “{names}” takes off more and does not combine with it",
        names=automatic.names,
    )
    return (automatic,), (note,)


def _best_automatic(lines: Sequence[Draft], asked: Asked, catalog: Catalog) -> Promotion | None:
    """The one worth most, at a tie the first in the file; None where none takes anything off."""
    best, most = None, 0
    for promotion in catalog.promotions:
        if promotion.code is None and promotion.open_on(asked.day) and _touches(promotion, lines, asked):
            worth = _worth(promotion, lines)
            if worth > most:
                best, most = promotion, worth
    return best


def _coded(
    given: str, lines: Sequence[Draft], asked: Asked, catalog: Catalog, code_uses: Mapping[str, int]
) -> Promotion:
    code = given.strip().upper()
    promotion = next((promotion for promotion in catalog.promotions if promotion.code == code), None)
    if promotion is None:
        raise _refused("there is no such code", "Check its spelling, or leave it out")
    if not promotion.open_on(asked.day):
        raise _refused("the code does not hold today", "Leave it out")
    if promotion.uses is not None and code_uses.get(code, 0) >= promotion.uses:
        raise _refused("the code has been used up", "Leave it out")
    if not _touches(promotion, lines, asked):
        raise _refused("the code is not for this purchase", "Choose what it is for, or leave it out")
    return promotion


def _touches(promotion: Promotion, lines: Sequence[Draft], asked: Asked) -> bool:
    return promotion.covers(asked.package, asked.months) and any(line.on in promotion.on for line in lines)


def _worth(promotion: Promotion, lines: Sequence[Draft]) -> int:
    """What it takes off alone."""
    return sum(cut for _, cut in _cuts(promotion, lines, [line.amount for line in lines]))


def _discounts(
    lines: Sequence[Draft], promotions: Sequence[Promotion], catalog: Catalog
) -> tuple[Draft, ...]:
    """Percents first, then amounts; one line for each promotion on each of the goods."""
    left = [line.amount for line in lines]
    discounts: list[Draft] = []
    for promotion in sorted(promotions, key=lambda promotion: promotion.percent is None):
        for index, cut in _cuts(promotion, lines, left):
            if cut:
                left[index] -= cut
                discounts.append(_discount(promotion, lines[index], cut, catalog))
    return tuple(discounts)


def _cuts(promotion: Promotion, lines: Sequence[Draft], left: Sequence[int]) -> list[tuple[int, int]]:
    """The place of each line that it is on, and what it takes of it; never more than is left."""
    on = [index for index, line in enumerate(lines) if line.on in promotion.on]
    if promotion.percent is not None:
        exact = [Fraction(lines[index].amount * promotion.percent, 100) for index in on]
        return [(index, min(half_up(cut), left[index])) for index, cut in zip(on, exact, strict=True)]
    weights = [left[index] for index in on]
    return list(zip(on, spread(min(promotion.amount or 0, sum(weights)), weights), strict=True))


def _discount(promotion: Promotion, line: Draft, cut: int, catalog: Catalog) -> Draft:
    base = Money(line.amount, catalog.currency)
    if promotion.percent is not None:
        how = say("giảm {percent}% của {base}", "{percent}% off {base}", percent=promotion.percent, base=base)
    else:
        how = say(
            "phần của “{title}” trong mức giảm {amount}",
            "the share of “{title}” in {amount} off",
            title=line.title,
            amount=Money(promotion.amount or 0, catalog.currency),
        )
    return replace(
        line,
        kind="promotion",
        title=promotion.names,
        quantity=1,
        unit=say("lần giảm", "discount"),
        unit_price=-cut,
        amount=-cut,
        how=how,
    )


def _refused(problem: str, remedy: str) -> RequestRefused:
    return RequestRefused(field="code", problem=problem, remedy=remedy)
