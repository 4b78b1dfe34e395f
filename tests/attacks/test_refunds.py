"""REF-01 to REF-07 and REF-11, DEL-02, DEL-13, PLG-08: money that goes back, once, and never too much."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from payport.errors import RefundTooLarge, RequestRefused
from payport.gateways.flow import Called, drive
from payport.gateways.observers import Observer, Observers, RefundSettled
from payport.gateways.types import RefundReport
from payport.rules.entitlement import State as Held
from payport.rules.money import Money, vnd
from payport.rules.order import State as OrderState
from payport.rules.payment import Payment, move
from payport.rules.payment import State as PaymentState
from payport.rules.refund import Refund, State
from payport.service import refunding
from payport.storage.payment_records import save_payment
from tests.support.at_once import at_once
from tests.support.refund_bank import honest
from tests.support.refund_shop import BY, YEAR, RefundShop, refund_shop
from tests.support.refunders import POINTS, refund_and_die, refund_at_once
from tests.support.unmoved import nothing_moves

TOTAL = vnd(1_100_000)
MOST = vnd(660_000)  # 60 %


@pytest.fixture
def giving(database_url: str, tmp_path: Path) -> Iterator[RefundShop]:
    with refund_shop(tmp_path, database_url) as opened:
        yield opened


def unknown(giving: RefundShop, payment: Payment, amount: Money | None = None) -> Refund:
    """Done by the bank, and nobody heard of it."""
    giving.bank.loses_the_answer()
    refund = giving.refund(payment, amount)
    giving.bank.says = honest
    assert refund.state is State.UNKNOWN
    return refund


class TestMoreThanWasPaid:
    def test_REF_01_by_one_dong_is_refused_with_what_is_left(self, giving: RefundShop) -> None:
        payment = giving.paid()

        with nothing_moves(giving.shop), pytest.raises(RefundTooLarge) as error:
            giving.refund(payment, vnd(1_100_001))

        assert (error.value.field, error.value.remedy) == ("amount", "Refund 1,100,000 VND or less")
        assert giving.bank.calls == []

    def test_REF_01_by_two_parts_that_pass_the_sum_is_refused(self, giving: RefundShop) -> None:
        payment = giving.paid()
        giving.refund(payment, MOST)

        with nothing_moves(giving.shop), pytest.raises(RefundTooLarge, match="440,000 VND left"):
            giving.refund(payment, vnd(440_001))

        assert giving.refund(payment, vnd(440_000)).state is State.SUCCEEDED
        with pytest.raises(RequestRefused, match="nothing of it is left"):
            giving.refund(payment, vnd(1))

    def test_REF_01_after_an_unknown_one_is_refused_as_that_may_have_gone(self, giving: RefundShop) -> None:
        payment = giving.paid()
        lost = unknown(giving, payment, MOST)

        with pytest.raises(RefundTooLarge, match="440,000 VND left"):
            giving.refund(payment, vnd(440_001))
        giving.shop.payport.settle_refund(lost.reference, "failed", **BY)

        assert giving.refund(payment).amount == TOTAL

    def test_REF_01_by_hand_is_refused_too(self, giving: RefundShop) -> None:
        payment = giving.paid()

        with nothing_moves(giving.shop), pytest.raises(RefundTooLarge):
            giving.by_hand(payment, vnd(1_100_001))


class TestTwentyRefundsOf60PercentAtOnce:
    def test_REF_02_by_threads_pass_once_and_the_gateway_sees_one_call(self, giving: RefundShop) -> None:
        payment = giving.paid()

        results = at_once(*[partial(giving.refund, payment, MOST) for _ in range(20)])

        done = [one for one in results if isinstance(one, Refund)]
        assert [one.state for one in done] == [State.SUCCEEDED]
        assert [type(one) for one in results if not isinstance(one, Refund)] == [RefundTooLarge] * 19
        assert len(giving.bank.sent) == 1

    def test_REF_02_by_two_processes_pass_once_and_are_sent_once(self, giving: RefundShop) -> None:
        payment = giving.paid()

        came_to = refund_at_once(
            giving.shop.folder / "payport.toml",
            giving.site,
            payment.merchant_reference,
            MOST,
            [f"key-{number}" for number in range(20)],
            at=giving.shop.clock(),
        )

        assert sorted(came_to) == [*["amount"] * 19, "succeeded"]
        assert len(giving.bank.sent) == 1


class TestATimeOut:
    """The gateway executes, the answer is lost."""

    def test_REF_03_is_unknown_and_asked_again_by_hand_gives_the_same_without_a_call(
        self, giving: RefundShop
    ) -> None:
        payment = giving.paid()
        giving.bank.loses_the_answer()
        first = giving.refund(payment, key="form-a")

        again = giving.refund(payment, key="form-a")

        assert first == again
        assert (first.state, len(giving.bank.sent)) == (State.UNKNOWN, 1)
        assert giving.order(payment).state is OrderState.PAID
        assert giving.customer().held.state is Held.ACTIVE

    def test_REF_03_is_settled_by_the_workers_question_under_the_same_key(self, giving: RefundShop) -> None:
        payment = giving.paid()
        refund = unknown(giving, payment)
        giving.shop.clock.forward(minutes=2)

        report = giving.shop.payport.work()

        assert (report.refunds, len(giving.bank.sent)) == (1, 1)
        assert giving.bank.asked == [giving.bank.sent[0]]
        assert giving.now(refund).state is State.SUCCEEDED
        assert giving.order(payment).state is OrderState.REFUNDED
        assert giving.shop.payport.work().refunds == 0

    def test_REF_03_stays_unknown_as_long_as_nobody_can_say(self, giving: RefundShop) -> None:
        refund = unknown(giving, giving.paid())
        giving.bank.says_of = lambda fields: b"<html>502</html>"

        for _ in range(5):
            giving.shop.clock.forward(days=1)
            giving.shop.payport.work()

        assert giving.now(refund).state is State.UNKNOWN
        assert len(giving.bank.sent) == 1
        assert len(giving.bank.asked) <= 3
        assert giving.left(giving.shop.payport.order(refund.order_number).payments[0]) == vnd(0)

    @pytest.mark.parametrize(
        ("outcome", "order"), [("succeeded", OrderState.REFUNDED), ("failed", OrderState.PAID)]
    )
    def test_REF_03_is_settled_once_by_a_named_person(
        self, giving: RefundShop, outcome: str, order: OrderState
    ) -> None:
        payment = giving.paid()
        refund = unknown(giving, payment)

        settled = giving.shop.payport.settle_refund(refund.reference, outcome, **BY)

        assert (settled.state, settled.closed_by) == (outcome, BY["actor"])
        assert giving.order(payment).state is order
        with nothing_moves(giving.shop), pytest.raises(RequestRefused, match=f"it is {outcome} already"):
            giving.shop.payport.settle_refund(refund.reference, "succeeded", **BY)

    def test_REF_03_that_never_left_fails_and_frees_its_money(self, giving: RefundShop) -> None:
        """VNPAY's address answers nothing here: not a byte left."""
        order = giving.customer().places(YEAR)
        payment = giving.shop.pay(order)
        giving.customer().pays(payment)

        refund = giving.refund(payment)

        assert refund.state is State.FAILED
        assert giving.left(payment) == TOTAL


