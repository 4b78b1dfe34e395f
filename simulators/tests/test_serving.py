"""An app behind a real socket, for as long as it is needed."""

from __future__ import annotations

import threading
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from payport_simulators import serve
from payport_simulators.vnpay import Delivery, Faults, Simulator, Transaction, app
from tests.support.plain_http import TRUSTS_NOBODY


async def hello(scope: Any, receive: Any, send: Any) -> None:
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})


def servers() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "simulator"}


def test_it_answers_while_served_and_is_gone_afterwards() -> None:
    before = servers()
    with serve(hello) as url:
        assert httpx.get(url, verify=TRUSTS_NOBODY, trust_env=False).text == "hello"
        assert len(servers()) == len(before) + 1

    assert servers() == before
    with pytest.raises(httpx.ConnectError):
        httpx.get(url, verify=TRUSTS_NOBODY, trust_env=False)


def test_a_port_may_be_named_and_used_again_at_once() -> None:
    with serve(hello) as url:
        port = urlsplit(url).port

    with serve(hello, port=port or 0) as again:
        assert again == url


def test_a_taken_port_is_an_error() -> None:
    with (
        serve(hello) as url,
        pytest.raises(OSError, match="in use"),
        serve(hello, port=urlsplit(url).port or 0),
    ):
        pass


def test_an_app_that_does_not_start_is_an_error() -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no"})

    with pytest.raises(RuntimeError, match="did not start"), serve(broken):
        pass


def test_an_error_in_the_with_block_ends_the_server_too() -> None:
    with pytest.raises(ZeroDivisionError), serve(hello) as url:
        raise ZeroDivisionError

    with pytest.raises(httpx.ConnectError):
        httpx.get(url, verify=TRUSTS_NOBODY, trust_env=False)


def test_the_app_delivers_by_itself_where_it_is_asked_to(
    simulator: Simulator, opened: Transaction, shop: Any
) -> None:
    shop.meet = threading.Barrier(2, timeout=10)
    simulator.set_faults(Faults(delivery=Delivery.RETURN_FIRST))
    simulator.settle(opened.token)

    with serve(app(simulator, deliver_every=0.01)):
        shop.meet.wait()  # returns once the shop was called

    assert len(shop.queries) == 1
