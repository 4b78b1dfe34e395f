"""A shop on Django, in one file: `python shop.py` is its manage.py.

Once `python shop.py payport_migrate`; then `python shop.py runserver`, and `python shop.py payport_worker`.
"""

import os
import secrets
import sys

from django.conf import settings
from django.core.management import execute_from_command_line
from django.core.wsgi import get_wsgi_application
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import include, path
from django.utils.html import format_html

from payport import BuyerDetails, Event, New, NotFound, Redirect, RequestRefused
from payport_django import get_payport

settings.configure(
    SECRET_KEY=os.environ.get("SHOP_SECRET_KEY", secrets.token_hex(32)),
    ALLOWED_HOSTS=["127.0.0.1", "localhost"],
    ROOT_URLCONF=__name__,
    WSGI_APPLICATION=f"{__name__}.app",
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    INSTALLED_APPS=["payport_django"],
    PAYPORT_CONFIG=os.environ.get("PAYPORT_CONFIG", "payport.toml"),
    PAYPORT_SUBSCRIBERS={"crm": f"{__name__}.tell"},
)
paid: list[str] = []


def tell(event: Event) -> None:
    """At least once for each event; whatever your application does when an order is paid."""
    if event.type == "order.paid" and event.order and event.order not in paid:
        paid.append(event.order)


def sell(_: HttpRequest) -> HttpResponse:
    return HttpResponse(
        "<h1>Standard, 12 months</h1><form method='post' action='/buy'>"
        "<input name='name' placeholder='Name'> <input name='email' placeholder='E-mail'><button>Pay</button>"
    )


def buy(request: HttpRequest) -> HttpResponse:
    shop = get_payport()
    account = f"guest-{secrets.token_hex(6)}"  # a host that knows its customers gives its own id
    buyer = BuyerDetails(name=request.POST["name"], email=request.POST["email"])
    try:
        order = shop.place(shop.quote(account, New(package="standard", months=12)), buyer)
        checkout = shop.pay(order.number, "domestic_card", buyer_ip=buyer_ip(request))
    except RequestRefused as refused:
        return HttpResponse(format_html("<p>{}</p>", refused), status=422)
    where = checkout.url if isinstance(checkout, Redirect) else f"/result/{order.token}"
    return HttpResponseRedirect(where, status=303)


def buyer_ip(request: HttpRequest) -> str:
    """The browser's address; see the page on what stands here behind a proxy."""
    return str(request.META["REMOTE_ADDR"])


def result(_: HttpRequest, token: str) -> HttpResponse:
    try:
        order = get_payport().order_by_token(token)
    except NotFound:
        raise Http404 from None
    shown = HttpResponse(format_html("<p>Order {}: <b>{}</b></p>", order.number, order.state))
    if order.state == "placed":
        shown["Refresh"] = "3"  # not yet confirmed: look again
    return shown


urlpatterns = [
    path("", sell),
    path("buy", buy),
    path("result/<str:token>", result),
    path("pay/", include("payport_django.urls")),  # where [seller] public_url points
]
app = get_wsgi_application()

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
