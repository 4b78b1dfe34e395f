"""Acts from the command line: looked at, proposed, approved, done; on SQLite, the core has both databases."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from payport.doors.cli.app import COMMANDS
from payport.doors.cli.today import COMMANDS_OF_NEEDS
from payport.rules.money import vnd
from payport.rules.needs import NeedKind
from payport.rules.order import State as OrderState
from payport.rules.payment import State
from payport.rules.refund import State as RefundState
from tests.support.oracle import check_invariants
from tests.support.refund_shop import RefundShop, refund_shop
from tests.support.shop import Shop
from tests.support.sign import ipn_query
from tests.support.transfers import open_transfers
from tests.support.unmoved import nothing_moves

BY = ("--by", "Lan", "--reason", "the buyer asked for it")
MINH = ("--by", "Minh")


@pytest.fixture
def database_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """Of SQLite alone: commands call verbs, and those have their own tests on both."""
    file = tmp_path / "payport.sqlite"
    shutil.copy(migrated_sqlite, file)
    return f"sqlite:///{file}"


def hour_ago() -> datetime:
    """Commands go by the machine's clock."""
    return datetime.now(UTC) - timedelta(hours=1)


@pytest.fixture
def strict(database_url: str, tmp_path: Path) -> Iterator[RefundShop]:
    """Every act that a policy can name needs two people; a refund above 500,000."""
    names = ("cancel", "adjust", "resolve_order", "chargeback", "close_chargeback", "dismiss", "withdraw")
    policy = "refund = 500_000\n" + "\n".join(f"{name} = true" for name in names)
    with refund_shop(tmp_path, database_url, four_eyes=policy) as opened:
        opened.shop.clock.now = hour_ago()
        yield opened


@pytest.fixture
def plain_shop(shop: Shop) -> Shop:
    shop.clock.now = hour_ago()
    return shop


def in_review(shop: Shop) -> tuple[str, str]:
    """Numbers of an order and of its payment: one đồng more came than was asked for."""
    payment = shop.pay(shop.order())
    shop.ipn(payment, vnd(payment.amount.minor + 1))
    return payment.order_number, payment.merchant_reference


