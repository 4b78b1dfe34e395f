"""A town where there is one of everything, so that every page of the back office has something to show."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from html import unescape
from pathlib import Path
from typing import Final

from anyio.from_thread import BlockingPortal
from httpx import Response
from starlette.routing import Mount, Route

from backoffice.tests.office import KEY, PEOPLE, ROOM, Office, Person
from backoffice.tests.town import Town, settle
from payport import BuyerDetails, Cancel, New, Payport
from payport.doors.journal_key import new_journal_key
from payport_web.signing import SignedCookie, mac
from tests.support.receivers import SECRET as WEBHOOK_SECRET
from tests.support.receivers import webhook
from tests.support.shop import Shop
from tests.support.sign import SECRET, ipn_query
from tests.support.stored import Stored

__all__ = ["BUYER", "CARDS", "Whole", "open_whole"]

CARDS: Final = ("4111111111111111", "5555555555554444", "9704198526191432198")
BUYER: Final = BuyerDetails(
    name="Trần Văn Kín",
    email="kin.tran@private.example",
    phone="0987600123",
    company="Công ty Kín Đáo",
    tax_code="0312345678",
    address="9 ngõ Sâu",
)
_ID: Final = re.compile(r"\b(?:SV\w+|evt_\w+|khach-\d|[0-9]+)\b")
_OF_EACH_KIND: Final = 6
_MORE: Final = """
[journal]
key = { file = "seal.pem" }
key_id = "2026"

[four_eyes]
cancel = true
"""


@dataclass(frozen=True)
class Whole(Town):
    """Its pages, and who looks at them. `journal_key`: the private half, as it stands in its file."""

    office: Office
    folder: Path
    journal_key: str
    kin: str
    portal: BlockingPortal
    proposal: str

    @property
    def shop(self) -> Payport:
        return self.desk.shop.payport

    @cached_property
    def at(self) -> Mapping[str, str]:
        """What stands in the paths' places."""
        payment = self.shop.order(self.mallory.number).payments[0]
        return {
            "/house/contracts/{id}/{version}": "/house/contracts/vnpay-ipn/1.0.0",
            "{number}": self.mallory.number,
            "{reference}": payment.merchant_reference,
            "{account:path}": "mallory",
            "/keys/{account}/{role}": "/keys/vnpay-main/hash_secret",
            "/proposals/{id}": f"/proposals/{self.proposal}",
            "{id:int}": "1",
            "{event}": self.event,
            "{subscriber}": "crm",
        }

    @property
    def event(self) -> str:
        page = self.office.person("bao").get(f"{ROOM}/journal").text
        events: list[str] = re.findall(rf'href="{ROOM}/events/(evt_\w+)"', page)
        return events[0]

    @cached_property
    def secrets(self) -> tuple[str, ...]:
        """Planted in every setting that holds one."""
        line = self.journal_key.splitlines()[1]
        return SECRET, WEBHOOK_SECRET, WEBHOOK_SECRET.removeprefix("whsec_"), KEY.decode(), KEY.hex(), line

    def doors(self, method: str) -> Iterator[tuple[str, str]]:
        """Every route that answers to this method, and its path here, of things that are there."""
        app = self.office.desk
        routes = [route for route in app.routes if not isinstance(route, Mount)]
        for route in routes:
            assert isinstance(route, Route)
            if method in (route.methods or ()) and not route.path.startswith("/notes"):
                path = route.path
                for place, here in self.at.items():
                    path = path.replace(place, here)
                assert "{" not in path, path
                yield route.path, f"{ROOM}{path}"

    def stored(self) -> str:
        """But for who took a file away: that is kept of a GET, too, and is no change (decision 0032)."""
        with self.shop.seller.database.reading() as connection:
            kept = Stored.read(connection).rows
        return Stored({name: rows for name, rows in kept.items() if name != "errands"}).text

    def token(self, name: str, person: Person, path: str) -> str:
        """Of a form of theirs that posts to this path below the host."""
        if "payport_desk" not in person.client.cookies:
            person.get(f"{ROOM}/find")
        cookie = SignedCookie("payport_desk", key=KEY, lifetime_seconds=9, secure=True, path=ROOM)
        found = cookie.read(person.client.cookies["payport_desk"].strip('"'))
        assert found
        who = PEOPLE[name]
        return mac(KEY, "form", who.name, who.role, found[0], path.removeprefix(ROOM))

    def walk(self, name: str) -> Mapping[str, Response]:
        """Every page that this person may open, by its path, and a few of each kind that those lead to."""
        person = self.office.person(name)
        due = [path for _, path in self.doors("GET")]
        seen: dict[str, Response] = {}
        kinds: Counter[str] = Counter()
        while due:
            path = due.pop(0)
            kind = _ID.sub("*", path)
            if path in seen or kinds[kind] == _OF_EACH_KIND:
                continue
            kinds[kind] += 1
            seen[path] = answer = person.get(path)
            for found in re.findall(rf'href="({ROOM}/[^"#]*)"', answer.text):
                link = unescape(found)
                if "/static/" not in link and "/house/contracts/" not in link:
                    due.append(link)
        return seen


def open_whole(folder: Path, migrated_sqlite: Path, portal: BlockingPortal) -> Whole:
    new_journal_key(folder / "seal.pem")
    town = settle(folder, migrated_sqlite, more=webhook("https://crm.example/hook") + _MORE)
    shop = town.desk.shop
    kin = shop.payport.place(shop.payport.quote("kin-dao", New(package="standard", months=12)), BUYER)
    shop.pay(kin)
    _speaks_of_cards(shop)
    town.desk.read(town.desk.line(f"the {CARDS[0]}", 99_000, reference="FT-77"))
    proposal = shop.payport.propose(
        Cancel(order_number=kin.number, reason="khách đổi ý"), actor="Phạm Quốc Huy"
    )
    key = (folder / "seal.pem").read_text(encoding="ascii")
    return Whole(
        town.desk,
        town.ha,
        town.mallory,
        Office(town.seller, portal),
        folder,
        key,
        kin.number,
        portal,
        proposal.id,
    )


def _speaks_of_cards(shop: Shop) -> None:
    """A gateway that says more than it should, in places where nobody looks for it."""
    for place, card in enumerate(CARDS):
        paid = shop.pay(shop.order(f"khach-{place}"))
        said = ipn_query(paid.merchant_reference, 1_100_000, transaction=f"1500001{place}", vnp_Pan=card)
        spaced = "%20".join(card[begin : begin + 4] for begin in range(0, len(card), 4))
        shop.deliver(
            said + f"&card={card}&cvv=737&spaced={spaced}".encode(),
            method="POST",
            headers=((b"host", b"shop.example.vn"), (b"x-card", card.encode())),
            body=json.dumps({"pan": card, "CVV": "737"}).encode(),
        )