class TestACrash:
    @pytest.mark.parametrize("point", POINTS)
    def test_REF_03_never_sends_twice_and_leaves_nothing_unseen(self, giving: RefundShop, point: str) -> None:
        payment = giving.paid()

        refund_and_die(
            giving.shop.folder / "payport.toml",
            giving.site,
            payment.merchant_reference,
            MOST,
            "form-a",
            at=giving.shop.clock(),
            point=point,
        )

        refunds = giving.shop.payport.refunds(payment.order_number).rows
        if point == "before it is reserved":
            assert (refunds, giving.bank.calls) == ((), [])
            return
        sent = len(giving.bank.sent)
        assert sent == (point != "before it is sent")
        [refund] = refunds
        assert refund.state is (State.SUCCEEDED if point == "after the answer is kept" else State.REQUESTED)
        assert giving.refund(payment, MOST, key="form-a", actor="lan").state is refund.state
        assert giving.left(payment) == TOTAL - MOST
        giving.bank.says_of = honest if sent else lambda fields: honest(fields, status="failed")
        for _ in range(3):
            giving.shop.clock.forward(minutes=2)
            giving.shop.payport.work()
        assert len(giving.bank.sent) == sent
        assert giving.now(refund).state is (State.SUCCEEDED if sent else State.FAILED)

    def test_REF_03_of_the_sender_makes_it_unknown_before_anybody_is_asked(self, giving: RefundShop) -> None:
        payment = giving.paid()
        begun = begin(giving, payment)
        giving.bank.says_of = lambda fields: b""

        giving.shop.clock.forward(seconds=59)
        giving.shop.payport.work()
        early = giving.now(begun.refund).state
        giving.shop.clock.forward(seconds=1)
        giving.shop.payport.work()

        found = giving.now(begun.refund)
        assert (early, found.state) == (State.REQUESTED, State.UNKNOWN)
        assert found.problem == "nobody came back from sending it: it may have been sent"
        assert len(giving.bank.asked) == 1  # in the round in which it became unknown

    def test_REF_03_that_was_none_takes_its_answer_late_and_once(self, giving: RefundShop) -> None:
        """A machine stood still for an hour, and goes on."""
        payment = giving.paid()
        begun = begin(giving, payment)
        giving.bank.says_of = lambda fields: b""
        giving.shop.clock.forward(hours=1)
        giving.shop.payport.work()

        called = send(giving, begun)
        after = conclude(giving, begun, called)

        assert (after.state, len(giving.bank.sent)) == (State.SUCCEEDED, 1)
        assert conclude(giving, begun, called) == after


