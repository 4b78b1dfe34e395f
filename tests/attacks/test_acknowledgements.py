"""CHN-07: each gateway is told each decision in its own exact words, which end its calls or keep them coming.

Every decision is really brought about, through the door, by what the gateway's server would send.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import text

from payport.gateways.library import ContractLibrary
from payport.gateways.registry import discover
from payport.service.judge import Decision
from payport.storage import tables as t
from payport.storage.database import SCHEMA
from tests.support.door import Door
from tests.support.fake_bank import FakeBank, fake_bank
from tests.support.oracle import check_invariants
from tests.support.senders import SENDERS, Sender
from tests.support.shop import Shop, open_shop
from tests.support.unmoved import last_callback, nothing_moves

GATEWAYS = discover(contracts=ContractLibrary.installed()).gateways
TABLE = [
    (gateway, decision)
    for gateway, sender in SENDERS.items()
    for decision in Decision
    if decision not in sender.never
]
CALLED_AGAIN = {  # by the sheets: vnpay.md 5, onepay.md 4.3, nganluong.md 4.3
    "vnpay": {
        Decision.WRONG_AMOUNT, Decision.UNKNOWN_REFERENCE, Decision.NOT_AUTHENTIC, Decision.NO_INPUT,
        Decision.INCOMPLETE, Decision.TRY_AGAIN,
    },
    "onepay_domestic": {
        Decision.UNKNOWN_REFERENCE, Decision.NOT_AUTHENTIC, Decision.NO_INPUT, Decision.INCOMPLETE,
        Decision.TRY_AGAIN,
    },
    "onepay_international": {
        Decision.UNKNOWN_REFERENCE, Decision.NOT_AUTHENTIC, Decision.NO_INPUT, Decision.INCOMPLETE,
        Decision.TRY_AGAIN,
    },
    "nganluong": {Decision.TRY_AGAIN},
}  # fmt: skip


@pytest.fixture
def bank() -> Iterator[FakeBank]:
    with fake_bank() as bank:
        yield bank


@pytest.fixture
def sender(gateway: str, database_url: str, tmp_path: object, bank: FakeBank) -> Iterator[Sender]:
    kind = SENDERS[gateway]
    shop = open_shop(tmp_path, database_url, accounts=kind.accounts(bank))  # type: ignore[arg-type]
    yield kind(shop, bank)
    check_invariants(shop.payport)
    shop.payport.close()


@pytest.fixture
def without_storage(sender: Sender) -> Iterator[Callable[[], object]]:
    """Takes the table of callbacks away; it is back before anything is checked."""
    engine, name = sender.shop.payport.seller.database.engine, t.callbacks.name
    away: list[str] = []

    def rename(before: str, after: str) -> None:
        within = "" if engine.dialect.name == "sqlite" else f"{SCHEMA}."
        with engine.begin() as connection:
            connection.execute(text(f"ALTER TABLE {within}{before} RENAME TO {after}"))

    def take_away() -> None:
        rename(name, f"{name}_away")
        away.append(name)

    yield take_away
    for each in away:
        rename(f"{each}_away", each)


@pytest.mark.parametrize(("gateway", "decision"), TABLE)
def test_CHN_07_the_answer_is_the_gateways_own_to_the_byte(
    gateway: str, decision: Decision, sender: Sender, without_storage: Callable[[], object]
) -> None:
    reply = getattr(GATEWAYS[gateway].info.answers, str(decision))

    answer = sender.bring(decision, without_storage)

    assert (answer.status, answer.body) == (reply.status, reply.body)
    assert answer.headers[b"content-type"] == reply.content_type.encode()
    assert answer.headers[b"cache-control"] == b"no-store"
    if decision is not Decision.TRY_AGAIN:
        assert last_callback(sender.shop)[1] == str(decision)


@pytest.mark.parametrize(("gateway", "decision"), TABLE)
def test_CHN_07_it_ends_the_calls_or_keeps_them_coming_as_the_sheet_says(
    gateway: str, decision: Decision
) -> None:
    reply = getattr(GATEWAYS[gateway].info.answers, str(decision))

    assert SENDERS[gateway].signs_off(reply) is (decision not in CALLED_AGAIN[gateway])


@pytest.mark.parametrize("gateway", ["vnpay"])
def test_CHN_07_a_return_is_answered_to_a_browser_and_never_in_the_gateways_words(
    gateway: str, sender: Sender
) -> None:
    payment = sender.pay()
    (paid,) = sender.messages(payment)[Decision.RECORDED]

    answer = Door(sender.shop).back(paid)

    assert (answer.status, last_callback(sender.shop)[1]) == (303, "hint_taken")
    assert b"RspCode" not in answer.body


@pytest.mark.parametrize("message", [b"", b"token=1", b"vnp_TxnRef=1"])
def test_CHN_07_a_gateway_that_never_calls_answers_nobody(
    message: bytes, database_url: str, tmp_path: object
) -> None:
    accounts = """
[[accounts]]
name = "order-only"
plugin = "order_only"
environment = "sandbox"
settings = { bank_bin = "970436", account_number = "0123456789", account_holder = "CONG TY SAO VIET" }

[[methods]]
id = "order_only"
accounts = ["order-only"]
"""
    shop: Shop = open_shop(tmp_path, database_url, accounts=accounts)  # type: ignore[arg-type]
    reply = GATEWAYS["order_only"].info.answers.not_authentic

    with nothing_moves(shop):
        answer = Door(shop, "order-only").ipn(message)

    assert (answer.status, answer.body) == (reply.status, reply.body)
    shop.payport.close()


def test_CHN_07_every_installed_gateway_stands_in_the_table() -> None:
    assert {*SENDERS, "order_only"} == set(GATEWAYS)
    assert set(CALLED_AGAIN) == set(SENDERS)
