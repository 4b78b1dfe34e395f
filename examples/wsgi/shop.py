"""A shop on plain WSGI, without a framework. `python shop.py`; once, `payport migrate`."""

import atexit
import logging
import os
import secrets
from collections.abc import Iterable
from html import escape
from threading import Event as Flag
from threading import Thread
from typing import TYPE_CHECKING
from urllib.parse import parse_qs
from wsgiref.simple_server import make_server
from wsgiref.util import shift_path_info

from payport import BuyerDetails, Event, New, NotFound, Payport, Redirect, RequestRefused

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

paid: list[str] = []
stopping = Flag()


def tell(event: Event) -> None:
    """At least once for each event; whatever your application does when an order is paid."""
    if event.type == "order.paid" and event.order and event.order not in paid:
        paid.append(event.order)


def work() -> None:
    """Asks gateways, ends orders, tells of events; any number of processes may."""
    while not stopping.wait(1):
        try:
            shop.work(limit=20, stopping=stopping.is_set)
        except Exception:  # the database is away, say: everything stays due
            logging.exception("no work done")


shop = Payport.from_config(os.environ.get("PAYPORT_CONFIG", "payport.toml"), subscribers={"crm": tell})
shop.require_current()  # says so where nobody ran `payport migrate`
doors = shop.wsgi()
SELL = (
    "<h1>Standard, 12 months</h1><form method='post' action='/buy'>"
    "<input name='name' placeholder='Name'> <input name='email' placeholder='E-mail'><button>Pay</button>"
)


def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    if environ["PATH_INFO"].startswith("/pay/"):  # where [seller] public_url points
        shift_path_info(environ)
        return doors(environ, start_response)
    status, text, headers = answered(environ)
    body = text.encode()
    length = ("Content-Length", str(len(body)))
    start_response(status, [("Content-Type", "text/html; charset=utf-8"), length, *headers])
    return [body]


def answered(environ: "WSGIEnvironment") -> tuple[str, str, list[tuple[str, str]]]:
    method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
    try:
        if (method, path) == ("GET", "/"):
            return "200 OK", SELL, []
        if (method, path) == ("POST", "/buy"):
            return "303 See Other", "", [("Location", buy(environ))]
        order = shop.order_by_token(path.removeprefix("/result/"))
        again = [("Refresh", "3")] if order.state == "placed" else []  # not yet confirmed: look again
        return "200 OK", f"<p>Order {escape(order.number)}: <b>{escape(order.state)}</b></p>", again
    except NotFound:
        return "404 Not Found", "<p>There is nothing here.</p>", []
    except RequestRefused as refused:
        return "422 Unprocessable Content", f"<p>{escape(str(refused))}</p>", []


def buy(environ: "WSGIEnvironment") -> str:
    """Where the buyer goes."""
    length = max(0, min(int(environ.get("CONTENT_LENGTH") or 0), 16_384))
    form = parse_qs(environ["wsgi.input"].read(length).decode())
    buyer = BuyerDetails(name=form.get("name", [""])[0], email=form.get("email", [""])[0])
    account = f"guest-{secrets.token_hex(6)}"  # a host that knows its customers gives its own id
    order = shop.place(shop.quote(account, New(package="standard", months=12)), buyer)
    checkout = shop.pay(order.number, "domestic_card", buyer_ip=environ["REMOTE_ADDR"])
    return checkout.url if isinstance(checkout, Redirect) else f"/result/{order.token}"


working = Thread(target=work, daemon=True)
working.start()


@atexit.register
def stop() -> None:
    stopping.set()
    working.join()  # the unit in hand is finished


if __name__ == "__main__":
    with make_server("127.0.0.1", 8000, app) as server:
        server.serve_forever()
