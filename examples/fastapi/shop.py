"""A shop on FastAPI. `uvicorn shop:app`; once, `payport migrate`."""

import asyncio
import logging
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from html import escape
from typing import Annotated

from fastapi import FastAPI, Form, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from payport import AsyncPayport, BuyerDetails, Event, New, NotFound, Redirect, RequestRefused

paid: list[str] = []


def tell(event: Event) -> None:
    """At least once for each event; whatever your application does when an order is paid."""
    if event.type == "order.paid" and event.order and event.order not in paid:
        paid.append(event.order)


shop = AsyncPayport.from_config(os.environ.get("PAYPORT_CONFIG", "payport.toml"), subscribers={"crm": tell})


async def work(stopping: asyncio.Event) -> None:
    """Asks gateways, ends orders, tells of events; any number of processes may."""
    while not stopping.is_set():
        try:
            await shop.work(limit=20, stopping=stopping.is_set)
        except Exception:  # the database is away, say: everything stays due
            logging.exception("no work done")
        with suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), 1)


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    shop.require_current()  # says so where nobody ran `payport migrate`
    stopping = asyncio.Event()
    working = asyncio.create_task(work(stopping))
    yield
    stopping.set()
    await working  # the unit in hand is finished
    await shop.close()


app = FastAPI(lifespan=lifespan)
app.mount("/pay", shop.asgi())  # where [seller] public_url points


@app.get("/", response_class=HTMLResponse)
async def sell() -> str:
    return (
        "<h1>Standard, 12 months</h1><form method='post' action='/buy'>"
        "<input name='name' placeholder='Name'> <input name='email' placeholder='E-mail'><button>Pay</button>"
    )


@app.post("/buy")
async def buy(
    request: Request, name: Annotated[str, Form()], email: Annotated[str, Form()]
) -> RedirectResponse:
    account = f"guest-{secrets.token_hex(6)}"  # a host that knows its customers gives its own id
    ip = request.client.host if request.client else "127.0.0.1"
    try:
        quote = await shop.quote(account, New(package="standard", months=12))
        order = await shop.place(quote, BuyerDetails(name=name, email=email))
        checkout = await shop.pay(order.number, "domestic_card", buyer_ip=ip)
    except RequestRefused as refused:
        raise HTTPException(422, str(refused)) from None
    where = checkout.url if isinstance(checkout, Redirect) else f"/result/{order.token}"
    return RedirectResponse(where, 303)


@app.get("/result/{token}")
async def result(token: str) -> HTMLResponse:
    try:
        order = await shop.order_by_token(token)
    except NotFound:
        raise HTTPException(404) from None
    again = {"Refresh": "3"} if order.state == "placed" else None  # not yet confirmed: look again
    return HTMLResponse(f"<p>Order {escape(order.number)}: <b>{escape(order.state)}</b></p>", headers=again)
