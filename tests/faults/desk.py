"""Each verb of a seller that writes, brought to where it begins; and what those that read are called with.

`USE_CASES` and `READS` name all verbs of `Payport`, but for `NO_VERBS`: test_lost_races.py compares.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date
from typing import Any, Final

from sqlalchemy import insert

from payport.errors import NotFound
from payport.rules.acts import GiveBack
from payport.rules.money import vnd
from payport.rules.purchase import New
from payport.rules.refund import Refund
from payport.storage import tables as t
from payport.storage.account_records import lock_account
from tests.support.bank_lines import TOTAL, csv_of
from tests.support.bank_shop import accounts_text
from tests.support.catalogs import catalog_text
from tests.support.customer import Customer
from tests.support.ledger_bank import LOST_ANSWER, LedgerBank
from tests.support.paths import METHOD, begin, deliver, give_back
from tests.support.shop import BUYER, Shop
from tests.support.transfers import ACCOUNT, ACCOUNTS, Transfers

__all__ = ["NO_VERBS", "READS", "USE_CASES", "Desk", "configuration_of"]

Begun = Callable[[], Any]
BY: Final = {"actor": "lan", "reason": "by hand"}
YEAR: Final = New(package="standard", months=12)
SUBSCRIBER: Final = "crm"
NO_VERBS: Final[Mapping[str, str]] = {
    "from_config": "reads files alone",
    "migrate": "of an operator, before anything serves",
    "asgi": "gives the doors, which call `receive`",
    "wsgi": "likewise",
    "within": "does each of its verbs in the host's transaction, whose races are the host's",
    "close": "ends the process's part; a count that it cannot store is lost, and no money",
}


def configuration_of(bank: LedgerBank) -> Mapping[str, str]:
    """All that a seller can have: a bank that is asked, transfers that two people confirm, a subscriber."""
    subscriber = f'\n[[subscribers]]\nname = "{SUBSCRIBER}"\n'
    return {
        "accounts": accounts_text("bank_begin", endpoint=bank.url) + ACCOUNTS + subscriber,
        "catalog": catalog_text(policies="four_eyes_above = 1_000_000"),
    }


class Desk:
    """One buyer account, brought to where a use case begins; the use case itself is what is given back."""

    def __init__(self, shop: Shop, bank: LedgerBank, account: str) -> None:
        self.shop, self.bank, self.account, self.payport = shop, bank, account, shop.payport

    def begun(self) -> str:
        return begin(self.payport, self.account)

    def paid(self) -> str:
        reference = self.begun()
        self.bank.buyer_pays(reference)
        deliver(self.payport, self.shop.clock, self.bank.tells(reference))
        return reference

    def order(self) -> str:
        return Customer(self.shop, self.account).orders[0].number

    def in_review(self) -> str:
        """The buyer paid more than the page said: the payment and its order wait for a person."""
        reference = self.begun()
        self.bank.buyer_pays(reference)
        self.bank.paid[reference] += 1
        deliver(self.payport, self.shop.clock, self.bank.tells(reference))
        return reference

    def wanted(self) -> GiveBack:
        paid, key = self.paid(), f"form {self.account}"
        return GiveBack(merchant_reference=paid, amount=vnd(100_000), key=key, reason="by hand")

    def no_proposal(self) -> None:
        with suppress(NotFound):
            self.payport.proposal("nobody's")

    def unknown_refund(self) -> Refund:
        """Its answer was lost; the bank may be asked again."""
        refund = give_back(self.payport, self.paid(), LOST_ANSWER)
        self.shop.clock.forward(minutes=10)
        return refund

    def by_transfer(self) -> str:
        return Transfers(self.shop).order(self.account).number

    def seen_once(self) -> Callable[[str], Any]:
        """A transfer that one person saw, and a second one is about to."""
        number = self.by_transfer()

        def sees(actor: str) -> Any:
            booked_on, name = date(2026, 11, 24), f"FT {self.account}"
            return self.payport.confirm(
                number, vnd(TOTAL), actor=actor, booked_on=booked_on, bank_reference=name
            )

        sees("lan")
        return sees

    def event(self) -> str:
        return self.payport.events(self.account)[0].event.id

    # the use cases, by the verb's name

    def quote(self) -> Begun:
        return lambda: self.payport.quote(self.account, YEAR)

    def place(self) -> Begun:
        quote = self.payport.quote(self.account, YEAR)
        return lambda: self.payport.place(quote, BUYER)

    def pay(self) -> Begun:
        number = self.payport.place(self.payport.quote(self.account, YEAR), BUYER).number
        return lambda: self.payport.pay(number, METHOD, buyer_ip="203.0.113.9")

    def receive(self) -> Begun:
        reference = self.begun()
        self.bank.buyer_pays(reference)
        return lambda: deliver(self.payport, self.shop.clock, self.bank.tells(reference))

    def ask(self) -> Begun:
        reference = self.begun()
        self.bank.buyer_pays(reference)
        return lambda: self.payport.ask(reference)

    def refund(self) -> Begun:
        reference = self.paid()
        return lambda: give_back(self.payport, reference, 100_000)

    def ask_refund(self) -> Begun:
        refund = self.unknown_refund()
        return lambda: self.payport.ask_refund(refund.reference)

    def settle_refund(self) -> Begun:
        refund = self.unknown_refund()
        return lambda: self.payport.settle_refund(refund.reference, "succeeded", **BY)

    def cancel(self) -> Begun:
        self.begun()
        number = self.order()
        return lambda: self.payport.cancel(number, **BY)

    def chargeback(self) -> Begun:
        reference = self.paid()
        return lambda: self.payport.chargeback(reference, vnd(TOTAL), **BY)

    def chargeback_lost(self) -> Begun:
        opened = self.payport.chargeback(self.paid(), vnd(TOTAL), **BY)
        return lambda: self.payport.chargeback_lost(opened.reference, actor="lan")

    def chargeback_won(self) -> Begun:
        opened = self.payport.chargeback(self.paid(), vnd(TOTAL), **BY)
        return lambda: self.payport.chargeback_won(opened.reference, actor="lan")

    def adjust(self) -> Begun:
        self.paid()
        return lambda: self.payport.adjust(self.account, days=3, **BY)

    def report_usage(self) -> Begun:
        self.paid()
        return lambda: self.payport.report_usage(self.account, 1_000, self.shop.clock())

    def start_trial(self) -> Begun:
        return lambda: self.payport.start_trial(self.account)

    def confirm(self) -> Begun:
        """The second person: the money counts now."""
        sees = self.seen_once()
        return lambda: sees("minh")

    def withdraw_confirmation(self) -> Begun:
        self.seen_once()
        number = self.order()
        return lambda: self.payport.withdraw_confirmation(number, f"FT {self.account}", **BY)

    def import_statement(self) -> Begun:
        """Two lines: one pays the order, one is of nobody."""
        transfers, number = Transfers(self.shop), self.by_transfer()
        lines = csv_of(
            [
                transfers.line(number, reference=f"FT1 {self.account}"),
                transfers.line("tien thue nha", reference=f"FT2 {self.account}"),
            ]
        )
        return lambda: self.payport.import_statement(
            lines, gateway_account=ACCOUNT, actor="ke toan", dry_run=False
        )

    def resolve_order(self) -> Begun:
        self.in_review()
        number = self.order()
        return lambda: self.payport.resolve_order(number, "paid", **BY)

    def resolve_payment(self) -> Begun:
        reference = self.in_review()
        return lambda: self.payport.resolve_payment(reference, "succeeded", **BY)

    def dismiss(self) -> Begun:
        self.import_statement()()
        self.payport.seller.database.transaction(lambda connection: lock_account(connection, ""))
        return lambda: self.payport.dismiss(ACCOUNT, f"FT2 {self.account}".replace(" ", "").upper(), **BY)

    def note_errand(self) -> Begun:
        return lambda: self.payport.note_errand("ask", self.account, **BY)

    def rehearse(self) -> Begun:
        """Done, and undone: a race that it loses leaves as little as one that it wins."""
        wanted = self.wanted()
        return lambda: self.payport.rehearse(wanted, actor="lan")

    def perform(self) -> Begun:
        """A refund that is done if it still does what was shown; the bank hears of it once."""
        wanted = self.wanted()
        shown = self.payport.rehearse(wanted, actor="lan").digest
        return lambda: self.payport.perform(wanted, actor="lan", shown=shown)

    def propose(self) -> Begun:
        wanted = self.wanted()
        return lambda: self.payport.propose(wanted, actor="lan")

    def approve(self) -> Begun:
        """A refund: reserved with the approval, then sent, and settled by what the bank says."""
        proposal = self.payport.propose(self.wanted(), actor="lan").id
        return lambda: self.payport.approve(proposal, actor="minh")

    def decline(self) -> Begun:
        proposal = self.payport.propose(self.wanted(), actor="lan").id
        return lambda: self.payport.decline(proposal, **BY)

    def replay(self) -> Begun:
        self.begun()
        event = self.event()
        return lambda: self.payport.replay(event)

    def replay_parked(self) -> Begun:
        self.begun()
        self._park(t.deliveries, t.deliveries.c.account == self.account, state="parked", due_at=None)
        return lambda: self.payport.replay_parked(SUBSCRIBER)

    def resume(self) -> Begun:
        self.begun()
        stopped = insert(t.stopped_subscribers).values(
            subscriber=SUBSCRIBER, at=self.shop.clock(), because="HTTP 410"
        )
        self._run(stopped)
        return lambda: self.payport.resume(SUBSCRIBER)

    def seal(self) -> Begun:
        self.payport.seal()
        self.begun()
        return self.payport.seal

    def unpark(self) -> Begun:
        reference = self.begun()
        self._park(t.payments, t.payments.c.merchant_reference == reference)
        return lambda: self.payport.unpark(reference)

    def erase_buyer(self) -> Begun:
        self.paid()
        return lambda: self.payport.erase_buyer(self.account, **BY)

    def work(self) -> Begun:
        """Once nothing else is due: a payment to ask about, and an order whose time is over."""
        self.shop.clock.forward(days=3)
        self._idle()
        self.payport.place(self.payport.quote(self.account, YEAR), BUYER)
        self.shop.clock.forward(hours=23, minutes=59)
        reference = begin(self.payport, f"{self.account}-2")
        self.bank.buyer_pays(reference)
        self.shop.clock.forward(minutes=6)
        return self._idle

    def _idle(self) -> None:
        while not self.payport.work().idle:
            pass

    def _park(self, table: Any, where: Any, **columns: Any) -> None:
        self._run(table.update().where(where).values(parked_at=self.shop.clock(), **columns))

    def _run(self, statement: Any) -> None:
        self.payport.seller.database.transaction(lambda connection: connection.execute(statement))


USE_CASES: Final[Mapping[str, Callable[[Desk], Begun]]] = {
    name: getattr(Desk, name)
    for name in (
        *("quote", "place", "pay", "receive", "ask", "refund", "ask_refund", "settle_refund", "cancel"),
        *("chargeback", "chargeback_lost", "chargeback_won", "adjust", "report_usage", "start_trial"),
        *("resolve_order", "resolve_payment", "dismiss", "rehearse", "perform", "propose", "approve"),
        *("decline",),
        *("confirm", "withdraw_confirmation", "import_statement", "replay", "replay_parked", "resume"),
        *(
            "unpark",
            "note_errand",
            "seal",
            "erase_buyer",
            "work",
        ),  # the last one moves the clock, and works for all
    )
}
"""By the verb's name."""

