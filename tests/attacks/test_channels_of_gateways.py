"""CHN, for every gateway: its simulator on a socket, its own signature, and each channel missing or forged.

What only VNPAY or only an invented bank shows is in test_channels.py; the answers' exact words stand in
test_acknowledgements.py; a token that nobody signed (CHN-03) in the tests of the NgânLượng plugin.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from payport.rules.entitlement import State as Holding
from payport.rules.order import State as OrderState
from payport.rules.payment import Flag, Payment, State
from payport.service import receiving, settling
from tests.support.door import Answer
from tests.support.fake_bank import FakeBank, fake_bank
from tests.support.gateways import SPEAKERS, Speaker
from tests.support.shop import Shop
from tests.support.site import Site
from tests.support.stands import STANDS, Kind, Stand, opened
from tests.support.unmoved import everything_but_callbacks, nothing_moves

SIGNED = [kind for kind in STANDS if kind.speaker is not None]
LEGACY = [each for each in SPEAKERS if each.id.endswith("legacy")]


@pytest.fixture(params=STANDS, ids=str)
def kind(request: pytest.FixtureRequest) -> Kind:
    chosen: Kind = request.param
    return chosen


@pytest.fixture
def stand(kind: Kind, tmp_path: Path, database_url: str) -> Iterator[Stand]:
    with opened(kind, tmp_path, database_url) as stand:
        yield stand


def is_paid_once(stand: Stand, payment: Payment) -> None:
    paid = stand.shop.payment(payment)
    assert (paid.state, paid.received, paid.flags) == (State.SUCCEEDED, payment.amount, frozenset())
    assert stand.shop.payport.order(payment.order_number).state is OrderState.PAID
    assert stand.shop.payport.entitlement("binh-minh").version == 1


def work(stand: Stand, **later: float) -> None:
    stand.shop.clock.forward(**(later or {"seconds": 1}))
    stand.shop.payport.work(20)


def page(answer: Answer) -> tuple[object, ...]:
    return answer.status, answer.body, tuple(answer.headers.items())


class TestTheReturnPage:
    def test_CHN_01_opened_for_an_unpaid_order_pays_nothing(self, stand: Stand) -> None:
        payment = stand.hands_over()
        order = stand.shop.payport.order(payment.order_number)
        reference, token = payment.merchant_reference.encode(), order.token.encode()
        tried = (
            b"", b"paid=true&order=" + reference, b"order_token=" + token, b"vnp_TxnRef=" + reference,
            b"vpc_MerchTxnRef=" + reference + b"&vpc_TxnResponseCode=0", b"order_code=" + reference,
        )  # fmt: skip

        with nothing_moves(stand.shop):
            for query in tried:
                answer = stand.door.back(query)
                assert answer.status == 200
                assert b"location" not in answer.headers
                assert reference not in answer.body
                assert token not in answer.body

        assert stand.shop.payport.order(order.number).state is OrderState.PLACED

    def test_CHN_01_with_what_the_buyer_knows_of_an_unpaid_order_pays_nothing(self, stand: Stand) -> None:
        """NgânLượng's token stands in the address that the buyer was sent to."""
        payment = stand.hands_over()
        known = f"error_code=00&token={payment.checkout_reference or ''}&order_code=x".encode()

        for knock in (stand.door.back, stand.door.ipn):
            knock(known)
            work(stand)

        asked_about = stand.shop.payment(payment)
        assert (asked_about.state, asked_about.received.minor) == (State.PENDING, 0)
        assert stand.shop.payport.entitlement("binh-minh").state is Holding.NONE

    def test_CHN_02_forged_is_neutral_and_moves_nothing(self, stand: Stand, kind: Kind) -> None:
        payment = stand.pays()
        genuine = stand.tells(payment)
        forged = [genuine[:-1] + b"Z", genuine.replace(b"=", b"=x", 1), b"token=143000-0&error_code=00"]
        if kind.speaker is not None:
            amount, name = payment.amount.minor, kind.speaker.name
            forged += [
                genuine.partition(name)[0],
                kind.speaker.told(payment.merchant_reference, amount, secret="0F" * 16),
                kind.speaker.told("SVNOBODYKNOW", amount, secret="0F" * 16),
            ]
        else:
            token = (payment.checkout_reference or "").encode()
            forged = [b"token=143000-0", b"token=" + token + b"&token=" + token, b"token=" + token[:-1]]

        with nothing_moves(stand.shop):
            shown = {page(stand.door.back(query)) for query in forged}

        assert len(shown) == 1
        stand.door.ipn(genuine)
        work(stand)
        is_paid_once(stand, payment)

    def test_CHN_04_never_seen_the_ipn_completes_the_order_once(self, stand: Stand) -> None:
        payment = stand.pays()

        for _ in range(3):
            stand.door.ipn(stand.tells(payment))
            work(stand)

        is_paid_once(stand, payment)

    def test_CHN_09_shows_a_stranger_neither_the_order_nor_that_it_is_there(self, stand: Stand) -> None:
        """Whoever has no genuine message sees one page, whatever number or link he guesses."""
        payment = stand.hands_over()
        token = stand.shop.payport.order(payment.order_number).token
        guesses = (token, token[:-1], payment.order_number, payment.merchant_reference, "SVNOBODYKNOW")

        shown = {page(stand.door.back(f"order={guess}&token={guess}".encode())) for guess in guesses}

        assert len(shown) == 1