def begin(giving: RefundShop, payment: Payment) -> refunding.Begun:
    """As far as the first commit: nothing is sent."""
    payport = giving.shop.payport
    asked = refunding.RefundRequest(
        merchant_reference=payment.merchant_reference,
        amount=None,
        key="form-a",
        lines=(),
        of=None,
        by_hand=False,
        gateway_reference=None,
        seen_left=None,
        **BY,
    )
    return payport.seller.database.transaction(
        lambda connection: refunding.prepare(connection, payport.seller, asked)
    )


def send(giving: RefundShop, begun: refunding.Begun) -> Called[RefundReport]:
    assert begun.flow is not None
    assert begun.account is not None
    return drive(begun.flow, client=giving.shop.payport._client, account=begun.account, kind="refund")


def conclude(giving: RefundShop, begun: refunding.Begun, called: Called[RefundReport]) -> Refund:
    seller = giving.shop.payport.seller
    return seller.database.transaction(
        lambda connection: refunding.conclude(connection, seller, begun, called)
    ).after


class TestAnAmountThatIsNone:
    @pytest.mark.parametrize(
        "amount", [vnd(0), vnd(-1), Money(1, "USD"), 0, -1, 0.5, 1.0, True, "1", b"1"], ids=repr
    )
    def test_REF_04_is_refused_naming_it(self, giving: RefundShop, amount: Any) -> None:
        payment = giving.paid()

        for way in (giving.refund, giving.by_hand):
            with nothing_moves(giving.shop), pytest.raises(RequestRefused) as error:
                way(payment, amount)
            assert error.value.field == "amount"
        assert giving.bank.calls == []

    @pytest.mark.parametrize("minor", [True, 0.5, 1.0, "1"])
    def test_REF_04_is_no_money_at_all_where_it_is_no_integer(self, minor: Any) -> None:
        with pytest.raises(ValueError, match="should be a valid integer"):
            Money(minor, "VND")

    @pytest.mark.parametrize("amount", [vnd(0), vnd(-1), Money(5, "USD"), 5, 0.5, True], ids=repr)
    def test_REF_04_is_refused_when_a_person_settles_too(self, giving: RefundShop, amount: Any) -> None:
        refund = unknown(giving, giving.paid())

        with nothing_moves(giving.shop), pytest.raises(RequestRefused) as error:
            giving.shop.payport.settle_refund(refund.reference, "succeeded", amount=amount, **BY)

        assert error.value.field == "amount"


class TestAPaymentThatHasNothingToGiveBack:
    @pytest.mark.parametrize("state", ["pending", "failed", "expired", "review"])
    def test_REF_05_is_refused_with_its_state(self, giving: RefundShop, state: str) -> None:
        payment = giving.begins()
        if state == "failed":
            giving.paying.ipn(payment, status="failed")
        elif state == "review":
            giving.paying.ipn(payment, payment.amount.minor - 1)
        elif state == "expired":
            expire(giving, payment)
        assert giving.shop.payment(payment).state == state

        for way in (giving.refund, giving.by_hand):
            with nothing_moves(giving.shop), pytest.raises(RequestRefused, match=f"it is {state}"):
                way(payment)
        assert giving.bank.sent == []
        assert giving.left(payment) == vnd(0)


