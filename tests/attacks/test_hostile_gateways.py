"""RES and CHN-11 in what gateways answer: every flow of every gateway, through a whole core, over a socket.

Whatever came back, nothing is known from it: the payment stays pending, the refund unknown, and what is asked
again may still be answered. How each reader refuses is tested in core/tests/gateways/test_hostile_answers.py.
"""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from payport import Payport
from payport.errors import ConfigurationError
from payport.rules.payment import Payment, State
from payport.rules.refund import Refund
from payport.rules.refund import State as RefundState
from tests.support.fake_bank import FakeBank, fake_bank
from tests.support.flows import FLOWS, SECRETS, Flow
from tests.support.gateways import CLOSED, Onepay, nganluong_accounts
from tests.support.oracle import everything_stored
from tests.support.shop import Shop
from tests.support.sign import SECRET, TMN_CODE
from tests.support.unseen import unseen

OpenSeller = Callable[..., Shop]
LEVELS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 11))
PAID = "<error_code>00</error_code><transaction_status>00</transaction_status>"
BOMBS = {
    "ten levels of ten": f'<!DOCTYPE r [<!ENTITY a0 "ha">{LEVELS}]><result>{PAID}<a>&a10;</a></result>',
    "100 kB, often": f'<!DOCTYPE r [<!ENTITY a "{"x" * 100_000}">]><result>{PAID}{"&a;" * 99_999}</result>',
}
EXTERNAL = {
    "general": '<!DOCTYPE r [<!ENTITY x SYSTEM "{where}">]><result>' + PAID + "<token>&x;</token></result>",
    "parameter": '<!DOCTYPE r [<!ENTITY % x SYSTEM "{where}">%x;]><result>' + PAID + "</result>",
    "document type": '<!DOCTYPE r SYSTEM "{where}"><result>' + PAID + "</result>",
    "inclusion": '<result xmlns:i="http://www.w3.org/2001/XInclude">' + PAID
    + '<token><i:include href="{where}" parse="text"/></token></result>',
}  # fmt: skip


PACKED_BOMB = gzip.compress(b"<" * 30_000_000)

ON_BOTH_DATABASES = {"ask-vnpay", "ask-nganluong", "create-nganluong", "refund-vnpay"}
"""What is stored of an answer is the same for every flow of a kind: one of each is enough on PostgreSQL."""


def through(flows: Sequence[Flow]) -> pytest.MarkDecorator:
    """Each flow on SQLite, and one of each kind on PostgreSQL too."""
    places = [(flow, "sqlite") for flow in flows]
    places += [(flow, "postgresql") for flow in flows if flow.id in ON_BOTH_DATABASES]
    names = [f"{flow}-{database}" for flow, database in places]
    return pytest.mark.parametrize(("flow", "database_url"), places, ids=names, indirect=True)


@pytest.fixture
def flow(request: pytest.FixtureRequest) -> Flow:
    chosen: Flow = request.param
    return chosen


@pytest.fixture
def bank() -> Iterator[FakeBank]:
    with fake_bank() as bank:
        yield bank


@pytest.fixture
def shop(flow: Flow, bank: FakeBank, open_seller: OpenSeller) -> Shop:
    return open_seller(**flow.configuration(bank.url))


@pytest.fixture
def prepared(flow: Flow, shop: Shop, bank: FakeBank) -> Payment | None:
    return flow.prepared(shop, bank.says)


def knows_nothing(found: Payment | Refund) -> bool:
    if isinstance(found, Refund):
        return found.state is RefundState.UNKNOWN
    return (found.state, found.received.minor, found.flags) == (State.PENDING, 0, frozenset())


def proof(flow: Flow, prepared: Payment | None) -> bytes:
    """What would prove the money, had it come as it should; for a flow without a payment, a plain yes."""
    return b"<result><error_code>00</error_code></result>" if prepared is None else flow.truth(prepared)


def stored(shop: Shop) -> str:
    with shop.payport.seller.database.reading() as connection:
        return everything_stored(connection)