class TestARefundThatNeedsTwoPeople:
    def test_is_refused_by_naming_the_option_then_proposed_and_approved(
        self, cli: Any, strict: RefundShop
    ) -> None:
        payment = strict.paid()
        call = ("refund", payment.merchant_reference, "600,000", *BY)

        with nothing_moves(strict.shop):
            refused = cli(*call)
        proposed = cli(*call, "--propose")

        assert refused.status == 1
        assert refused.err.startswith("actor: this refund of 600,000 VND needs a second person")
        assert refused.err.endswith(
            "Say the same with --propose; another person then does it by `payport proposals approve`.\n"
        )
        assert (proposed.status, strict.bank.sent) == (0, [])
        (waiting,) = strict.shop.payport.proposals()
        assert proposed.lines("proposal") == [f"proposal     {waiting.id}"]

        own = cli("proposals", "approve", waiting.id, "--by", "lan")
        assert (own.status, own.err.partition(":")[0], strict.bank.sent) == (1, "actor", [])
        done = cli("proposals", "approve", waiting.id, *MINH)

        assert done.status == 0
        (refund,) = strict.shop.payport.refunds(payment.order_number)
        assert refund.requested_by == "Lan"
        assert done.lines("approved by") == ["approved by  Minh"]
        assert done.lines(f"refund {refund.reference}") == [
            f"refund {refund.reference} of payment {payment.merchant_reference}, "
            f"order {payment.order_number}: {refund.state}"
        ]
        assert len(strict.bank.sent) == 1
        again = cli("proposals", "approve", waiting.id, "--by", "Hoa")
        assert (again.status, len(strict.bank.sent)) == (1, 1)

    def test_with_its_key_again_is_the_same_proposal(self, cli: Any, strict: RefundShop) -> None:
        call = ("refund", strict.paid().merchant_reference, *BY, "--key", "ticket-812", "--propose")

        first, again = cli(*call), cli(*call)

        assert first.out == again.out
        assert len(strict.shop.payport.proposals()) == 1

    def test_is_looked_at_by_whoever_approves_and_can_be_declined(self, cli: Any, strict: RefundShop) -> None:
        payment = strict.paid()
        cli("refund", payment.merchant_reference, *BY, "--lines", "0", "--key", "secret-key", "--propose")
        (waiting,) = strict.shop.payport.proposals()

        with nothing_moves(strict.shop):
            looked = cli("proposals", "approve", waiting.id, *MINH, "--dry-run")
        listed, machine = cli("proposals"), json.loads(cli("proposals", "list", "--json").out)
        declined = cli("proposals", "decline", waiting.id, *MINH, "--reason", "not agreed")

        assert looked.lines("It takes back line 0: ")[0].endswith(", 1,100,000 VND with tax.")
        assert looked.lines("Order") == [
            f"Order {payment.order_number} is paid, and is refunded then.",
        ]
        assert not looked.lines("It needs a second person")
        assert looked.lines("All of this is") == ["All of this is if the gateway says yes."]
        assert waiting.id in listed.out
        assert "secret-key" not in listed.out
        assert (machine[0]["act"]["act"], machine[0]["amount"]["minor"]) == ("refund", 1_100_000)
        assert "key" not in machine[0]["act"]
        assert declined.lines("declined by") == ["declined by  Minh"]
        assert declined.lines("because") == ["because      not agreed"]
        assert cli("proposals").out == "nothing waits for a second person\n"
        assert "declined by Minh" in cli("proposals", "--all").out
        assert strict.bank.sent == []

    def test_is_shown_with_who_when_and_what_it_would_do_then_why_it_would_not_then_what_became_of_it(
        self, cli: Any, strict: RefundShop
    ) -> None:
        payment = strict.paid()
        cli("refund", payment.merchant_reference, "600,000", *BY, "--key", "secret-key", "--propose")
        (waiting,) = strict.shop.payport.proposals()

        with nothing_moves(strict.shop):
            shown = cli("proposals", "show", waiting.id)
            machine = json.loads(cli("proposals", "show", waiting.id, "--json").out)
        strict.refund(payment, vnd(100_000))
        with nothing_moves(strict.shop):
            stale = cli("proposals", "show", waiting.id)
        cli("proposals", "decline", waiting.id, *MINH, "--reason", "not agreed")
        closed = cli("proposals", "show", waiting.id)

        at = waiting.proposed_at.isoformat(" ", "seconds")
        assert shown.status == 0
        assert shown.lines("proposed ") == ["proposed by  Lan", f"proposed at  {at}"]
        assert shown.lines("what  ")[0].startswith(
            f"what         payment {payment.merchant_reference}, amount "
        )
        assert shown.lines("Order") == [f"Order {payment.order_number} is paid, and is partly refunded then."]
        assert not shown.lines("It needs a second person")
        assert machine["refused_now"] is None
        assert "It is about 600,000 VND." in machine["effect"]
        assert "secret-key" not in shown.out + str(machine)
        assert stale.lines("it would be refused now: seen_left")
        assert not stale.lines("dry run")
        assert closed.lines("declined by") == ["declined by  Minh"]
        assert not closed.lines("dry run")
        assert cli("proposals", "show", "nobody").err.startswith("proposal: no such proposal")
        assert strict.bank.sent == [strict.bank.sent[0]]

    def test_that_its_gateway_refuses_after_the_approval_exits_with_1(
        self, cli: Any, strict: RefundShop, tmp_path: Path
    ) -> None:
        cli("refund", strict.paid().merchant_reference, *BY, "--propose")
        (waiting,) = strict.shop.payport.proposals()
        file = tmp_path / "payport.toml"
        file.write_text(re.sub(re.escape(strict.bank.url), "http://127.0.0.1:9", file.read_text()))

        ran = cli("proposals", "approve", waiting.id, *MINH)

        assert ran.status == 1
        (refund,) = strict.shop.payport.refunds(str(waiting.order_number))
        assert refund.state in {RefundState.FAILED, RefundState.UNKNOWN}


class TestEveryActThatAPolicyCanName:
    def test_can_be_proposed_and_does_nothing_until_then(self, cli: Any, strict: RefundShop) -> None:
        payment, placed = strict.paid(), strict.shop.order("hai").number
        calls = (
            ("cancel", placed),
            ("adjust", payment.account, "--days", "30"),
            ("chargeback", payment.merchant_reference, "1,100,000"),
        )
        for call in calls:
            with nothing_moves(strict.shop):
                refused = cli(*call, *BY)
                looked = cli(*call, *BY, "--dry-run")
            assert (refused.status, "--propose" in refused.err) == (1, True)
            assert looked.lines("It needs a second person: --propose asks for one")
            assert cli(*call, *BY, "--propose").status == 0

        for waiting in reversed(strict.shop.payport.proposals()):
            assert cli("proposals", "approve", waiting.id, *MINH).status == 0

        assert strict.shop.payport.order(placed).state is OrderState.CANCELLED
        (claim,) = strict.shop.payport.chargebacks(payment.order_number)
        assert cli("close-chargeback", claim.reference, "won", *MINH, "--propose").status == 0
        (waiting,) = strict.shop.payport.proposals()
        ended = cli("proposals", "approve", waiting.id, "--by", "Lan")
        assert ended.lines("came of it") == [f"came of it   {claim.reference}"]


