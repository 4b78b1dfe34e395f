"""An account's orders on the customer's page of the host's admin: to read, and no more."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.admin import ModelAdmin, site
from django.contrib.auth.models import Group, User
from django.test import Client, override_settings

from payport import BuyerDetails, New, Payport
from payport_django.admin import PayportOrdersMixin


@pytest.fixture
def staff(_tables_of_django: None) -> Iterator[Client]:
    person = User.objects.create_superuser("lan", password="synthetic")
    client = Client()
    client.force_login(person)
    yield client
    person.delete()
    Group.objects.all().delete()


def page(staff: Client, customer: Group) -> str:
    return staff.get(f"/admin/auth/group/{customer.pk}/change/").content.decode()


class TestACustomersPage:
    def test_shows_the_orders_of_the_account_and_leads_to_the_back_office(
        self, payport: Payport, staff: Client
    ) -> None:
        customer = Group.objects.create(name="binh-minh")
        quote = payport.quote("binh-minh", New(package="standard", months=12))
        order = payport.place(quote, BuyerDetails(name="<b>Hà", email="ha@example.vn"))
        of_another = Group.objects.create(name="hoa-sua")

        shown = page(staff, customer)
        with override_settings(PAYPORT_BACKOFFICE_URL="https://desk.example/office/"):
            linked = page(staff, customer)

        assert f"<b>{order.number}</b> {order.quote.total} placed" in shown
        assert f'<a href="https://desk.example/office/orders/{order.number}">{order.number}</a>' in linked
        assert order.number not in page(staff, of_another)

    def test_shows_a_mistake_of_the_host_and_takes_a_number_for_an_account(self, payport: Payport) -> None:
        class ByNumber(PayportOrdersMixin, ModelAdmin):  # type: ignore[type-arg]
            def payport_account(self, obj: Group) -> int:  # type: ignore[override]
                return obj.pk

        class Mistaken(PayportOrdersMixin, ModelAdmin):  # type: ignore[type-arg]
            def payport_account(self, obj: Group) -> str:
                return obj.nothing  # type: ignore[attr-defined,no-any-return]

        quote = payport.quote("5", New(package="standard", months=12))
        order = payport.place(quote, BuyerDetails(name="Hà", email="ha@example.vn"))

        assert order.number in (ByNumber(Group, site).payport_orders(Group(pk=5)) or "")
        with pytest.raises(AttributeError):
            Mistaken(Group, site).payport_orders(Group(pk=5))

    def test_is_there_for_a_new_customer_and_without_payports_database(
        self, payport: Payport, staff: Client
    ) -> None:
        customer = Group.objects.create(name="binh-minh")
        payport.configuration.path.with_name("payport.sqlite").write_bytes(b"no database at all" * 100)

        assert "Payport does not answer." in page(staff, customer)
        assert staff.get("/admin/auth/group/add/").status_code == 200