@through([flow for flow in FLOWS if flow.id.endswith("nganluong")])
class TestXml:
    """NgânLượng's answers."""

    @pytest.mark.parametrize("kind", EXTERNAL)
    def test_RES_05_reads_no_file_and_asks_no_host(
        self, kind: str, flow: Flow, shop: Shop, prepared: Payment | None, bank: FakeBank, tmp_path: Path
    ) -> None:
        secret = tmp_path / "secret.txt"
        secret.write_text("143000-the-key-of-the-shop")
        with fake_bank() as elsewhere:
            elsewhere.says(b"143000-from-elsewhere")
            where = secret.as_uri() if kind == "general" else f"{elsewhere.url}/x"
            bank.says(EXTERNAL[kind].replace("{where}", where).encode())

            found = flow.run(shop, prepared)

            assert knows_nothing(found)
            assert elsewhere.asked == []
        assert "key-of-the-shop" not in stored(shop)

    @pytest.mark.parametrize("kind", BOMBS)
    def test_RES_06_is_refused_within_50_ms_of_the_processor(
        self, kind: str, flow: Flow, shop: Shop, prepared: Payment | None, bank: FakeBank
    ) -> None:
        """Beyond what the same call takes when its answer is a short one."""
        took = []
        for body in (b"<result/>", BOMBS[kind].encode()):
            bank.says(body)
            begun = time.process_time()
            found = flow.run(shop, prepared)
            took.append(time.process_time() - begun)
            assert knows_nothing(found)

        assert took[1] - took[0] < 0.05

    def test_RES_02_a_hundred_thousand_levels_are_refused(
        self, flow: Flow, shop: Shop, prepared: Payment | None, bank: FakeBank
    ) -> None:
        bank.says(b"<result>" + b"<a>" * 100_000 + b"</a>" * 100_000 + b"</result>")

        assert knows_nothing(flow.run(shop, prepared))


@through(FLOWS)
class TestNumbersAndSizes:
    @pytest.mark.parametrize("number", ["1" * 5_000, "1E+999999", "1e1000000", "-" + "9" * 5_000])
    def test_RES_08_an_amount_of_any_size_proves_nothing(
        self, number: str, flow: Flow, shop: Shop, prepared: Payment | None, bank: FakeBank
    ) -> None:
        """Even where it is signed."""
        if prepared is None:
            body = f"<result><error_code>00</error_code><time_limit>{number}</time_limit></result>".encode()
        else:
            body = flow.saying(prepared, number)
        bank.says(body)
        begun = time.process_time()

        found = flow.run(shop, prepared)

        assert knows_nothing(found)
        assert time.process_time() - begun < 1.0

    @pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "gzip, gzip", "GZIP"])
    def test_RES_09_a_packed_answer_is_not_unpacked(
        self, coding: str, flow: Flow, shop: Shop, prepared: Payment | None, bank: FakeBank
    ) -> None:
        """Neither a bomb, nor the truth."""
        head = ((b"content-encoding", coding.encode()),)
        for body in (PACKED_BOMB, gzip.compress(PACKED_BOMB), gzip.compress(proof(flow, prepared)))[
            : self._tries(flow)
        ]:
            bank.says(body, headers=head)

            assert knows_nothing(flow.run(shop, prepared))

    def test_RES_09_a_large_answer_is_cut(
        self, flow: Flow, shop: Shop, prepared: Payment | None, bank: FakeBank
    ) -> None:
        bank.says(proof(flow, prepared) + b" " * 1_100_000)

        assert knows_nothing(flow.run(shop, prepared))

    @pytest.mark.parametrize(
        "body",
        [b"[" * 100_000, b'{"a":' * 100_000, b"a=1&" * 200_000, b"\x00" * 1_000, b"\xff\xfe<\x00r\x00"],
    )
    def test_RES_02_deep_or_many_or_of_other_letters_is_refused(
        self, body: bytes, flow: Flow, shop: Shop, prepared: Payment | None, bank: FakeBank
    ) -> None:
        bank.says(body)

        assert knows_nothing(flow.run(shop, prepared))

    @staticmethod
    def _tries(flow: Flow) -> int:
        """A refund is sent once for ever: its first answer is the one that counts."""
        return 1 if flow.id.startswith("refund") else 3


@through(FLOWS)
class TestWhereCredentialsMayGo:
    @pytest.mark.parametrize("status", [301, 302, 307, 308])
    def test_CHN_11_a_redirect_to_another_host_is_not_followed(
        self, status: int, flow: Flow, shop: Shop, prepared: Payment | None, bank: FakeBank
    ) -> None:
        with fake_bank() as elsewhere:
            elsewhere.says(proof(flow, prepared))
            asked = len(bank.asked)
            bank.says(b"", status=status, headers=((b"location", f"{elsewhere.url}/x".encode()),))

            found = flow.run(shop, prepared)

            assert knows_nothing(found)
            assert (len(bank.asked), elsewhere.asked) == (asked + 1, [])

    def test_CHN_11_plain_http_beyond_this_machine_is_refused_at_the_start(
        self, flow: Flow, shop: Shop, bank: FakeBank
    ) -> None:
        """Each address of the account, one at a time; and any at all in live."""
        file = shop.folder / "payport.toml"
        text = file.read_text(encoding="utf-8")
        lines = [line for line in text.splitlines() if bank.url in line]

        assert lines
        for line in lines:
            for host in ("http://gateway.example", "http://192.0.2.1", "http://127.0.0.1.example", "ftp://x"):
                file.write_text(text.replace(line, line.replace(bank.url, host)), encoding="utf-8")
                with pytest.raises(ConfigurationError, match="url"):
                    Payport.from_config(file)
        file.write_text(text.replace('environment = "sandbox"', 'environment = "live"'), encoding="utf-8")
        with pytest.raises(ConfigurationError, match="plain http in live"):
            Payport.from_config(file)

    def test_CHN_11_nothing_that_came_of_it_keeps_a_credential(
        self, flow: Flow, shop: Shop, prepared: Payment | None, bank: FakeBank
    ) -> None:
        """The answer plays our own words back, as an error page may."""
        bank.says(" ".join(SECRETS).encode(), status=500)

        assert knows_nothing(flow.run(shop, prepared))

        assert not any(secret in stored(shop) for secret in SECRETS)


