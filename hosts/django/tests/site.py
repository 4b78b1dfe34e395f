"""The URLs of the project that the tests run, and the middlewares that stand in a door's way."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import admin
from django.contrib.auth.models import Group
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import include, path

from payport import Event, Observer, Payment, Refusal
from payport_django.admin import PayportOrdersMixin

__all__ = ["told", "urlpatterns"]

Answer = Callable[[HttpRequest], HttpResponse]
told: list[Event] = []


class Watcher(Observer):
    made = 0

    def __init__(self) -> None:
        type(self).made += 1


def tell(event: Event) -> None:
    told.append(event)


async def tell_later(event: Event) -> None: ...


def refuse_all(payment: Payment) -> Refusal | None:
    return Refusal("không", "not today")


def reads_the_body(answer: Answer) -> Answer:
    """As one that logs requests."""

    def read(request: HttpRequest) -> HttpResponse:
        assert request.body is not None
        return answer(request)

    return read


def reads_the_form(answer: Answer) -> Answer:
    """As one that looks for a field in every form. Of a multipart form nothing is left to read."""

    def read(request: HttpRequest) -> HttpResponse:
        assert request.POST is not None
        return answer(request)

    return read


admin.site.unregister(Group)


def sends_all_to_log_in(answer: Answer) -> Answer:
    return lambda _: HttpResponseRedirect("/login")


@admin.register(Group)
class CustomerAdmin(PayportOrdersMixin, admin.ModelAdmin):  # type: ignore[type-arg]
    fields = ("name", "payport_orders")

    def payport_account(self, obj: Group) -> str:
        return obj.name


urlpatterns = [
    path("pay/", include("payport_django.urls")),
    path("result/<str:token>", lambda _, token: HttpResponse(token)),
    path("admin/", admin.site.urls),
]
