"""From an offer to an order: what needs the database alone, so that a host's own transaction can hold it."""

from __future__ import annotations

from payport.doors.base import Host
from payport.errors import NotFound
from payport.rules.entitlement import Entitlement
from payport.rules.openness import Offer
from payport.rules.purchase import AddCapacity, New, Renew, Switch
from payport.rules.quote import Quote
from payport.service import foreseeing, methods, placing, telling, viewing
from payport.service.methods import MethodOffer
from payport.service.placing import BuyerDetails
from payport.service.telling import Told
from payport.service.viewing import Move, OrderView

__all__ = ["Buying"]


class Buying(Host):
    """Verbs of a buyer's way that call no gateway."""

    def offers(self, account: str) -> tuple[Offer, ...]:
        """Every kind of purchase for a buyer account: open with prices, or closed with the reason."""
        return self._see(lambda connection: placing.offer(connection, self.seller, account))

    def quote(self, account: str, purchase: New | AddCapacity | Renew | Switch) -> Quote:
        """Price a purchase. Raises PurchaseNotOpen, RequestRefused."""
        return self._change(placing.quote, account, purchase)

    def preview(self, account: str, purchase: New | AddCapacity | Renew | Switch) -> Quote:
        """What `quote` would say now; nothing is stored, so nothing can be placed. Raises as `quote`."""
        return self._see(lambda connection: placing.preview(connection, self.seller, account, purchase))

    def expected(self, quote: Quote) -> Entitlement | None:
        """What the account would hold if this quote were paid now: when its term begins and ends.

        Returns: None where its order would go to review.
        """
        foreseen = self._see(lambda connection: foreseeing.foresee(connection, self.seller, quote))
        return None if foreseen is None else foreseen.held

    def find_quote(self, account: str, quote_id: str) -> Quote:
        """A quote that was made for the account. Raises NotFound, the same for another's as for none."""
        return self._see(lambda connection: placing.quoted(connection, account, quote_id))

    def place(
        self, quote: Quote | str, buyer: BuyerDetails, *, account: str | None = None, locale: str = "vi"
    ) -> OrderView:
        """Make the order of a quote, once: again gives the same order.

        Args:
            quote: the quote, or its id together with the account that it was made for.
        Raises: NotFound, QuoteExpired, QuoteOutdated, PurchaseNotOpen, RequestRefused.
        """
        quote_id, owner = _quote(quote, account)
        placed = self._change(placing.place, quote_id, buyer, account=owner, locale=locale)
        return self.order(placed.number)

    def methods(self, order_number: str) -> tuple[MethodOffer, ...]:
        """The ways of paying this order, in the order of payport.toml."""
        return methods.offered(self.seller, self.order(order_number).total)

    def capabilities(self, gateway_account: str) -> frozenset[str]:
        """What can be asked of an account of payport.toml: ask it before you offer anything.

        Returns: the names of its plugin's hooks (`query`, `refund`, `query_refund` …), `partial_refund` and
        `by_hand` where that is so, without what the account's settings rule out; nothing while its plugin is
        missing.
        Raises: NotFound.
        """
        return methods.capabilities(self.seller, gateway_account)

    def order(self, number: str) -> OrderView:
        """Raises NotFound."""
        return self._see(lambda connection: viewing.order(connection, number=number))

    def order_by_token(self, token: str) -> OrderView:
        """By the link's unguessable part. Raises NotFound."""
        return self._see(lambda connection: viewing.order(connection, token=token))

    def instructions(self, order_number: str) -> Told | None:
        """What the buyer was told to do, to show it again while the order waits: account and memo, or a QR.

        Returns: None where the order is paid or over, or is to be paid at a gateway's page.
        """
        now = self.seller.clock()
        return self._see(lambda connection: telling.told(connection, order_number, at=now))

    def history(self, order_number: str) -> tuple[Move, ...]:
        """How the order and its payments came to where they are, oldest first. Raises NotFound."""
        return self._see(
            lambda connection: viewing.history(connection, viewing.order(connection, number=order_number))
        )


def _quote(quote: Quote | str, account: str | None) -> tuple[str, str]:
    if isinstance(quote, Quote):
        return quote.id, quote.account if account is None else account
    if account is None:
        raise NotFound(
            field="account",
            problem="not given with the quote's id",
            remedy="Name the account it was made for",
        )
    return quote, account