def expire(giving: RefundShop, payment: Payment) -> None:
    giving.shop.payport.seller.database.transaction(
        lambda connection: save_payment(
            connection,
            payment,
            move(payment, PaymentState.EXPIRED),
            at=giving.shop.clock(),
            because="its window has closed",
        )
    )


FOREIGN = [
    {"merchant": "ANOTHER1"},
    {"order_ref": "SVNOTTHERE22"},
    {"refund_ref": "SVNOTTHERE22"},
]


class TestAForgedOrForeignReport:
    """The gateway's answers are not signed here; those of a plugin that verifies are rejected before."""

    @pytest.mark.parametrize("changes", FOREIGN, ids=str)
    @pytest.mark.parametrize("status", ["paid", "waiting", "failed", "disputed"])
    def test_REF_06_is_not_believed_and_a_person_is_told(
        self, giving: RefundShop, changes: Mapping[str, str], status: str
    ) -> None:
        payment = giving.paid()
        giving.bank.always(status=status, **changes)

        refund = giving.refund(payment)

        assert refund.state is State.UNKNOWN
        assert "was not believed" in (refund.problem or "")
        assert refund.gateway_reference is None
        assert giving.order(payment).state is OrderState.PAID

    @pytest.mark.parametrize("changes", FOREIGN, ids=str)
    @pytest.mark.parametrize("status", ["paid", "failed"])
    def test_REF_06_as_answer_to_a_question_changes_no_state(
        self, giving: RefundShop, changes: Mapping[str, str], status: str
    ) -> None:
        refund = unknown(giving, giving.paid())
        giving.bank.says_of = lambda fields: honest(fields, status=status, **changes)
        giving.shop.clock.forward(minutes=2)

        assert giving.shop.payport.ask_refund(refund.reference)

        assert giving.now(refund).state is State.UNKNOWN

    def test_REF_06_with_the_name_of_another_refund_or_payment_is_not_believed(
        self, giving: RefundShop
    ) -> None:
        payment, other = giving.paid(), giving.paid(account="hai")
        done = giving.refund(other, vnd(1_000))

        for name in (done.gateway_reference, other.gateway_reference):
            giving.bank.always(txn=name)
            assert giving.refund(payment, vnd(1_000)).state is State.UNKNOWN

    def test_REF_06_with_another_name_than_before_is_not_believed(self, giving: RefundShop) -> None:
        payment = giving.paid()
        giving.bank.always(status="waiting")
        refund = giving.refund(payment)
        giving.bank.says_of = lambda fields: honest(fields, txn="R-another")
        giving.shop.clock.forward(minutes=2)

        giving.shop.payport.work()

        assert (refund.state, giving.now(refund).state) == (State.SUBMITTED, State.UNKNOWN)
        assert giving.now(refund).gateway_reference == refund.gateway_reference

    def test_REF_06_that_names_the_payment_itself_is_no_name_of_the_refund(self, giving: RefundShop) -> None:
        payment = giving.paid()
        giving.bank.always(txn=payment.gateway_reference)

        parts = [giving.refund(payment, vnd(1_000)) for _ in range(2)]

        assert [(part.state, part.gateway_reference) for part in parts] == [(State.SUCCEEDED, None)] * 2


