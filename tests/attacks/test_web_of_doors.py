"""RES and SEC at the doors: too much, too deep, too odd; and what must not come out of them."""

from __future__ import annotations

import gzip
import json
import logging
import re
import time
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import select

from payport.rules.payment import Payment, State
from payport.service.judge import Decision
from payport.service.receiving import MOST_BODY, MOST_HEADERS, MOST_QUERY
from payport.signing.received import Channel
from payport.storage import tables as t
from tests.support.bank_shop import BankShop
from tests.support.bank_sign import API_SECRET, BANK_SECRET, bank_fields, json_body, pairs
from tests.support.door import Answer, Door
from tests.support.oracle import everything_stored
from tests.support.shop import Shop
from tests.support.sign import SECRET, ipn_query
from tests.support.unmoved import BAD_SIGNATURE, CONFIRMED, genuine_still_works, is_refused, nothing_moves

OpenBank = Callable[..., BankShop]


@pytest.fixture
def payment(shop: Shop) -> Payment:
    return shop.pay(shop.order())


def stored(shop: Shop) -> str:
    with shop.payport.seller.database.reading() as connection:
        return everything_stored(connection)


@pytest.fixture
def quickly() -> Iterator[None]:
    """Far above what any of it takes; far below what a sender could make it take."""
    begun = time.process_time()
    yield
    assert time.process_time() - begun < 5