READS: Final[Mapping[str, Callable[[Desk, str], Any]]] = {
    "offers": lambda desk, _: desk.payport.offers(desk.account),
    "preview": lambda desk, _: desk.payport.preview("another", YEAR),
    "expected": lambda desk, _: desk.payport.expected(desk.payport.preview("another", YEAR)),
    "find_quote": lambda desk, quote: desk.payport.find_quote(desk.account, quote),
    "methods": lambda desk, _: desk.payport.methods(desk.order()),
    "capabilities": lambda desk, _: desk.payport.capabilities(ACCOUNT),
    "order": lambda desk, _: desk.payport.order(desk.order()),
    "order_by_token": lambda desk, _: desk.payport.order_by_token(desk.payport.order(desk.order()).token),
    "instructions": lambda desk, _: desk.payport.instructions(desk.order()),
    "history": lambda desk, _: desk.payport.history(desk.order()),
    "entitlement": lambda desk, _: desk.payport.entitlement(desk.account),
    "explain": lambda desk, _: desk.payport.explain(desk.account),
    "reload_catalogs": lambda desk, _: desk.payport.reload_catalogs(),
    "require_current": lambda desk, _: desk.payport.require_current(),
    "work_items": lambda desk, _: desk.payport.work_items(),
    "refundable": lambda desk, _: desk.payport.refundable(
        desk.payport.order(desk.order()).payments[-1].merchant_reference
    ),
    "proposal": lambda desk, _: desk.no_proposal(),
    "contract_text": lambda desk, _: desk.payport.contract_text("vnpay-ipn 1.0.0"),
    "timeline": lambda desk, _: desk.payport.timeline(desk.order()),
    "today": lambda desk, _: desk.payport.today(),
    "house": lambda desk, _: desk.payport.house(),
    "what_if": lambda desk, _: desk.payport.what_if(catalog_text()),
    "catalog_faults": lambda desk, _: desk.payport.catalog_faults(catalog_text()),
    "catalog_changes": lambda desk, _: desk.payport.catalog_changes("test-2026", catalog_text=catalog_text()),
    "check_journal": lambda desk, _: desk.payport.check_journal(),
    "proposals": lambda desk, _: desk.payport.proposals(order_number=desk.order()),
    "find": lambda desk, _: desk.payport.find("nguyen"),
    "orders": lambda desk, _: desk.payport.orders(),
    "payments": lambda desk, _: desk.payport.payments(),
    "refunds": lambda desk, _: desk.payport.refunds(desk.order()),
    "callbacks": lambda desk, _: desk.payport.callbacks(),
    "callback": lambda desk, _: desk.payport.callback(1),
    "calls": lambda desk, _: desk.payport.calls(
        desk.payport.order(desk.order()).payments[-1].merchant_reference
    ),
    "journal": lambda desk, _: desk.payport.journal(),
    "statement_lines": lambda desk, _: desk.payport.statement_lines(),
    "errands": lambda desk, _: desk.payport.errands(),
    "grants": lambda desk, _: desk.payport.grants(desk.account),
    "confirmations": lambda desk, _: desk.payport.confirmations(desk.order()),
    "chargebacks": lambda desk, _: desk.payport.chargebacks(desk.order()),
    "events": lambda desk, _: desk.payport.events(desk.account),
    "event": lambda desk, _: desk.payport.event(desk.payport.events(desk.account)[0].event.id),
    "stopped_subscribers": lambda desk, _: desk.payport.stopped_subscribers(),
    "parked_events": lambda desk, _: desk.payport.parked_events(),
    "evidence": lambda desk, _: desk.payport.evidence(1),
}
"""With a desk whose order is paid, and the id of a quote that it was made of."""