class TestADoubleClick:
    def test_REF_07_on_one_form_makes_one_refund(self, giving: RefundShop) -> None:
        payment = giving.paid()

        results = at_once(*[partial(giving.refund, payment, vnd(1_000), key="form-a") for _ in range(10)])

        assert {one.reference for one in results} == {giving.order(payment).refunds[0].reference}
        assert (len(giving.order(payment).refunds), len(giving.bank.sent)) == (1, 1)

    def test_REF_07_by_two_operators_is_refused_for_the_one_whose_form_is_old(
        self, giving: RefundShop
    ) -> None:
        payment = giving.paid()
        left = giving.left(payment)

        results = at_once(
            *[
                partial(giving.refund, payment, vnd(1_000), seen_left=left, actor=actor)
                for actor in ("lan", "minh", "hoa")
            ]
        )

        assert [type(one) for one in results].count(Refund) == 1
        assert {one.field for one in results if isinstance(one, RequestRefused)} == {"seen_left"}
        assert len(giving.bank.sent) == 1

    @pytest.mark.parametrize(
        "other",
        [
            {"amount": vnd(2_000)},
            {"reason": "another one"},
            {"actor": "minh"},
            {"of": "surplus"},
            {"lines": (0,)},
            {"by_hand": True, "gateway_reference": "FT1"},
        ],
        ids=str,
    )
    def test_REF_07_with_the_key_of_another_is_refused_and_the_first_stays(
        self, giving: RefundShop, other: dict[str, Any]
    ) -> None:
        payment, of_another = giving.paid(), giving.paid(account="hai")
        first = giving.refund(payment, vnd(1_000), key="form-a")

        with nothing_moves(giving.shop), pytest.raises(RequestRefused, match=first.reference) as error:
            giving.refund(payment, **{"amount": vnd(1_000), "key": "form-a", **other})

        assert error.value.field == "key"
        with nothing_moves(giving.shop), pytest.raises(RequestRefused, match="merchant_reference"):
            giving.refund(of_another, vnd(1_000), key="form-a")

    def test_REF_07_again_without_an_amount_gives_that_refund_and_moves_nothing(
        self, giving: RefundShop
    ) -> None:
        payment = giving.paid()
        first = giving.refund(payment, vnd(1_000), key="form-a")

        with nothing_moves(giving.shop):
            assert giving.refund(payment, key="form-a") == first

    def test_REF_07_after_a_year_is_still_the_same_refund(self, giving: RefundShop) -> None:
        payment = giving.paid()
        first = giving.refund(payment, vnd(1_000), key="form-a")
        giving.shop.clock.forward(days=400)

        assert giving.refund(payment, vnd(1_000), key="form-a") == first
        assert giving.refund(payment, vnd(1_000), key="form-b").reference != first.reference


class TestAGatewayThatRefundsAnotherAmount:
    @pytest.mark.parametrize(("said", "left"), [(90_000, 1_000_000), (110_000, 990_000)])
    def test_REF_11_leaves_it_to_a_person_and_counts_the_larger(
        self, giving: RefundShop, said: int, left: int
    ) -> None:
        payment = giving.paid()
        giving.bank.always(amount=said)

        refund = giving.refund(payment, vnd(100_000))

        assert (refund.state, refund.reported) == (State.UNKNOWN, vnd(said))
        assert (
            refund.problem == f"the gateway says that {vnd(said)} went back, and 100,000 VND were asked for"
        )
        assert giving.left(payment) == vnd(left)
        assert giving.order(payment).state is OrderState.PAID

    @pytest.mark.parametrize("status", ["failed", "waiting"])
    def test_REF_11_is_not_believed_where_it_says_that_nothing_went_back_yet(
        self, giving: RefundShop, status: str
    ) -> None:
        payment = giving.paid()
        giving.bank.always(status=status, amount=90_000)

        refund = giving.refund(payment, vnd(100_000))

        assert (refund.state, refund.reported) == (State.UNKNOWN, None)
        assert "another amount" in (refund.problem or "")
        assert giving.left(payment) == vnd(1_000_000)

    @pytest.mark.parametrize(
        ("real", "left"), [(90_000, 1_010_000), (110_000, 990_000), (100_000, 1_000_000)]
    )
    def test_REF_11_is_settled_with_the_real_figure(self, giving: RefundShop, real: int, left: int) -> None:
        payment = giving.paid()
        giving.bank.always(amount=90_000)
        refund = giving.refund(payment, vnd(100_000))

        with pytest.raises(RequestRefused, match="the gateway said 90,000 VND"):
            giving.shop.payport.settle_refund(refund.reference, "succeeded", **BY)
        settled = giving.shop.payport.settle_refund(refund.reference, "succeeded", amount=vnd(real), **BY)

        assert (settled.amount, settled.spent) == (vnd(100_000), vnd(real))
        assert giving.left(payment) == vnd(left)
        assert giving.order(payment).state is OrderState.PARTLY_REFUNDED

    def test_REF_11_never_settles_for_more_than_came_in(self, giving: RefundShop) -> None:
        payment = giving.paid()
        giving.bank.always(amount=1_200_000)
        refund = giving.refund(payment)

        with nothing_moves(giving.shop), pytest.raises(RefundTooLarge):
            giving.shop.payport.settle_refund(refund.reference, "succeeded", amount=vnd(1_200_000), **BY)
        assert giving.left(payment) == vnd(0)

    @pytest.mark.parametrize("then", [{"status": "paid"}, {"status": "failed"}], ids=str)
    def test_REF_11_is_settled_by_no_later_word_of_the_gateway(
        self, giving: RefundShop, then: dict[str, str]
    ) -> None:
        payment = giving.paid()
        giving.bank.says = lambda fields: honest(fields, amount=90_000)
        refund = giving.refund(payment, vnd(100_000))
        giving.bank.says_of = lambda fields: honest(fields, **then)
        giving.shop.clock.forward(minutes=2)

        giving.shop.payport.work()

        assert (giving.now(refund).state, giving.now(refund).reported) == (State.UNKNOWN, vnd(90_000))