@through([flow for flow in FLOWS if not flow.id.startswith("ask-nganluong")])
class TestAHostThatNobodyVouchesFor:
    def test_CHN_11_reads_nothing_behind_its_certificate(
        self, flow: Flow, bank: FakeBank, open_seller: OpenSeller, tmp_path: Path
    ) -> None:
        """NgânLượng is asked at the address where its orders are made: nothing is there to ask about."""
        with unseen(tmp_path) as server:
            shop = open_seller(**flow.configuration(server.url))
            found = flow.run(shop, flow.prepared(shop, bank.says))

        assert server.tried > 0
        assert not any(server.read)
        assert knows_nothing(found)


@through([flow for flow in FLOWS if flow.id.startswith("ask")])
class TestTheSameCall:
    def test_CHN_08_answered_truly_is_known(
        self, flow: Flow, shop: Shop, prepared: Payment, bank: FakeBank
    ) -> None:
        """So that all the above is refused for what it is."""
        bank.says(flow.truth(prepared))

        found = flow.run(shop, prepared)

        assert isinstance(found, Payment)
        assert (found.state, found.received) == (State.SUCCEEDED, prepared.amount)


class TestTwoAccountsOfOneMethod:
    """Through the verb `pay`, with the gateways' own flows."""

    def test_the_second_carries_what_is_beyond_the_firsts_limits(self, open_seller: OpenSeller) -> None:
        onepay = Onepay("domestic", "unified")
        small = f"""
[[accounts]]
name = "vnpay-small"
plugin = "vnpay"
environment = "sandbox"
settings = {{ tmn_code = "{TMN_CODE}" }}
keys = [{{ role = "hash_secret", id = "2026-a", value = "{SECRET}" }}]
limits = {{ VND = {{ least = 5000, most = 1000000 }} }}

[[methods]]
id = "either_card"
accounts = ["vnpay-small", "onepay-domestic"]
"""
        shop = open_seller(accounts=onepay.configuration()["accounts"] + small)
        used = []
        for account, months in (("mot", 1), ("hai", 12)):
            order = shop.order(account, months=months)
            shop.payport.pay(order.number, "either_card", buyer_ip="203.0.113.9")
            (payment,) = shop.payport.order(order.number).payments
            used.append((payment.gateway_account, payment.amount.minor <= 1_000_000, payment.state))

        assert used == [("vnpay-small", True, State.PENDING), ("onepay-domestic", False, State.PENDING)]

    def test_the_second_is_used_where_the_first_refused_the_connection(
        self, bank: FakeBank, open_seller: OpenSeller
    ) -> None:
        """NgânLượng twice: a signed link cannot fail to be sent."""
        shop = open_seller(accounts=nganluong_accounts(CLOSED, bank.url))
        token = "143000-0123456789abcdef0123456789abcdef"
        bank.says(
            f"<result><error_code>00</error_code><token>{token}</token>"
            f"<checkout_url>{bank.url}/x</checkout_url></result>".encode()
        )

        payments = _handed_over(shop)

        assert {(each.gateway_account, each.state, each.checkout_reference) for each in payments} == {
            ("nganluong-main", State.FAILED, None),
            ("nganluong-2", State.PENDING, token),
        }
        assert len(bank.asked) == 1

    def test_the_second_is_not_used_where_the_first_may_have_heard(
        self, bank: FakeBank, open_seller: OpenSeller
    ) -> None:
        with fake_bank() as first:
            first.says(b"<html>502</html>", status=502)
            shop = open_seller(accounts=nganluong_accounts(first.url, bank.url))

            (payment,) = _handed_over(shop)

            assert (payment.gateway_account, payment.state) == ("nganluong-main", State.PENDING)
            assert (len(first.asked), bank.asked) == (1, [])


def _handed_over(shop: Shop) -> tuple[Payment, ...]:
    order = shop.order()
    shop.payport.pay(order.number, "wallet", buyer_ip="203.0.113.9")
    return shop.payport.order(order.number).payments
