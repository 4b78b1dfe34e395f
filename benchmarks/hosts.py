"""The sample hosts: from nothing to a door's first answer, against the bare framework; and one purchase each.

A purchase is quote, place, pay, the gateway's call and the page that says "paid". Through a host it is four
requests over HTTP to processes that are served as docs/hosts/ says, and that work and tell events beside it;
the yardstick is the same verbs in this process. Both on SQLite, each with its simulated gateway.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import httpx

from benchmarks.ratio import Ratio, best
from payport import BuyerDetails, Callback, Channel, New, Payport, Redirect
from payport_simulators import serve
from payport_simulators.vnpay import PageError, Simulator, Terminal, app
from tests.support.hosted import (
    EXAMPLES,
    SECRET,
    buyer_at,
    free_port,
    migrated,
    sample,
    served,
    written,
)

__all__ = ["measure_purchases", "measure_starts"]

_NOWHERE = "http://127.0.0.1:9"
_ROUNDS = 6
_DOOR = "/pay/vnpay-main/ipn"
_ASGI = """
import asyncio
async def answer(app, path):
    async def receive(): return {"type": "http.request", "body": b"", "more_body": False}
    async def send(message): said.append(message)
    said = []
    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "path": path,
        "raw_path": path.encode(), "query_string": b"", "headers": [], "root_path": "", "scheme": "http",
        "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 1)}
    await app(scope, receive, send)
    assert said[0]["status"] == 200, said
asyncio.run(answer(app, path))
"""
_WSGI = """
from wsgiref.util import setup_testing_defaults
environ = {"PATH_INFO": path}
setup_testing_defaults(environ)
def start(status, headers): assert status.startswith("200"), status
b"".join(app(environ, start))
"""
_BARE: Mapping[str, str] = {
    "starlette": """
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
app = Starlette(routes=[Route("/", lambda request: PlainTextResponse("hello"))])
""",
    "fastapi": """
from fastapi import FastAPI
app = FastAPI()
@app.get("/")
async def hello(): return "hello"
""",
    "flask": """
from flask import Flask
app = Flask("hello")
@app.get("/")
def hello(): return "hello"
""",
    "django": """
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path as route
settings.configure(SECRET_KEY="hello", ALLOWED_HOSTS=["127.0.0.1"], ROOT_URLCONF=__name__)
urlpatterns = [route("", lambda request: HttpResponse("hello"))]
app = get_wsgi_application()
""",
    "wsgi": """
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]
""",
}


def measure_starts() -> list[Ratio]:
    """Whole runs of the interpreter; bytecode is there, and so are the tables."""
    ratios = []
    for example in EXAMPLES:
        answers = _ASGI if example in ("starlette", "fastapi") else _WSGI
        with TemporaryDirectory() as name:
            environment = written(Path(name), sample(example), ours=_NOWHERE, gateway=_NOWHERE)
            migrated(environment)
            whole = _program(f"from shop import app\npath = {_DOOR!r}\n{answers}", name, environment)
            bare = _program(f"{_BARE[example]}\npath = '/'\n{answers}", name, environment)
            ours, yardstick = _alternately(whole, bare, calls=1)
        ratios.append(Ratio(f"{example}: start to a door's first answer ÷ bare hello", ours, yardstick, "ms"))
    return ratios


def measure_purchases() -> list[Ratio]:
    ratios = []
    for example in EXAMPLES:
        with (
            TemporaryDirectory() as one,
            TemporaryDirectory() as other,
            _through(example, Path(one)) as buy,
            _alone(Path(other)) as buy_alone,
        ):
            ours, alone = _alternately(buy, buy_alone, calls=10)
        ratios.append(
            Ratio(f"{example}: a purchase over HTTP ÷ the core alone in process", ours, alone, "ms")
        )
    return ratios


def _alternately(
    ours: Callable[[], None], yardstick: Callable[[], None], *, calls: int
) -> tuple[float, float]:
    """Milliseconds for one call of each, in its best round. What else the machine does hits both."""
    ours()
    yardstick()
    rounds = [
        (best(ours, calls=calls, rounds=1), best(yardstick, calls=calls, rounds=1)) for _ in range(_ROUNDS)
    ]
    return min(each for each, _ in rounds) / 1000, min(each for _, each in rounds) / 1000


def _program(text: str, folder: str, environment: Mapping[str, str]) -> Callable[[], None]:
    """A whole run; it ends at once, and waits for no work in hand."""
    command = [sys.executable, "-c", f"{text}\nimport os; os._exit(0)"]

    def run() -> None:
        subprocess.run(command, cwd=folder, env=environment, check=True)

    return run


@contextmanager
def _alone(folder: Path) -> Iterator[Callable[[], None]]:
    """By the core's own verbs, with an event to be told for whoever works."""
    simulator = _simulator()
    environment = written(folder, "", ours=_NOWHERE, gateway=_NOWHERE)
    migrated(environment)
    with _environment(environment):
        shop = Payport.from_config(folder / "payport.toml", subscribers={"crm": lambda _event: None})

    def buy() -> None:
        quote = shop.quote(_account(), New(package="standard", months=12))
        order = shop.place(quote, BuyerDetails(name="Thu Hà", email="ha@example.vn"))
        checkout = shop.pay(order.number, "domestic_card", buyer_ip="203.0.113.9")
        assert isinstance(checkout, Redirect)
        reference = _pays(simulator, checkout.url)
        query, now = simulator.genuine_query(reference).encode(), shop.seller.clock()
        shop.receive(Callback("GET", query, (), b"", now, account="vnpay-main", channel=Channel.IPN))
        assert shop.order_by_token(order.token).state == "paid"

    yield buy
    shop.close()
    simulator.close()


@contextmanager
def _through(example: str, folder: Path) -> Iterator[Callable[[], None]]:
    simulator, port = _simulator(), free_port()
    address = f"http://127.0.0.1:{port}"
    simulator.set_ipn_url("DEMOTMN1", f"{address}{_DOOR}")
    with serve(app(simulator)) as gateway:
        environment = written(folder, sample(example), ours=address, gateway=gateway)
        migrated(environment)
        with served(example, port, folder, environment), buyer_at(address) as buyer:
            yield lambda: _buy(buyer, simulator)
    simulator.close()


def _buy(buyer: httpx.Client, simulator: Simulator) -> None:
    sent = buyer.post("/buy", data={"name": "Thu Hà", "email": "ha@example.vn"})
    assert sent.status_code == 303, sent.text
    _pays(simulator, sent.headers["location"])
    back = buyer.get(simulator.return_url(simulator.transactions[-1].token) or "")
    assert "<b>paid</b>" in buyer.get(back.headers["location"]).text


def _pays(simulator: Simulator, checkout_url: str) -> str:
    """As the buyer does; the gateway calls, if it knows where. Its reference for that."""
    opened = simulator.open(urlsplit(checkout_url).query.encode())
    assert not isinstance(opened, PageError)
    simulator.settle(opened.token)
    return opened.request.reference


def _simulator() -> Simulator:
    return Simulator({"DEMOTMN1": Terminal("DEMOTMN1", SECRET)})


def _account() -> str:
    return f"guest-{os.urandom(6).hex()}"


@contextmanager
def _environment(given: Mapping[str, str]) -> Iterator[None]:
    before: dict[str, Any] = dict(os.environ)
    os.environ.update(given)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
