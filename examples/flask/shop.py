"""A shop on Flask. `flask --app shop run`; once, `payport migrate`."""

import atexit
import logging
import os
import secrets
from threading import Event as Flag
from threading import Thread

from flask import Flask, abort, redirect, render_template_string, request
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.wrappers import Response

from payport import BuyerDetails, Event, New, NotFound, Payport, Redirect, RequestRefused

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
app = Flask("shop")
app.wsgi_app = DispatcherMiddleware(  # type: ignore[method-assign]
    app.wsgi_app,
    {"/pay": shop.wsgi()},  # where [seller] public_url points
)


@app.get("/")
def sell() -> str:
    return (
        "<h1>Standard, 12 months</h1><form method='post' action='/buy'>"
        "<input name='name' placeholder='Name'> <input name='email' placeholder='E-mail'><button>Pay</button>"
    )


@app.post("/buy")
def buy() -> Response | tuple[str, int]:
    account = f"guest-{secrets.token_hex(6)}"  # a host that knows its customers gives its own id
    buyer = BuyerDetails(name=request.form["name"], email=request.form["email"])
    try:
        order = shop.place(shop.quote(account, New(package="standard", months=12)), buyer)
        checkout = shop.pay(order.number, "domestic_card", buyer_ip=request.remote_addr or "127.0.0.1")
    except RequestRefused as refused:
        return render_template_string("<p>{{ refused }}</p>", refused=refused), 422
    where = checkout.url if isinstance(checkout, Redirect) else f"/result/{order.token}"
    return redirect(where, 303)


@app.get("/result/<token>")
def result(token: str) -> tuple[str, dict[str, str]]:
    try:
        order = shop.order_by_token(token)
    except NotFound:
        abort(404)
    shown = render_template_string("<p>Order {{ order.number }}: <b>{{ order.state }}</b></p>", order=order)
    return shown, {"Refresh": "3"} if order.state == "placed" else {}  # not yet confirmed: look again


working = Thread(target=work, daemon=True)
working.start()


@atexit.register
def stop() -> None:
    stopping.set()
    working.join()  # the unit in hand is finished
