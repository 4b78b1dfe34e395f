"""How much tax there is in a refund, rate by rate, for the invoice that corrects another. Pure.

By the rates of the order's own quote, on the lines that the money is of. Rounded once for each rate, on all
that went back so far: the parts add up to the tax of the order, once all of it is back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from typing import TypeAlias

from payport.rules.grant import Grant, GrantLine, TermLine
from payport.rules.line import TaxSum
from payport.rules.money import Money
from payport.rules.quote import Quote
from payport.rules.refund import Of, Refund, State
from payport.rules.refund_lines import invoice_shares
from payport.rules.rounding import half_up, shares

__all__ = ["refund_taxes"]

_Rate: TypeAlias = tuple[str, int]  # treatment and percent


def refund_taxes(
    refund: Refund, quote: Quote, granted: Grant | None, refunds: Sequence[Refund]
) -> tuple[TaxSum, ...]:
    """Net, tax and gross of a refund for each rate that it has a part of, in the order of the quote's.

    Args:
        granted: what the order gave; None where it gave nothing: then all its lines share in it.
        refunds: all of the order; the others that did not fail were taxed before.
    Returns: nothing for surplus money: it paid for nothing.
    """
    if refund.of is not Of.ORDER or refund.state is State.FAILED:
        return ()
    others = [
        each
        for each in refunds
        if each.of is Of.ORDER and each.state is not State.FAILED and each.reference != refund.reference
    ]
    before = _by_rate(others, quote, granted)
    after = _by_rate([*others, refund], quote, granted)
    taxes = (_between(of_rate, before, after, quote) for of_rate in quote.taxes)
    return tuple(each for each in taxes if each.gross.minor)


def _by_rate(refunds: Sequence[Refund], quote: Quote, granted: Grant | None) -> Counter[_Rate]:
    """What went back for each rate, tax and all; of everything, what the order's own sums say."""
    if sum(each.spent.minor for each in refunds) >= quote.total.minor:
        return Counter({(each.treatment, each.percent): each.gross.minor for each in quote.taxes})
    found: Counter[_Rate] = Counter()
    for each in refunds:
        if granted is None:
            weights = [of_rate.gross.minor for of_rate in quote.taxes]
            parts = shares([each.spent.minor * weight for weight in weights], sum(weights), each.spent.minor)
            for of_rate, part in zip(quote.taxes, parts, strict=True):
                found[of_rate.treatment, of_rate.percent] += part
        else:
            for line, share in invoice_shares(each, granted):
                found[_rate(granted.lines[line], quote)] += share.minor
    return found


def _rate(line: GrantLine, quote: Quote) -> _Rate:
    on = "package" if isinstance(line, TermLine) else "extra_capacity"
    of_goods = next(each for each in quote.lines if each.on == on and each.kind != "credit")
    return of_goods.treatment, of_goods.tax_percent


def _between(of_rate: TaxSum, before: Counter[_Rate], after: Counter[_Rate], quote: Quote) -> TaxSum:
    rate = (of_rate.treatment, of_rate.percent)
    gross = after[rate] - before[rate]
    tax = _tax(after[rate], of_rate) - _tax(before[rate], of_rate)
    currency = quote.currency
    return TaxSum(
        names=of_rate.names,
        treatment=of_rate.treatment,
        percent=of_rate.percent,
        net=Money(gross - tax, currency),
        tax=Money(tax, currency),
        gross=Money(gross, currency),
    )


def _tax(gross: int, of_rate: TaxSum) -> int:
    if gross == of_rate.gross.minor:
        return of_rate.tax.minor
    return half_up(Fraction(gross * of_rate.percent, 100 + of_rate.percent))
