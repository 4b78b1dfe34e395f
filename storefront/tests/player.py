"""Somebody with a browser at the demo, which runs on a port of this machine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

from httpx import Client, Response

from payport import Entitlement, Offer, OrderView, Payport
from payport_simulators import serve
from payport_storefront.demo.clock import DemoClock
from payport_storefront.demo.folder import DemoFolder, prepare
from payport_storefront.demo.run import listen, make_app
from storefront.tests.town import BUYER, hidden_fields
from tests.support.plain_http import TRUSTS_NOBODY

__all__ = ["Demo", "Player", "running"]


PRESSED = {  # what pays at once on each gateway's page
    "vnpay": {
        "action": "pay",
        "card_number": "9704198526191432198",
        "card_holder": "NGUYEN VAN A",
        "card_issued": "07/15",
        "card_otp": "123456",
    },
    "onepay": {"action": "quick"},
    "nganluong": {"action": "pay", "way": "NL"},
}


class Player:
    """Somebody with a browser of her own at the demo's controls."""

    def __init__(self, demo: Demo) -> None:
        self._demo = demo
        self._client = Client(base_url=demo.url, headers={"accept-language": "en"}, verify=TRUSTS_NOBODY)

    def get(self, path: str) -> Response:
        return self._client.get(path)

    def press(self, action: str, /, **typed: str) -> Response:
        """A button of the panel's form that goes there."""
        return self.submit(self.get("/demo"), action, **typed)

    def submit(self, page: Response, action: str, /, **typed: str) -> Response:
        for form in re.findall(r"<form .*?</form>", page.text, re.DOTALL):
            if f'action="{action}' in form:
                where = unescape(re.search(r'action="([^"]*)"', form)[1])  # type: ignore[index]
                return self._client.post(where, data=hidden_fields(form) | typed)
        raise AssertionError(f"no form goes to {action}")

    def try_out(self, scenario: str) -> None:
        answer = self.press("/demo/scenario", scenario=scenario)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")

    def order(self, offer: str = "professional/12", *, newcomer: bool = True) -> str:
        """As a new customer, or as whoever is signed in; gives where it is paid."""
        if newcomer:
            self.try_out("nothing")
        chosen = self.submit(self.get("/order"), "/order", offer=offer)
        placed = self.submit(self.get(chosen.headers["location"]), "/order/confirm", **BUYER)
        return placed.headers["location"]

    def order_to_pay_by_hand(self, offer: str = "professional/12") -> None:
        told = self.submit(self.get(self.order(offer)), "/payment/", method="order_only")
        assert told.headers["location"].endswith("/instructions")

    def order_and_pay(self, method: str, offer: str, *, bank: str = "", newcomer: bool = True) -> None:
        """On the gateway's page, where one button does it; the buyer comes back."""
        choice = {f"choice_{method}": bank} if bank else {}
        page = self.submit(
            self.get(self.order(offer, newcomer=newcomer)), "/payment/", method=method, **choice
        )
        at = page.headers["location"]
        while (here := self.get(at)).status_code == 303:
            at = here.headers["location"]
        pressed = PRESSED[at.split("/gateways/")[1].partition("/")[0]]
        back = self.submit(here, urlsplit(at).path, **pressed)
        assert self.get(back.headers["location"]).status_code == 303

    def work_at_desk(self, work: str) -> Response:
        return self.press("/demo/desk", work=work)

    def desk(self, language: str = "en") -> str:
        """What stands on the seller's desk, in words alone."""
        page = self.get(f"/demo?lang={language}").text
        card = re.search(r'<section [^>]*"desk">.*?</section>', page, re.DOTALL)
        assert card
        return " ".join(unescape(re.sub("<[^>]+>", " ", card[0])).split())

    @property
    def account(self) -> str:
        found = re.search(r"\(account ([a-z0-9-]+)\)", self.get("/demo").text)
        assert found
        return found[1]

    @property
    def held(self) -> Entitlement:
        return self._demo.payport.entitlement(self.account)

    @property
    def offers(self) -> dict[str, Offer]:
        return {offer.kind: offer for offer in self._demo.payport.offers(self.account)}

    def edges(self) -> set[str]:
        """The moments whose buttons can be pressed."""
        buttons = re.findall(r'<button [^>]*name="edge" value="(\w+):at"([^>]*)>', self.get("/demo").text)
        assert len(buttons) == 5
        return {name for name, rest in buttons if "disabled" not in rest}

    def close(self) -> None:
        self._client.close()


@dataclass
class Demo:
    """Its address, and Payport as somebody beside it would hold it, by the same clock."""

    url: str
    folder: DemoFolder

    @cached_property
    def payport(self) -> Payport:
        return Payport.from_config(self.folder.configuration, clock=self.now)

    def now(self) -> datetime:
        return DemoClock(self.folder.clock)()

    def last_order(self, player: Player) -> OrderView:
        with self.payport.seller.database.reading() as connection:
            number = connection.exec_driver_sql(
                "SELECT number FROM orders WHERE account = ? ORDER BY placed_at DESC LIMIT 1",
                (player.account,),
            ).scalar_one()
        return self.payport.order(number)


@contextmanager
def running(path: Path) -> Iterator[Demo]:
    """The demo on a port of its own."""
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    folder = prepare(path, url, fresh=False)
    demo = Demo(url, folder)
    with serve(make_app(folder, url), port):
        yield demo
    demo.payport.close()
