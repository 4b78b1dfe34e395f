"""Observers hear facts and change nothing."""

from __future__ import annotations

import logging

import pytest

from payport.gateways.observers import Observer, Observers, PaymentHandedOver, PaymentSettled
from payport.testing import NOW

HANDED_OVER = PaymentHandedOver("PP23456789AB", "sample-main", "sample", NOW)
SETTLED = PaymentSettled("PP23456789AB", "sample-main", "sample", "succeeded", NOW)


class Listening(Observer):
    def __init__(self) -> None:
        self.heard: list[object] = []

    def payment_handed_over(self, fact: PaymentHandedOver) -> None:
        self.heard.append(fact)

    def payment_settled(self, fact: PaymentSettled) -> None:
        self.heard.append(fact)


class Failing(Observer):
    def __init__(self, error: type[BaseException]) -> None:
        self.error = error

    def payment_settled(self, fact: PaymentSettled) -> None:
        raise self.error("s3cret")


def test_each_observer_hears_what_it_listens_for() -> None:
    one, two = Listening(), Listening()

    for fact in (HANDED_OVER, SETTLED):
        Observers([one, Observer(), two]).tell(fact)

    assert one.heard == two.heard == [HANDED_OVER, SETTLED]


@pytest.mark.parametrize("error", [ValueError, SystemExit, GeneratorExit])
def test_one_that_fails_is_logged_without_its_words_and_hinders_no_other(
    error: type[BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    listening = Listening()

    with caplog.at_level(logging.ERROR):
        Observers([Failing(error), listening]).tell(SETTLED)

    assert listening.heard == [SETTLED]
    assert f"observer Failing failed: {error.__name__} at test_observers.py" in caplog.text
    assert "s3cret" not in caplog.text