@pytest.mark.usefixtures("quickly")
class TestTooMuch:
    def test_RES_01_a_body_beyond_the_limit_is_not_read_to_its_end(
        self, shop: Shop, door: Door, payment: Payment
    ) -> None:
        chunk = b"x" * 8_192
        before = stored(shop)
        for knock in (door.ipn, door.back):
            whole = knock(method="POST", body=b"x" * 1_000_000)
            chunked = knock(method="POST", body=[chunk] * 12_800)  # 100 MB, if anybody read it

            assert (whole.status, chunked.status) == (413, 413)
            assert chunked.chunks_read <= MOST_BODY // len(chunk) + 1

        assert stored(shop) == before
        genuine_still_works(shop, payment)

    def test_RES_01_a_length_that_lies_is_not_believed(
        self, shop: Shop, door: Door, payment: Payment
    ) -> None:
        for length in (b"0", b"99999999999", b"-1", b"text"):
            query = ipn_query("SVNOBODYKNOW", 1, secret="x")
            answer = door.ipn(query, method="POST", body=b"a=b", headers=[(b"content-length", length)])
            assert answer.status in {200, 400, 413}

        genuine_still_works(shop, payment)

    def test_RES_01_a_sender_that_hangs_up_leaves_nothing(
        self, shop: Shop, door: Door, payment: Payment
    ) -> None:
        before = stored(shop)
        query = ipn_query(payment.merchant_reference, payment.amount.minor)

        assert door.ipn(query, method="POST", body=[b"half"], hangs_up=True).status == 400

        assert stored(shop) == before
        genuine_still_works(shop, payment)

    def test_RES_02_a_hundred_thousand_levels_are_refused(self, open_bank: OpenBank) -> None:
        bank = open_bank("bank_json")
        payment = bank.pay()
        genuine = json_body(bank_fields(payment.merchant_reference, 1_100_000))
        deep = (
            b"[" * 30_000 + b"]" * 30_000,
            b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
            genuine[:-1] + b', "note": ' + b"[" * 20_000 + b"]" * 20_000 + b"}",
            genuine[:-1] + b', "note": ' + b"[" * 60_000,
        )

        with nothing_moves(bank.shop):
            for body in deep:
                assert bank.door.ipn(method="POST", body=body).body == b'{"said":"not_authentic"}'
            brackets = b"vnp_A" + b"[a]" * 5_000 + b"=1"
            assert is_refused(Door(bank.shop).ipn(brackets))

        assert bank.deliver(method="POST", body=genuine).decision is Decision.RECORDED

    def test_RES_03_many_names_headers_or_cookies_are_refused(
        self, shop: Shop, door: Door, payment: Payment
    ) -> None:
        before = stored(shop)
        many = b"&".join(b"vnp_%d=%d" % (number, number) for number in range(100_000))
        cookies = [(b"cookie", b"a%d=b" % number) for number in range(10_000)]

        assert door.ipn(many).status == 413
        assert door.ipn(b"a=b", headers=cookies).status == 413
        assert door.ipn(b"a=b", headers=[(b"x-large", b"x" * 1_000_000)]).status == 413
        assert stored(shop) == before
        assert is_refused(door.ipn(many[:MOST_QUERY]))
        genuine_still_works(shop, payment)

    def test_RES_03_just_below_the_limits_is_judged_and_kept(
        self, shop: Shop, door: Door, payment: Payment
    ) -> None:
        query = b"&".join([b"vnp_A=1"] * (MOST_QUERY // 8))
        headers = [(b"x-a", b"\xff" * 900)] * (MOST_HEADERS // 1_000)

        assert door.ipn(query, headers=headers, method="POST", body=b"\xff" * MOST_BODY).body == BAD_SIGNATURE
        genuine_still_works(shop, payment)


class TestAnotherType:
    """VNPAY's messages stand in the query; a form bank's in its form. Nothing else is parsed."""

    def test_RES_07_a_body_of_any_type_is_not_what_a_query_says(
        self, shop: Shop, door: Door, payment: Payment
    ) -> None:
        fields = ipn_query(payment.merchant_reference, payment.amount.minor)
        for kind, body in (
            (b"application/x-www-form-urlencoded", fields),
            (b"text/plain", fields),
            (b"application/xml", b"<a/>"),
            (b"application/json", b'{"vnp_Amount": "1"}'),
            (b"multipart/form-data; boundary=x", _multipart({"vnp_Amount": "1"})),
        ):
            with nothing_moves(shop):
                answer = door.ipn(b"", method="POST", body=body, headers=[(b"content-type", kind)])
            assert answer.body == b'{"RspCode":"99","Message":"Input data required"}'

        genuine_still_works(shop, payment)

    def test_RES_07_a_form_in_another_shape_is_not_parsed(self, open_bank: OpenBank) -> None:
        bank = open_bank("bank_form")
        payment = bank.pay()
        query = pairs(bank_fields(payment.merchant_reference, 1_100_000))
        fields = dict(pair.split("=") for pair in query.decode().split("&"))
        bodies = (
            _multipart(fields),
            _multipart(dict.fromkeys(map(str, range(1_500)), "x")),
            json.dumps(fields).encode(),
            b"<form><amount>1100000</amount></form>",
            query.replace(b"&", b"\r\n"),
        )

        with nothing_moves(bank.shop):
            for body in bodies:
                decision = bank.deliver(method="POST", body=body).decision
                assert decision in {Decision.NOT_AUTHENTIC, Decision.NO_INPUT}

        assert bank.deliver(method="POST", body=query).decision is Decision.RECORDED

    def test_RES_09_a_packed_body_is_not_unpacked(self, open_bank: OpenBank) -> None:
        bank = open_bank("bank_form")
        payment = bank.pay()
        query = pairs(bank_fields(payment.merchant_reference, 1_100_000))
        bomb = gzip.compress(b"a=" + b"b" * 30_000_000)
        packed = ((b"gzip", gzip.compress(query)), (b"gzip", bomb), (b"gzip, gzip", gzip.compress(bomb)))

        with nothing_moves(bank.shop):
            for coding, body in (*packed, (b"br", b"\x1b\x00"), (b"deflate", b"x\x9c")):
                answer = bank.door.ipn(method="POST", body=body, headers=[(b"content-encoding", coding)])
                assert answer.status == 200
                assert answer.body in {b'{"said":"not_authentic"}', b'{"said":"no_input"}'}

        assert bank.deliver(method="POST", body=query).decision is Decision.RECORDED


class TestWhatComesOut:
    def test_SEC_01_no_secret_in_any_log_row_or_answer(
        self, open_bank: OpenBank, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        bank = open_bank("bank_query")
        shop, door = bank.shop, Door(bank.shop)
        first, second = shop.pay(shop.order("mot")), bank.pay(shop.order("hai"))
        genuine = ipn_query(first.merchant_reference, first.amount.minor)
        answers = [
            door.ipn(genuine.replace(b"110000000", b"1")),
            door.ipn(b"\xff%00" + genuine),
            door.back(genuine),
            door.ipn(genuine),
            door.knock("/nobody/ipn", genuine),
            bank.door.ipn(pairs(bank_fields(second.merchant_reference, 1) | {"amount": "x"})),
            bank.door.ipn(pairs(bank_fields(second.merchant_reference, 5))),
        ]
        shop.clock.forward(hours=2)
        shop.payport.work()
        shop.payport.ask(second.merchant_reference)

        shown = [repr(value) for value in (shop.payport, shop.payport.seller, shop.payport.configuration)]
        shown += [repr(shop.payport.order(each.order_number)) for each in (first, second)]
        everything = "\n".join([caplog.text, stored(shop), *map(_text, answers), *shown])
        for secret in (SECRET, BANK_SECRET, API_SECRET):
            assert secret not in everything

    def test_SEC_01_nor_a_signature_in_what_payport_logs(
        self, shop: Shop, door: Door, payment: Payment, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        query = ipn_query(payment.merchant_reference, payment.amount.minor)
        door.ipn(query.replace(b"110000000", b"1"))
        door.ipn(query)

        ours = [each.getMessage() for each in caplog.records if each.name.startswith("payport")]
        assert query.rpartition(b"=")[2].decode() not in "\n".join(ours)

    def test_SEC_02_forged_lines_stay_one_line(
        self, shop: Shop, door: Door, payment: Payment, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG, logger="payport")
        lines = ("\r\n2026 INFO paid", "\x1b[31m", "\u202egnp", '"}\n{"level":"error"', "\u2028x", "\x85x")
        genuine = {"vnp_OrderInfo": "", "vnp_TxnRef": payment.merchant_reference}

        for line in lines:
            for name in genuine:
                door.ipn(ipn_query(payment.merchant_reference, 1_100_000, **{name: f"a{line}"}))
            door.ipn(b"vnp_" + line.encode() + b"=1", headers=[(b"x-forged", line.encode())])

        for each in caplog.records:
            if each.name.startswith("payport"):
                assert len(each.getMessage().splitlines()) == 1
        for reason in _reasons(shop):
            assert reason.isprintable(), reason

    def test_SEC_03_a_card_in_a_callback_is_not_kept(self, shop: Shop, door: Door, payment: Payment) -> None:
        cards = ("4111111111111111", "5555555555554444", "378282246310005", "3530111333300000",
                 "9704198526191432198", "2223003122003222", "6200000000000005")  # fmt: skip
        for place, card in enumerate(cards):
            paid = shop.pay(shop.order(f"khach-{place}"))
            spaced = "+".join(card[each : each + 4] for each in range(0, len(card), 4))
            extra = f"&card={card}&c2=x%3D{card}&c3={spaced}&cvv=737&vnpCvc2=7373".encode()
            said = ipn_query(paid.merchant_reference, 1_100_000, transaction=f"1500001{place}", vnp_Pan=card)
            body = json.dumps({"pan": card, "CVV": "737", "security_code": "7373"}).encode()

            answer = door.ipn(said + extra, method="POST", body=body, headers=[(b"x-card", card.encode())])

            assert answer.body == CONFIRMED
            assert shop.payment(paid).state is State.SUCCEEDED
            assert card not in stored(shop)
            assert spaced not in stored(shop)
            assert f"{card[:6]}{'*' * (len(card) - 10)}{card[-4:]}" in stored(shop)
        assert not re.search(r"(?i)cv[vc]2?[\"']?[=:] ?[\"']?7", stored(shop))

    def test_SEC_03_what_is_no_card_stays_as_it_came(self, shop: Shop, door: Door, payment: Payment) -> None:
        """Wrong check digit, a time, an amount, a transaction, a digest: evidence, and no card."""
        said = (
            b"a=4111111111111112&b=20261124120312&c=110000000&d=150000010000001&e=9704000000000001"
            b"&f=00004111111111111111&g=deadbeef4111111111111111deadbeef&h=1234567890123456"
        )
        door.ipn(said)

        assert said.decode() in stored(shop)

    def test_SEC_04_an_error_page_says_nothing(self, door: Door) -> None:
        answers: list[Answer] = [
            door.knock("/nobody/ipn"),
            door.knock("/vnpay-main/nothing"),
            door.knock("/"),
            door.knock("/vnpay-main/../../etc/passwd"),
            door.knock("/vnpay-main/ipn", method="PUT"),
            door.ipn(b"x" * (MOST_QUERY + 1)),
        ]

        assert [answer.status for answer in answers] == [404, 404, 404, 404, 405, 413]
        for answer in answers:
            assert answer.body == b""
            assert b"server" not in answer.headers

    def test_SEC_05_the_answer_to_a_forger_tells_no_reference_from_another(
        self, shop: Shop, door: Door, payment: Payment
    ) -> None:
        paid = shop.pay(shop.order("hai"))
        door.ipn(ipn_query(paid.merchant_reference, paid.amount.minor, transaction="15000002"))
        references = (payment.merchant_reference, paid.merchant_reference, "SVNOBODYKNOW")

        for knock in (door.ipn, door.back):
            for change in ({}, {"response": "24"}, {"tmn_code": "OTHERTMN"}):
                answers = {
                    (answer.status, answer.body, tuple(sorted(answer.headers.items())))
                    for answer in (
                        knock(ipn_query(reference, 1_100_000, secret="x" * 32, **change))
                        for reference in references
                    )
                }
                assert len(answers) == 1

        genuine_still_works(shop, payment)

    def test_CHN_09_a_strangers_return_shows_nobodys_order(
        self, shop: Shop, door: Door, payment: Payment
    ) -> None:
        token = shop.payport.order(payment.order_number).token
        genuine = ipn_query(payment.merchant_reference, payment.amount.minor)

        shown = [
            door.back(genuine.replace(payment.merchant_reference.encode(), b"SVNOBODYKNOW")),
            door.back(b"order_token=" + token.encode()),
            shop.deliver(b"", channel=Channel.RETURN),
        ]

        assert all(b"location" not in answer.headers for answer in shown[:2])
        assert shown[2].order_token is None
        assert shop.payment(payment).state is State.PENDING


def _text(answer: Answer) -> str:
    return f"{answer.status} {answer.headers} {answer.body!r}"


def _multipart(fields: dict[str, str]) -> bytes:
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    return ("".join(parts) + "--x--\r\n").encode()[:MOST_BODY]


def _reasons(shop: Shop) -> list[str]:
    with shop.payport.seller.database.reading() as connection:
        return [row.reason or "" for row in connection.execute(select(t.callbacks.c.reason))]