class TestWhatAForgerLearns:
    def test_SEC_05_no_reference_from_another_at_either_door(self, stand: Stand, kind: Kind) -> None:
        """One that is open, one that is paid, one that nobody issued."""
        paid, pending = stand.pays(), stand.hands_over()
        stand.door.ipn(stand.tells(paid))
        work(stand)
        references = (pending.merchant_reference, paid.merchant_reference, "SVNOBODYKNOW")

        for knock in (stand.door.ipn, stand.door.back):
            shown = {page(knock(self.forged(kind, reference))) for reference in references}
            assert len(shown) == 1

    def forged(self, kind: Kind, reference: str) -> bytes:
        if kind.speaker is None:
            return f"error_code=00&token=143000-0&order_code={reference}".encode()
        return kind.speaker.told(reference, 1_100_000, secret="0F" * 16)


class TestNoIpn:
    def test_CHN_05_the_poller_completes_the_payment_once(self, stand: Stand) -> None:
        payment = stand.pays()

        for _ in range(4):
            work(stand, minutes=17)

        is_paid_once(stand, payment)

    def test_CHN_05_a_silent_gateway_is_asked_on_a_growing_schedule_to_its_end(self, stand: Stand) -> None:
        payment = stand.pays()
        stand.falls_silent()
        asks: list[int] = []
        for minute in (*range(1, 120, 3), *range(120, 60 * 60, 30)):
            stand.shop.clock.now = payment.handed_over_at + timedelta(minutes=minute)
            asks += [minute] * stand.shop.payport.work().asked

        waits = [later - sooner for sooner, later in pairwise(asks)]
        assert 5 <= len(asks) <= 60
        assert waits[0] <= 9
        assert min(waits[-5:]) >= 57 > max(waits[:2])
        unpaid = stand.shop.payment(payment)
        assert unpaid.received.minor == 0
        assert unpaid.state is State.PENDING or Flag.UNASKED in unpaid.flags

        stand.falls_silent(silent=False)
        stand.door.ipn(stand.tells(payment))
        work(stand)
        assert stand.shop.payment(payment).state is State.SUCCEEDED
        assert stand.shop.payment(payment).received == payment.amount


