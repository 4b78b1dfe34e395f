"""Every command by name: where it stands, and what it is for. None is loaded before it is called.

Other distributions bring commands, too; a name of ours is never theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any, Final

from cyclopts import App, Parameter

from payport.doors.cli.brought import command_of, offers

__all__ = ["COMMANDS", "app_for"]

_HERE: Final = "payport.doors.cli"

COMMANDS: Final = {
    "gateways": (f"{_HERE}.gateways:gateways", "List every gateway plugin, and why one is refused."),
    "contracts": (f"{_HERE}.contracts:contracts", "List the signature contracts, or compare two of them."),
    "verify": (f"{_HERE}.verify:verify", "Check one message against a contract, and show the workings."),
    "check": (f"{_HERE}.check:check", "Check the configuration, and all that it names."),
    "catalog": (f"{_HERE}.catalog:catalog", "Check a catalog and print its prices, or compare two of them."),
    "quote": (f"{_HERE}.quoting:quote", "Price a purchase of an account, itemised, and store nothing."),
    "migrate": (f"{_HERE}.running:migrate", "Bring the database to this version's tables."),
    "worker": (f"{_HERE}.running:worker", "Do the work that is due, until told to stop."),
    "work": (f"{_HERE}.work:work", "List the work that is due, leased or parked, and why."),
    "doctor": (f"{_HERE}.doctor:doctor", "Look for what is wrong in a running installation."),
    "evidence": (f"{_HERE}.evidence:evidence", "Write one callback, and all that it proves, as a document."),
    "erase": (f"{_HERE}.erasing:erase", "Erase who a buyer is; what happened to the money stays."),
    "journal": (f"{_HERE}.journal:journal", "Seal, check or export the journal of what happened to money."),
    "events": (f"{_HERE}.events:events", "List what hosts are told, or tell it again."),
    "today": (f"{_HERE}.today:today", "Show money by method, and what needs a person."),
    "find": (f"{_HERE}.finding:find", "Find orders and money by whatever is at hand."),
    "order": (f"{_HERE}.orders:order", "Show an order: lines, payments, and how they came about."),
    "explain": (f"{_HERE}.explaining:explain", "Tell why an account holds what it holds."),
    "ask": (f"{_HERE}.orders:ask", "Ask a gateway now what became of a payment."),
    "confirm": (f"{_HERE}.by_hand:confirm", "Say that you saw money for an order come in."),
    "withdraw-confirmation": (
        f"{_HERE}.by_hand:withdraw_confirmation",
        "Take back what waits for a second person.",
    ),
    "import-statement": (f"{_HERE}.by_hand:import_statement", "Find the orders of a bank statement's lines."),
    "refund": (f"{_HERE}.refunds:refund", "Give money of a payment back, or record that it went back."),
    "ask-refund": (f"{_HERE}.refunds:ask_refund", "Ask a gateway now what became of a refund."),
    "settle-refund": (f"{_HERE}.refunds:settle_refund", "Say how a refund ended, as you found it."),
    "chargeback": (f"{_HERE}.chargebacks:chargeback", "Record that an issuer claims money back."),
    "close-chargeback": (f"{_HERE}.chargebacks:close_chargeback", "Say how a chargeback ended."),
    "resolve": (f"{_HERE}.resolving:resolve", "End the review of an order or of a payment."),
    "dismiss": (f"{_HERE}.resolving:dismiss", "Say that money of no order needs nothing more."),
    "cancel": (f"{_HERE}.changing:cancel", "End an order that is placed or in review."),
    "adjust": (f"{_HERE}.changing:adjust", "Give or take without a payment."),
    "errands": (f"{_HERE}.errands:errands", "List who asked, told again or took a file away, and why."),
    "proposals": (
        f"{_HERE}.proposals:proposals",
        "List what waits for a second person; approve or decline it.",
    ),
}


def app_for(arguments: Sequence[str]) -> App:
    """The application that takes these arguments. What others bring is looked for only where it may be meant.

    Raises: ConfigurationError, where the command that is meant cannot be used.
    """
    app = App(
        name="payport",
        help="Look after a Payport installation: its gateways, contracts, orders and work.",
        help_format="plaintext",
        help_formatter="plain",
        version=lambda: version("payport"),
        suppress_keyboard_interrupt=False,  # main() says the exit status
        default_parameter=Parameter(negative=(), show_default=False),
    )
    for rank, (name, (home, words)) in enumerate(COMMANDS.items()):
        app.command(home, name=name, help=words, sort_key=rank)
    meant = next((each for each in arguments if not each.startswith("-")), "--help")
    if meant in COMMANDS:
        return app
    for rank, offer in enumerate(offers(), start=len(COMMANDS)):
        if offer.name == meant:
            command = command_of(offer)
            order: dict[str, Any] = (
                {} if isinstance(command, App) else {"sort_key": rank}
            )  # an App says its own
            app.command(command, name=offer.name, **order)
        elif offer.name not in COMMANDS:
            app.command(offer.place, name=offer.name, help=offer.words, sort_key=rank)
    return app
