"""What the goods cost before promotions: list prices, and extra capacity by time. Rules: "Price".

Exact fractions inside, whole minor units outside: each line is rounded once, half up.
"""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

from payport.errors import RequestRefused
from payport.rules.calendar import Term
from payport.rules.catalog import Catalog, ExtraCapacity, Package, PackageTerm
from payport.rules.line import Draft, bounded
from payport.rules.money import Money
from payport.rules.rounding import half_up
from payport.rules.words import Text, months, say

__all__ = ["added_capacity_line", "extra_capacity_line", "extra_capacity_of", "package_line"]


def package_line(package: Package, term: PackageTerm) -> Draft:
    """The list price of the term, not months × a monthly price; bonus months cost nothing and are named."""
    length = months(term.months)
    how = say("giá niêm yết cho {length}", "list price of {length}", length=length)
    if term.bonus_months:
        how = say(
            "{how}; tặng thêm {bonus} miễn phí",
            "{how}; {bonus} more at no cost",
            how=how,
            bonus=months(term.bonus_months),
        )
    return Draft(
        kind="package",
        on="package",
        title=package.names,
        quantity=1,
        unit=say("kỳ hạn {length}", "term of {length}", length=length),
        unit_price=term.price,
        amount=term.price,
        how=how,
        tax=package.tax,
    )


def extra_capacity_line(steps: int, term: PackageTerm, catalog: Catalog) -> Draft:
    """With a term: price × steps × paid months ÷ the price's months; free in bonus months."""
    extra = extra_capacity_of(catalog)
    exact = _full_price(extra, steps, term.months)
    how = say(
        "{price} × {steps} × {paid} ÷ {base}",
        "{price} × {steps} × {paid} ÷ {base}",
        price=Money(extra.price.amount, catalog.currency),
        steps=steps,
        paid=months(term.months),
        base=months(extra.price.months),
    )
    if term.bonus_months:
        how = say(
            "{how}; miễn phí trong {bonus} tặng thêm",
            "{how}; free in the {bonus} on top",
            how=how,
            bonus=months(term.bonus_months),
        )
    return _capacity(extra, steps, exact, how, field="extra_steps")


def added_capacity_line(steps: int, term: Term, catalog: Catalog, at: datetime) -> Draft:
    """In mid-term, by the policy `capacity_proration`.

    Args:
        term: the running one; surplus days add nothing to the price and count among its days.
    """
    extra = extra_capacity_of(catalog)
    policy = catalog.policies.capacity_proration
    full = _full_price(extra, steps, term.months)
    words: dict[str, Text | Money | int] = {
        "price": Money(extra.price.amount, catalog.currency),
        "steps": steps,
        "base": months(extra.price.months),
        "paid": months(term.months),
    }
    if policy == "days":
        left = term.remaining(at)
        exact = full * left / term.days
        how = say(
            "{price} × {steps} × {paid} ÷ {base} × {left} ngày còn lại ÷ {days} ngày của kỳ hạn",
            "{price} × {steps} × {paid} ÷ {base} × {left} days left ÷ {days} days of the term",
            left=left,
            days=term.days,
            **words,
        )
    elif policy == "full":
        exact = full
        how = say(
            "{price} × {steps} × {paid} ÷ {base}, cho cả kỳ hạn",
            "{price} × {steps} × {paid} ÷ {base}, for the whole term",
            **words,
        )
    else:
        left = term.whole_months_left(at, rounding="up" if policy == "months_up" else "down")
        exact = _full_price(extra, steps, left)
        how = say(
            "{price} × {steps} × {left} còn lại ÷ {base}",
            "{price} × {steps} × {left} left ÷ {base}",
            left=months(left),
            **words,
        )
    return _capacity(extra, steps, exact, how, field="steps")


def extra_capacity_of(catalog: Catalog) -> ExtraCapacity:
    """What the catalog says of extra capacity. Raises: RequestRefused where it sells none."""
    if catalog.extra_capacity is None:
        raise RequestRefused(
            field="extra_steps", problem="extra capacity is not sold", remedy="Leave it out, or choose 0"
        )
    return catalog.extra_capacity


def _full_price(extra: ExtraCapacity, steps: int, paid_months: int) -> Fraction:
    return Fraction(extra.price.amount * steps * paid_months, extra.price.months)


def _capacity(extra: ExtraCapacity, steps: int, exact: Fraction, how: Text, *, field: str) -> Draft:
    return Draft(
        kind="extra_capacity",
        on="extra_capacity",
        title=say("Dung lượng bổ sung {gb} GB", "Extra capacity {gb} GB", gb=steps * extra.step_gb),
        quantity=steps,
        unit=say(
            "phần {gb} GB cho {base}",
            "step of {gb} GB for {base}",
            gb=extra.step_gb,
            base=months(extra.price.months),
        ),
        unit_price=extra.price.amount,
        amount=bounded(half_up(exact), field=field),
        how=how,
        tax=extra.tax,
    )
