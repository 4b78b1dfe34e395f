"""From exact fractions to whole minor units: half up in magnitude, and shares that add up."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

__all__ = ["half_up", "shares", "spread"]


def half_up(exact: Fraction) -> int:
    """The nearest whole number; a half goes away from zero: 2.5 is 3, −2.5 is −3."""
    magnitude = (2 * abs(exact.numerator) + exact.denominator) // (2 * exact.denominator)
    return magnitude if exact >= 0 else -magnitude


def shares(numerators: Sequence[int], denominator: int, total: int) -> list[int]:
    """Whole parts that add up to `total`, by largest remainder; at a tie the earlier gets more.

    Args:
        numerators: what each part would be exactly, times `denominator`.
        total: the sum of those exact parts, rounded to a neighbouring whole number.
    """
    whole = [numerator // denominator for numerator in numerators]
    by_remainder = sorted(range(len(whole)), key=lambda index: (-(numerators[index] % denominator), index))
    for index in by_remainder[: total - sum(whole)]:
        whole[index] += 1
    return whole


def spread(amount: int, weights: Sequence[int]) -> list[int]:
    """`amount`, at most the sum of the weights, over parts in proportion to them; none above its weight."""
    everything = sum(weights)
    if everything == 0:
        return [0 for _ in weights]
    return shares([amount * weight for weight in weights], everything, amount)