class TestOneNameForTwoRefunds:
    def test_REF_06_is_the_first_ones_and_the_other_is_for_a_person(self, giving: RefundShop) -> None:
        """At one moment, of two buyers: no lock of an account stands between them."""
        for number in range(5):
            payments = [giving.paid(account=f"khach-{number}-{one}") for one in range(2)]
            giving.bank.always(txn=f"R-{number}")

            came_to = at_once(*[partial(giving.refund, payment) for payment in payments])

            first, other = sorted(came_to, key=lambda refund: refund.state)
            assert (first.state, other.state) == (State.SUCCEEDED, State.UNKNOWN)
            assert other.problem == "the gateway's answer has another gateway reference: it was not believed"

    def test_REF_06_that_two_people_give_at_one_moment_is_refused_to_one_of_them(
        self, giving: RefundShop
    ) -> None:
        for number in range(5):
            payments = [giving.paid(account=f"khach-{number}-{one}") for one in range(2)]

            came_to = at_once(
                *[partial(giving.by_hand, payment, gateway_reference=f"FT-{number}") for payment in payments]
            )

            assert sorted(type(one).__name__ for one in came_to) == ["Refund", "RequestRefused"]
            (refused,) = [one for one in came_to if isinstance(one, RequestRefused)]
            assert refused.field == "gateway_reference"

    def test_REF_07_one_key_for_two_payments_at_one_moment_is_one_refund(self, giving: RefundShop) -> None:
        for number in range(5):
            payments = [giving.paid(account=f"khach-{number}-{one}") for one in range(2)]

            came_to = at_once(*[partial(giving.refund, payment, key=f"k-{number}") for payment in payments])

            assert sorted(type(one).__name__ for one in came_to) == ["Refund", "RequestRefused"]
            (refused,) = [one for one in came_to if isinstance(one, RequestRefused)]
            assert "with another merchant_reference" in refused.problem
        assert len(giving.bank.sent) == 5


class TestAReplayAfterARefund:
    def test_DEL_02_of_the_first_success_changes_nothing(self, giving: RefundShop) -> None:
        payment = giving.paid()
        giving.refund(payment)

        with nothing_moves(giving.shop):
            receipt = giving.paying.ipn(payment)

        assert receipt.decision == "already_known"
        assert giving.order(payment).state is OrderState.REFUNDED
        assert giving.customer().held.state is Held.NONE


Event = Callable[[], object]


