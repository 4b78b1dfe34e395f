"""Each state that the core knows has its word and its tone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pytest

from payport.gateways.types import Outcome
from payport.rules import chargeback, confirmation, entitlement, four_eyes, order, payment, refund, statement
from payport.rules.errand import ErrandKind
from payport.service.judge import Decision
from payport_backoffice.states import STATES, TONES

KNOWN: Mapping[str, Iterable[str]] = {
    "order": order.State,
    "payment": payment.State,
    "refund": refund.State,
    "proposal": four_eyes.State,
    "entitlement": entitlement.State,
    "flag": payment.Flag,
    "way": refund.Way,
    "money": refund.Of,
    "fate": statement.Fate,
    "verdict": ("proof", "hint", "rejected", "unjudged"),
    "decision": Decision,
    "chargeback": chargeback.State,
    "confirmation": confirmation.State,
    "call": Outcome,
    "errand": ErrandKind,
    "delivery": ("waiting", "delivered", "parked"),
}


@pytest.mark.parametrize("of", STATES)
def test_every_state_has_a_word_and_a_tone_and_none_is_made_up(of: str) -> None:
    assert set(STATES[of]) == set(KNOWN[of])
    assert {tone for tone, _ in STATES[of].values()} <= set(TONES)


def test_two_states_of_one_thing_never_look_the_same() -> None:
    for looks in STATES.values():
        assert len({word for _, word in looks.values()}) == len(looks)
