"""A shop on Django, in one file. `python shop.py runserver`; once, `payport migrate`."""

import logging
import os
import secrets
import sys
from threading import Event as Flag
from threading import Thread

from django.conf import settings
from django.core.management import execute_from_command_line
from django.core.wsgi import get_wsgi_application
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.html import format_html
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from payport import BuyerDetails, Event, New, NotFound, Payport, Redirect, RequestRefused

if not settings.configured:
    settings.configure(
        SECRET_KEY=os.environ.get("SHOP_SECRET_KEY", secrets.token_hex(32)),
        ALLOWED_HOSTS=["127.0.0.1", "localhost"],
        ROOT_URLCONF=__name__,
        WSGI_APPLICATION=f"{__name__}.app",
    )
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
            shop.work(limit=20)
        except Exception:  # the database is away, say: everything stays due
            logging.exception("no work done")


shop = Payport.from_config(os.environ.get("PAYPORT_CONFIG", "payport.toml"), subscribers={"crm": tell})


def sell(_: HttpRequest) -> HttpResponse:
    return HttpResponse(
        "<h1>Standard, 12 months</h1><form method='post' action='/buy'>"
        "<input name='name' placeholder='Name'> <input name='email' placeholder='E-mail'><button>Pay</button>"
    )


def buy(request: HttpRequest) -> HttpResponse:
    account = f"guest-{secrets.token_hex(6)}"  # a host that knows its customers gives its own id
    buyer = BuyerDetails(name=request.POST["name"], email=request.POST["email"])
    try:
        order = shop.place(shop.quote(account, New(package="standard", months=12)), buyer)
        checkout = shop.pay(order.number, "domestic_card", buyer_ip=request.META["REMOTE_ADDR"])
    except RequestRefused as refused:
        return HttpResponse(format_html("<p>{}</p>", refused), status=422)
    where = checkout.url if isinstance(checkout, Redirect) else f"/result/{order.token}"
    return HttpResponseRedirect(where, status=303)


def result(_: HttpRequest, token: str) -> HttpResponse:
    try:
        order = shop.order_by_token(token)
    except NotFound:
        raise Http404 from None
    return HttpResponse(format_html("<p>Order {}: <b>{}</b></p>", order.number, order.state))


urlpatterns = [path("", sell), path("buy", buy), path("result/<str:token>", result)]
app = DispatcherMiddleware(
    get_wsgi_application(),
    {"/pay": shop.wsgi()},  # where [seller] public_url points; before Django, so that nothing touches it
)
Thread(target=work, daemon=True).start()

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