class TestAnActThatOnePersonMayDo:
    def test_ends_the_review_of_an_order_as_it_was_shown(self, cli: Any, plain_shop: Shop) -> None:
        number, reference = in_review(plain_shop)
        call = ("resolve", number, "paid", *BY)

        with nothing_moves(plain_shop):
            looked = cli(*call, "--dry-run")
        (shown,) = re.findall(r"^shown (\w{64}):", looked.out, re.MULTILINE)
        with nothing_moves(plain_shop):
            other = cli("resolve", number, "cancelled", *BY, "--shown", shown)
        done = cli(*call, "--shown", shown)

        assert looked.lines("Order") == [f"Order {number} is in review, and is paid then."]
        assert looked.lines("Payment") == [f"Payment {reference} is in review, and is succeeded then."]
        assert looked.lines("It gives ")
        assert looked.lines("It holds then: active: ")
        assert (other.status, other.err.partition(":")[0]) == (1, "shown")
        assert (done.status, done.out) == (
            0,
            f"order {number}: paid, 1,100,001 VND of 1,100,000 VND received\n",
        )
        assert cli(*call).status == 1

    def test_ends_the_review_of_a_payment(self, cli: Any, plain_shop: Shop) -> None:
        payment = plain_shop.pay(plain_shop.order())
        plain_shop.ipn(payment, response="07")

        wrong = cli("resolve", payment.merchant_reference, "succeeded", *BY, "--amount", "1,099,999")
        done = cli("resolve", payment.merchant_reference, "failed", *BY)

        assert (wrong.status, wrong.err.partition(":")[0]) == (1, "amount")
        assert done.lines("payment") == [f"payment {payment.merchant_reference}: failed, 0 VND received"]
        assert plain_shop.payment(payment).state is State.FAILED

    def test_dismisses_money_of_no_order_so_that_nothing_needs_a_person(
        self, cli: Any, plain_shop: Shop
    ) -> None:
        plain_shop.deliver(ipn_query("SVNOBODYKNOW", 500_000, transaction="15000099"))
        before = cli("today", "--json")
        call = ("dismiss", "vnpay-main", "15000099", *BY)

        with nothing_moves(plain_shop):
            looked = cli(*call, "--dry-run")
        done = cli(*call)

        assert (looked.err, looked.lines("It is about")) == ("", ["It is about 500,000 VND."])
        needs = {need["kind"]: need for need in json.loads(before.out)["needs"]}
        assert (before.status, needs["unmatched"]["first"][0]["reference"]) == (1, "15000099")
        assert done.out == "callback 15000099 of vnpay-main: dismissed by Lan\n"
        assert "15000099" not in cli("today").out

    def test_cancels_adjusts_and_records_a_chargeback(self, cli: Any, plain_shop: Shop) -> None:
        payment = plain_shop.pay(plain_shop.order())
        plain_shop.ipn(payment)
        placed = plain_shop.order("hai").number

        assert cli("cancel", placed, *BY).out == f"order {placed}: cancelled\n"
        adjusted = cli("adjust", payment.account, *BY, "--gb", "10")
        claimed = cli("chargeback", payment.merchant_reference, "1,100,000", *BY)
        (claim,) = plain_shop.payport.chargebacks(payment.order_number)
        lost = cli(
            "close-chargeback", claim.reference, "lost", "--by", "Lan", "--reason", "the issuer says so"
        )

        assert adjusted.out.startswith(f"account {payment.account} holds active: ")
        assert "10 GB + 10 GB extra" in adjusted.out
        assert claimed.out.startswith(f"chargeback {claim.reference} of ₫1,100,000 on payment ")
        assert (lost.status, plain_shop.payport.chargebacks(payment.order_number)[0].state) == (0, "lost")

    def test_is_shown_before_money_is_confirmed(self, cli: Any, database_url: str, tmp_path: Path) -> None:
        desk = open_transfers(tmp_path, database_url)
        desk.clock.now = hour_ago()
        number = desk.order().number
        day = (desk.clock.now + timedelta(hours=7)).date().isoformat()
        call = ("confirm", number, "1,100,000", "--on", day, "--bank-reference", "FT1", "--by", "Lan")

        with nothing_moves(desk.shop):
            looked = cli(*call, "--dry-run")

        assert looked.lines("Order") == [f"Order {number} is placed, and is paid then."]
        assert (cli(*call).status, desk.shop.payport.order(number).state) == (0, OrderState.PAID)
        assert cli(*call, "--dry-run", "--json").status == 2
        check_invariants(desk.shop.payport)
        desk.shop.payport.close()

    @pytest.mark.parametrize(
        ("arguments", "status", "field"),
        [
            (("resolve", "NUMBER", "paid", "--amount", "1"), 2, "--amount, --gateway-reference"),
            (("resolve", "NUMBER", "sold"), 2, "OUTCOME"),
            (("resolve", "SVNOTTHERE22", "paid"), 1, "order"),
            (("resolve", "SVNOTTHERE22", "failed"), 1, "merchant_reference"),
            (("cancel", "NUMBER", "--dry-run", "--propose"), 2, "--dry-run, --propose, --shown"),
            (("dismiss", "vnpay-main", "15000098"), 1, "reference"),
            (("adjust", "binh-minh"), 1, "gb"),
            (("close-chargeback", "SVNOTTHERE22", "won"), 1, "chargeback"),
        ],
        ids=str,
    )
    def test_says_what_is_wrong_and_does_nothing(
        self, cli: Any, plain_shop: Shop, arguments: tuple[str, ...], status: int, field: str
    ) -> None:
        number = plain_shop.order().number
        with nothing_moves(plain_shop):
            ran = cli(*(number if each == "NUMBER" else each for each in arguments), *BY)

        assert (ran.status, ran.err.partition(":")[0], ran.out) == (status, field, "")

    @pytest.mark.parametrize("command", ["resolve", "dismiss", "cancel", "adjust", "chargeback"])
    def test_is_done_by_nobody_without_a_name_and_a_reason(self, cli: Any, command: str) -> None:
        arguments = {"resolve": ("A", "paid"), "dismiss": ("A", "B"), "chargeback": ("A", "1")}
        call = (command, *arguments.get(command, ("A",)))

        assert cli(*call, "--reason", "why").err.partition(":")[0] == "--by"
        assert cli(*call, "--by", "Lan").err.partition(":")[0] == "--reason"