class TestAFaultInside:
    @pytest.mark.parametrize("step", ["effect", "add_grant", "judge"])
    def test_CHN_06_leaves_nothing_half_done_and_the_next_message_completes_it(
        self, step: str, stand: Stand, kind: Kind, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        payment = stand.pays()
        query = stand.tells(payment)
        before = everything_but_callbacks(stand.shop)

        with monkeypatch.context() as broken:
            broken.setattr(settling, step, _raises(ZeroDivisionError("a secret")))
            answer = stand.door.ipn(query)
            if kind.speaker is None:
                work(stand)  # the ask that the hint led to

        if kind.speaker is not None:
            assert (answer.status, answer.body) == kind.speaker.try_again
            assert everything_but_callbacks(stand.shop) == before
        assert stand.shop.payment(payment).received.minor == 0
        assert stand.shop.payport.entitlement("binh-minh").state is Holding.NONE
        stand.door.ipn(query)
        work(stand, minutes=20)
        is_paid_once(stand, payment)

    def test_CHN_06_of_the_database_is_answered_call_again(
        self, stand: Stand, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        payment = stand.pays()
        query = stand.tells(payment)

        with monkeypatch.context() as broken, nothing_moves(stand.shop):
            full = OperationalError("SELECT", {}, Exception("disk is full"))
            broken.setattr(receiving, "locked_payment", _raises(full))
            answer = stand.door.ipn(query)

        again = stand.shop.payport.seller.account(stand.account).ready.info.answers.try_again
        assert (answer.status, answer.body) == (again.status, again.body)
        stand.door.ipn(query)
        work(stand)
        is_paid_once(stand, payment)


class TestALyingAnswer:
    """To our own question, rightly signed where the gateway signs."""

    @pytest.fixture(params=SPEAKERS, ids=str)
    def speaker(self, request: pytest.FixtureRequest) -> Speaker:
        chosen: Speaker = request.param
        return chosen

    @pytest.fixture
    def bank(self) -> Iterator[FakeBank]:
        with fake_bank() as bank:
            yield bank

    @pytest.fixture
    def asking(
        self, speaker: Speaker, bank: FakeBank, open_seller: Callable[..., Shop]
    ) -> Callable[..., Payment]:
        """A payment, after the gateway was asked about it and said this."""
        site = Site(open_seller(**speaker.configuration(bank.url)), speaker)

        def ask(make: Callable[[Payment], bytes], payment: Payment | None = None) -> Payment:
            asked = payment or site.pay(site.shop.order(f"khach-{len(bank.asked)}"))
            bank.says(make(asked))
            site.shop.clock.forward(minutes=20)
            site.shop.payport.ask(asked.merchant_reference)
            return site.payment(asked)

        self.site = site
        return ask

    def test_CHN_08_about_another_payment_says_nothing(
        self, speaker: Speaker, bank: FakeBank, asking: Callable[..., Payment]
    ) -> None:
        for place, lie in enumerate(
            [
                {speaker.reference: "SVSOMEBODYEL"},
                {speaker.reference: ""},
                {speaker.merchant: "OTHERTMN"},
                {speaker.amount: ""},
                {speaker.amount: "0"},
                {speaker.amount: "-110000000"},
                {speaker.amount: "1.1e8"},
                {speaker.code: ""},
            ],
            1,
        ):
            said = asking(lambda it, lie=lie: speaker.answer(it.merchant_reference, it.amount.minor, **lie))

            assert len(bank.asked) == place
            assert said.state in {State.PENDING, State.REVIEW}, lie
            assert said.received.minor == 0, lie
            assert self.site.holds_nothing(said.account)

    @pytest.mark.parametrize("amount", [1_099_999, 5_000, 110_000_000])
    def test_CHN_08_about_another_amount_goes_to_review(
        self, amount: int, speaker: Speaker, asking: Callable[..., Payment]
    ) -> None:
        said = asking(lambda it: speaker.answer(it.merchant_reference, amount))

        assert said.state is State.REVIEW
        assert Flag.AMOUNT in said.flags
        assert self.site.holds_nothing(said.account)

    def test_CHN_08_that_is_not_whole_or_not_proven_says_nothing_and_a_whole_one_pays(
        self, speaker: Speaker, asking: Callable[..., Payment]
    ) -> None:
        def truth(it: Payment, *, signed: bool = True) -> bytes:
            return speaker.answer(it.merchant_reference, it.amount.minor, signed=signed)

        spoilt: list[Callable[[Payment], bytes]] = [
            lambda it: truth(it)[: len(truth(it)) // 2],
            lambda _: b"",
            lambda _: b"<html>502 Bad Gateway</html>",
            lambda it: truth(it) + b"\x00",
            lambda it: truth(it).decode().encode("utf-16"),
            lambda it: b"\xff" + truth(it),
        ]
        if speaker not in LEGACY:
            spoilt += [
                lambda it: truth(it, signed=False),
                lambda it: truth(it).replace(b"Thanh", b"thanh").replace(b"QueryDR", b"queryDR"),
            ]
        payment = self.site.pay()
        for make in spoilt:
            said = asking(make, payment)
            assert (said.state, said.received.minor, said.flags) == (State.PENDING, 0, frozenset())

        assert asking(truth, payment).state is State.SUCCEEDED


class TestAnAddressThatIsOnlySaid:
    """The core keeps no list of addresses: a signature, or our own question, is the only proof."""

    HOPS = tuple(
        (name, address)
        for name in (
            b"x-forwarded-for", b"x-real-ip", b"forwarded", b"true-client-ip", b"cf-connecting-ip",
            b"x-client-ip", b"client-ip", b"x-originating-ip", b"via",
        )
        for address in (
            b"113.160.92.202", b"127.0.0.1", b"::1", b"::ffff:127.0.0.1", b"for=113.160.92.202;proto=https",
            b"203.0.113.9, 10.0.0.1, 113.160.92.202", b"'; DROP TABLE payments; --",
        )
    )  # fmt: skip

    def test_CHN_10_opens_no_door_to_a_forger(self, stand: Stand, kind: Kind) -> None:
        payment = stand.pays()
        if kind.speaker is None:
            forged = b"error_code=00&token=143000-0&order_code=" + payment.merchant_reference.encode()
        else:
            amount = payment.amount.minor
            forged = kind.speaker.told(payment.merchant_reference, amount, secret="0F" * 16)
        expected = page(stand.door.ipn(forged)), page(stand.door.back(forged))

        with nothing_moves(stand.shop):
            for hop in self.HOPS:
                shown = stand.door.ipn(forged, headers=[hop]), stand.door.back(forged, headers=[hop])
                assert tuple(map(page, shown)) == expected, hop

    def test_CHN_10_shuts_none_to_the_gateway(self, stand: Stand) -> None:
        payment = stand.pays()
        headers = [hop for hop in self.HOPS if hop[1] == b"127.0.0.1"]

        stand.door.ipn(stand.tells(payment), headers=headers)
        work(stand)

        is_paid_once(stand, payment)


def _raises(error: Exception) -> Callable[..., None]:
    def step(*_: object, **__: object) -> None:
        raise error

    return step
