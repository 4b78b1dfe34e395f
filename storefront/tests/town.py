"""A shop with a real Payport on a fresh SQLite file, and visitors without a browser, for the tests."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from shutil import copy
from typing import Any, ClassVar
from urllib.parse import urlsplit

from anyio.from_thread import BlockingPortal
from httpx import ASGITransport, AsyncClient, Response
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from payport import AsyncPayport, BuyerDetails, Callback, Channel, Payport, Purchase, Redirect
from payport_simulators.vnpay import Delivery, Faults, Transaction
from payport_storefront.app import create_app
from payport_storefront.demo.configuration import VNPAY
from payport_storefront.demo.folder import prepare
from payport_storefront.demo.gateways import Gateways
from payport_storefront.settings import Customer, Customers, Settings
from payport_storefront.site import Site

ORIGIN = "http://127.0.0.1:8000"
GB = 2**30
BOUGHT = datetime(2027, 1, 15, 5, 0, tzinfo=UTC)
"""12:00 in Việt Nam: when a test's customers buy first. A year of that ends with 14 January 2028."""
BUYER = {"name": "Nguyễn Thu Hà", "email": "ha@example.vn", "phone": "0912 345 678"}
CHOICE = {"offer": "professional/12"}


class Directory:
    """Customers as a host would know them: by the account in the session, and nobody else."""

    ALL: ClassVar = {"binh-minh": "Công ty Bình Minh", "an-tam": "Nhà thuốc An Tâm"}

    def signed_in(self, account: str | None) -> Customer | None:
        return Customer(account, self.ALL[account]) if account in self.ALL else None


def sign_in(site: Site) -> list[Route]:
    """The host's own door, which in a real shop asks for more than a name."""

    async def enter(request: Request) -> PlainTextResponse:
        site.session(request).account = request.path_params["account"]
        return PlainTextResponse("welcome")

    async def break_down(_: Request) -> PlainTextResponse:
        raise RuntimeError("a secret in /var/lib/shop")

    return [Route("/sign-in-of-tests/{account}", enter), Route("/break-of-tests", break_down)]


class Clock:
    """The town's time: as it is, until somebody moves it on."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def move_on(self, **time: float) -> None:
        self._ahead += timedelta(**time)


class Visitor:
    """One browser: keeps cookies, follows nothing by itself."""

    def __init__(self, app: ASGIApp, portal: BlockingPortal, **headers: str) -> None:
        self._portal = portal
        self._client = AsyncClient(
            transport=ASGITransport(app, raise_app_exceptions=False),
            base_url=ORIGIN,
            headers={"accept-language": "en", **headers},
        )

    @property
    def cookies(self) -> Any:
        return self._client.cookies

    def get(self, path: str, **headers: str) -> Response:
        return self._portal.call(lambda: self._client.get(path, headers=headers))

    def request(self, method: str, path: str) -> Response:
        return self._portal.call(lambda: self._client.request(method, path))

    def post(self, path: str, fields: dict[str, str] | bytes, **headers: str) -> Response:
        """As it is: without the page's hidden fields."""
        data: dict[str, Any] = {"content": fields} if isinstance(fields, bytes) else {"data": fields}
        return self._portal.call(lambda: self._client.post(path, headers=headers, **data))

    def submit(self, page: Response, action: str, **typed: str) -> Response:
        """As a browser does: the form of this page with this action, hidden fields and all."""
        for form in re.findall(r"<form .*?</form>", page.text, re.DOTALL):
            where = unescape(re.search(r'action="([^"]*)"', form)[1])  # type: ignore[index]
            if where.startswith(action):
                return self.post(where, hidden_fields(form) | typed)
        raise AssertionError(f"no form goes to {action}")

    def choose(self, **fields: str) -> Response:
        """Choose the professional package for a year, or what the fields say, and see what comes of it."""
        answer = self.submit(self.get("/order"), "/order", **(CHOICE | fields))
        return self.get(answer.headers["location"]) if answer.status_code == 303 else answer


def hidden_fields(html: str) -> dict[str, str]:
    hidden = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', html)
    return {name: unescape(value) for name, value in hidden}