class TestEventsOutOfOrder:
    """Of up to five; each is refused or taken, and the end is that of the ordered turn."""

    def test_DEL_13_two_refunds_and_replays_in_any_turn_end_alike(self, giving: RefundShop) -> None:
        ends = set()
        for number, turn in enumerate(permutations(range(4))):
            payment = giving.paid(account=f"khach-{number}")
            events: tuple[Event, ...] = (
                partial(giving.refund, payment, vnd(600_000), key=f"{number}-a"),
                partial(giving.refund, payment, vnd(500_000), key=f"{number}-b"),
                partial(giving.refund, payment, vnd(600_000), key=f"{number}-a"),
                partial(giving.paying.ipn, payment),
            )
            for place in turn:
                events[place]()
            order = giving.order(payment)
            held = giving.customer(order.account).held.state
            ends.add((order.state, held, tuple(sorted(r.amount.minor for r in order.refunds))))

        assert ends == {(OrderState.REFUNDED, Held.NONE, (500_000, 600_000))}

    def test_DEL_13_answers_about_two_refunds_in_any_turn_end_alike(self, giving: RefundShop) -> None:
        ends = set()
        for number, turn in enumerate(permutations(range(4))):
            payment = giving.paid(account=f"khach-{number}")
            first = unknown(giving, payment, vnd(600_000))
            second = unknown(giving, payment, vnd(500_000))
            events: tuple[Event, ...] = (
                partial(ask, giving, first, "waiting"),
                partial(ask, giving, first, "paid"),
                partial(ask, giving, second, "paid"),
                partial(giving.paying.ipn, payment),
            )
            for place in turn:
                events[place]()
            order = giving.order(payment)
            reversals = [g for g in giving.customer(order.account).grants if g.kind == "reversal"]
            ends.add((order.state, tuple(r.state for r in order.refunds), len(reversals)))

        assert ends == {(OrderState.REFUNDED, (State.SUCCEEDED, State.SUCCEEDED), 1)}

    def test_DEL_13_a_refund_before_its_success_is_refused_and_the_success_pays(
        self, giving: RefundShop
    ) -> None:
        payment = giving.begins()
        with pytest.raises(RequestRefused):
            giving.refund(payment, key="form-a")

        giving.pays(payment)
        assert giving.order(payment).state is OrderState.PAID
        giving.refund(payment, key="form-a")

        assert giving.order(payment).state is OrderState.REFUNDED


def ask(giving: RefundShop, refund: Refund, status: str) -> None:
    giving.bank.says_of = lambda fields: honest(fields, status=status)
    giving.shop.clock.forward(minutes=2)
    giving.shop.payport.ask_refund(refund.reference)


class TestAPluginThatIsGone:
    @pytest.fixture
    def gone(self, giving: RefundShop) -> RefundShop:
        payment = giving.paid()
        unknown(giving, payment, vnd(100_000))
        account = giving.shop.payport.seller.accounts["bank-main"]
        missing = replace(account, gateway=None, settings=None, missing="no such plugin is installed")
        seller = replace(
            giving.shop.payport.seller,
            accounts={**giving.shop.payport.seller.accounts, "bank-main": missing},
        )
        giving.shop.payport = replace(giving.shop.payport, seller=seller)
        return giving

    def test_PLG_08_is_named_where_money_should_go_back(self, gone: RefundShop) -> None:
        payment = gone.customer().orders[0].payments[0]

        with nothing_moves(gone.shop), pytest.raises(RequestRefused, match="the plugin bank_refund") as error:
            gone.refund(payment)

        assert "by_hand=True" in error.value.remedy
        assert not gone.shop.payport.refundable(payment.merchant_reference).by_gateway

    def test_PLG_08_leaves_its_refunds_to_people(self, gone: RefundShop) -> None:
        [order] = gone.customer().orders
        [refund] = order.refunds
        gone.shop.clock.forward(days=1)

        assert gone.shop.payport.work().refunds == 0
        assert gone.shop.payport.ask_refund(refund.reference) is False
        assert gone.shop.payport.settle_refund(refund.reference, "succeeded", **BY).state is State.SUCCEEDED
        assert gone.by_hand(order.payments[0], vnd(1_000)).state is State.SUCCEEDED


class Heard(Observer):
    def __init__(self) -> None:
        self.facts: list[RefundSettled] = []

    def refund_settled(self, fact: RefundSettled) -> None:
        self.facts.append(fact)


def test_REF_03_observers_hear_of_each_state_once(giving: RefundShop) -> None:
    heard = Heard()
    payport = giving.shop.payport
    giving.shop.payport = replace(payport, seller=replace(payport.seller, observers=Observers([heard])))

    refund = unknown(giving, giving.paid())
    giving.shop.payport.settle_refund(refund.reference, "succeeded", **BY)
    giving.shop.payport.ask_refund(refund.reference)

    assert [(fact.refund_reference, fact.state) for fact in heard.facts] == [
        (refund.reference, "unknown"),
        (refund.reference, "succeeded"),
    ]
