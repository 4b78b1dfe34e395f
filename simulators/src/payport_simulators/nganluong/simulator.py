"""The gateway as tests and the demo hold it: pay without a browser, look at everything, switch on faults."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

from payport_simulators import delivering
from payport_simulators.delivery import IpnCall, Notice
from payport_simulators.nganluong.answers import ApiAnswer
from payport_simulators.nganluong.api import Api
from payport_simulators.nganluong.book import Book
from payport_simulators.nganluong.callbacks import return_address
from payport_simulators.nganluong.desk import Desk
from payport_simulators.nganluong.faults import Delivery, Faults
from payport_simulators.nganluong.records import ApiCall, Merchant, Order, Product, Refused, State
from payport_simulators.nganluong.rules import check_classic

__all__ = ["Simulator"]


class Simulator:
    """One simulated NgânLượng. Safe to use from several threads; no lock is held while the shop is called.

    Args:
        merchants: by merchant_id.
        clock: gives aware times; tests pass one that stands still.
        ipn_retry_interval: from one call of notify_url to its repeat.
        ipn_time_out: seconds that the shop has to answer one.
        first_number: the first transaction_id; a gateway that outlives its process gives none out twice.
        sandbox: whether UpdateOrderAuto is there.
        faults: the switches of every merchant that has none of its own.
    """

    def __init__(
        self,
        merchants: Mapping[str, Merchant],
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        ipn_retry_interval: timedelta = timedelta(minutes=1),
        ipn_time_out: float = 10.0,
        first_number: int = 19_900_001,
        sandbox: bool = True,
        faults: Faults | None = None,
    ) -> None:
        self.clock = clock
        self._book = Book(merchants, faults or Faults(), first_number)
        self._desk = Desk(self._book, clock, retry_interval=ipn_retry_interval, time_out=ipn_time_out)
        self._api = Api(self._desk, sandbox=sandbox)

    # -- what can be seen

    @property
    def merchants(self) -> Mapping[str, Merchant]:
        return self._book.merchants

    @property
    def orders(self) -> tuple[Order, ...]:
        """One for each token, in the order in which they were made."""
        return self._book.orders

    @property
    def refused(self) -> tuple[Refused, ...]:
        """Every order, and every caller, that was turned away."""
        return self._book.refused

    @property
    def ipn_calls(self) -> tuple[IpnCall, ...]:
        """Every call of a notify_url with the shop's answer; `reference` is the order_code."""
        return self._desk.notifier.calls

    @property
    def ipn_waiting(self) -> tuple[Notice[Order], ...]:
        """What the shop will be told, and when."""
        return self._desk.notifier.waiting

    @property
    def api_calls(self) -> tuple[ApiCall, ...]:
        """Every server request with its answer."""
        return self._book.api_calls

    def order(self, order_code: str) -> Order:
        """The newest one of this order_code. Raises KeyError."""
        orders = self._book.of_code(order_code)
        if not orders:
            raise KeyError(order_code)
        return orders[-1]

    def by_token(self, token: str) -> Order | None:
        return self._book.get(token)

    def faults(self, order: Order) -> Faults:
        """The switches in force for it."""
        return self._book.faults(order=order)

    # -- what can be set

    def put_merchant(self, merchant: Merchant) -> None:
        """Add one, or change one: a frozen wallet, another password."""
        self._book.put_merchant(merchant)

    def set_faults(self, faults: Faults, *, merchant: str | None = None, token: str | None = None) -> None:
        """For one order, for one merchant, or for every merchant that has none of its own."""
        self._book.put_faults(faults, merchant=merchant, token=token)

    # -- what happens

    def answer_api(self, product: Product, fields: Mapping[str, str], *, base: str) -> ApiAnswer:
        """Answer one request to an API address; `base` is the URL that pages are under."""
        return self._api.post(product, fields, base=base)

    def answer_check(self, kind: str, fields: Mapping[str, str]) -> ApiAnswer:
        """Answer one request to /service/order/check or /service/order/checkV2: `kind` is its last part."""
        return self._api.check(kind, fields)

    def open(self, query: bytes) -> Order | Refused:
        """The buyer arrives at checkout.php with this raw query string; a name repeated counts last."""
        try:
            fields = dict(parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict"))
        except ValueError:
            checked: tuple[Merchant, dict[str, str]] | Refused = Refused("03", "the query is not UTF-8")
        else:
            checked = check_classic(fields, self._book.merchants)
        if isinstance(checked, Refused):
            self._book.log_refused(checked)
            return checked
        return self._desk.open(Product.CLASSIC, *checked)

    def settle(
        self,
        token: str,
        state: State = State.PAID,
        *,
        failure: str = "25",
        paid_with: str = "",
        bank: str = "",
        tell: bool = True,
    ) -> Order:
        """End an order and tell the shop, as its faults say, before this returns. Once.

        `failure` is a failed order's error_code; `paid_with` and `bank` what the buyer chose, else what the
        shop asked for. With `tell` False the caller tells, by `tell` or `tell_soon`. After its time every
        ending is a cancellation. Raises KeyError for an unknown token.
        """
        order = self._desk.settle(token, state, failure=failure, paid_with=paid_with, bank=bank)
        if tell:
            self._desk.tell(order)
        return order

    def tell(self, order: Order) -> tuple[IpnCall, ...]:
        """Call the shop for an order that was just settled, unless its delivery is to wait."""
        return self._desk.tell(order)

    def tell_soon(self, order: Order) -> None:
        """The same in the background, as the page does; `wait` until it is done."""
        self._desk.tell_soon(order)

    def wait(self) -> None:
        """Until every notice that is under way in the background has its answer."""
        self._desk.wait()

    def release(self, token: str) -> Order:
        """Held money reaches the merchant; the shop is not told. Raises KeyError."""
        return self._desk.release(token)

    def deliver_due(self, now: datetime) -> tuple[IpnCall, ...]:
        """Make every call that is due at `now`, repeats included; gives them with their answers."""
        return self._desk.deliver(now)

    async def keep_delivering(self, *, every: float = 1.0) -> None:
        """Deliver what is due, for ever, without holding up the loop. Cancel to end."""
        await delivering.keep_delivering(self.deliver_due, self.clock, every=every)

    def return_url(self, token: str) -> str | None:
        """Where the buyer's browser is sent, or None while open or if the buyer closes the window."""
        order = self._book.known(token)
        if order.state is State.OPEN or order.told_with.delivery in (Delivery.IPN_ONLY, Delivery.NEITHER):
            return None
        return return_address(order, self._book.merchants[order.merchant])

    def close(self) -> None:
        """Wait for what is under way, and let go of the HTTP client. Nothing can be delivered after that."""
        self._desk.close()