@dataclass
class Town:
    """The shop, who sells in it, the gateways, and how people come in.

    `used` is what customers have in use, in GB, as the host measures it whenever the shop asks.
    """

    payport: Payport
    gateways: Gateways
    clock: Any
    used: dict[str, float] = field(default_factory=dict)
    app: ASGIApp = field(init=False, repr=False)
    portal: BlockingPortal = field(init=False, repr=False)

    async def measure(self, account: str) -> int | None:
        return int(self.used[account] * GB) if account in self.used else None

    def begins(self, account: str, purchase: Purchase) -> Transaction:
        """Quoted, placed and handed to the gateway, as buyers do it."""
        if account in self.used:
            self.payport.report_usage(account, int(self.used[account] * GB), self.clock())
        order = self.payport.place(self.payport.quote(account, purchase), BuyerDetails(**BUYER))
        checkout = self.payport.pay(order.number, "domestic_card", buyer_ip="127.0.0.1")
        assert isinstance(checkout, Redirect)
        opened = self.gateways.vnpay.open(urlsplit(checkout.url).query.encode())
        assert isinstance(opened, Transaction), opened
        return opened

    def buys(self, account: str, purchase: Purchase) -> None:
        """And paid."""
        self.tell(self.begins(account, purchase))

    def visitor(self, account: str | None = "binh-minh", **headers: str) -> Visitor:
        visitor = Visitor(self.app, self.portal, **headers)
        if account:
            visitor.get(f"/sign-in-of-tests/{account}")
        return visitor

    def place(self, visitor: Visitor, **typed: str) -> str:
        """Order the professional package; gives the order's token."""
        answer = visitor.submit(visitor.choose(), "/order/confirm", **(BUYER | typed))
        assert answer.status_code == 303, answer.text
        return answer.headers["location"].rpartition("/")[2]

    def hand_over(self, visitor: Visitor, token: str) -> Transaction:
        """Choose the bank card, and arrive at the gateway's page."""
        page = visitor.get(f"/payment/{token}")
        answer = visitor.submit(page, "/payment/", method="domestic_card", choice_domestic_card="NCB")
        opened = self.gateways.vnpay.open(urlsplit(answer.headers["location"]).query.encode())
        assert isinstance(opened, Transaction), opened
        return opened

    def tell(self, transaction: Transaction, code: str = "00", **changes: str) -> None:
        """The gateway ends the attempt, and its message reaches Payport."""
        self.gateways.vnpay.settle(transaction.token, code)
        query = self.gateways.vnpay.genuine_query(transaction.request.reference, **changes)
        self.payport.receive(
            Callback(
                method="GET",
                query=query.encode(),
                headers=(),
                body=b"",
                received_at=self.clock(),
                account=VNPAY,
                channel=Channel.IPN,
            )
        )


@contextmanager
def open_town(
    folder: Path,
    clock: Callable[[], datetime],
    *,
    origin: str = ORIGIN,
    customers: Customers | None = None,
    more: str = "",
    told: bool = False,
    migrated: Path | None = None,
) -> Iterator[Town]:
    """A town with its shop, and nobody in it yet.

    Args:
        customers: those of the directory, if not others.
        more: of the configuration.
        told: whether VNPAY sends its messages; else tests tell them.
        migrated: an empty database to copy; else the town makes its own.
    """
    made = prepare(folder, origin, fresh=False)
    with made.configuration.open("a", encoding="utf-8") as configuration:
        configuration.write(more)
    shop = AsyncPayport.from_config(made.configuration, clock=clock)
    if migrated is None:
        shop.migrate()
    else:
        copy(migrated, folder / "payport.sqlite")
    gateways = Gateways(origin, made.keys, clock)
    if not told:
        gateways.vnpay.set_faults(Faults(delivery=Delivery.RETURN_ONLY))
    town = Town(Payport(shop.seller, shop.configuration), gateways, clock)
    settings = Settings(
        customers=customers or Directory(),
        session_key=made.session_key,
        hosts=("127.0.0.1",),
        secure=False,
        measure=town.measure,
    )
    town.app = create_app(shop, settings, clock=clock, also=sign_in)
    yield town
    gateways.close()
    town.payport.close()