class TestFinding:
    def test_gives_orders_and_money_and_names_nobody(self, cli: Any, plain_shop: Shop) -> None:
        payment = plain_shop.pay(plain_shop.order())

        by_name, by_reference = cli("find", "nguyen van"), cli("find", payment.merchant_reference)
        machine = json.loads(cli("find", "1.100.000", "--json").out)

        assert (by_name.status, by_reference.status) == (0, 0)
        assert by_name.lines("order  ")[0].split()[1] == payment.order_number
        assert payment.merchant_reference in by_reference.out
        assert {each["order_number"] for each in machine} == {payment.order_number}
        assert "Nguyễn" not in by_name.out
        assert "example.vn" not in by_name.out

    def test_of_what_is_not_there_exits_with_1(self, cli: Any, plain_shop: Shop) -> None:
        plain_shop.order()

        ran = cli("find", "tran thi khac")

        assert (ran.status, ran.out, ran.err) == (1, "nothing fits\n", "")


class TestToday:
    def test_says_what_came_in_and_what_needs_a_person(self, cli: Any, plain_shop: Shop) -> None:
        payment = plain_shop.pay(plain_shop.order("hai"))
        plain_shop.ipn(payment, transaction="15000077")
        number, _ = in_review(plain_shop)

        ran = cli("today", "--days", "2")

        assert ran.status == 1
        (income,) = (line.split("  ") for line in ran.out.splitlines() if "domestic_card" in line)
        assert [*filter(None, map(str.strip, income))][1:] == [
            "domestic_card",
            "2,200,001 VND",
            "2",
            "0 VND",
            "0",
        ]
        assert ran.lines("first")[0].split()[1] == number
        assert "command     payport resolve ORDER paid|cancelled" in ran.lines("command")

    @pytest.mark.parametrize(
        ("arguments", "status", "field"),
        [(("--day", "30/11/2026"), 2, "--day"), (("--days", "93"), 1, "days")],
        ids=str,
    )
    def test_of_days_that_are_none_says_so(
        self, cli: Any, plain_shop: Shop, arguments: tuple[str, ...], status: int, field: str
    ) -> None:
        plain_shop.order()
        ran = cli("today", *arguments)

        assert (ran.status, ran.err.partition(":")[0]) == (status, field)


def test_every_need_has_a_command_that_is_there() -> None:
    named = {kind: re.findall(r"payport ([a-z-]+)", words) for kind, words in COMMANDS_OF_NEEDS.items()}

    assert {*named} == {str(kind) for kind in NeedKind}
    assert all(commands and {*commands} <= {*COMMANDS} for commands in named.values())
