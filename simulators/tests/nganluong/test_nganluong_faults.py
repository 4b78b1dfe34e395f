"""Each switch that spoils an answer, and what goes over the wire when it is on (sheet 8)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest

from payport_simulators.nganluong import ApiFault, Faults, Order, Simulator

API = "/checkout.api.nganluong.post.php"


@pytest.fixture
def paid(simulator: Simulator, opened: Order) -> Order:
    return simulator.settle(opened.token)


@pytest.fixture
def raw(caller: Any, simulator: Simulator, paid: Order) -> Any:
    """The detail of the paid order under these faults, as it came over the wire."""

    def ask(**faults: Any) -> httpx.Response:
        simulator.set_faults(Faults(**faults))
        answer: httpx.Response = caller.client.post(API, data=caller.about(paid.token))
        return answer

    return ask


class TestADetail:
    @pytest.mark.parametrize("status", ["01", "02", "03"])
    def test_may_be_a_success_of_another_status(self, raw: Any, caller: Any, status: str) -> None:
        answer = caller.read(raw(status=status))

        assert (answer["error_code"], answer["transaction_status"]) == ("00", status)

    def test_of_an_open_order_may_claim_the_same(self, caller: Any, simulator: Simulator) -> None:
        token = caller.create(order_code="OPEN")["token"]
        simulator.set_faults(Faults(status="00"))

        assert caller.ask(token)["transaction_status"] == "00"

    def test_may_hold_a_bare_ampersand(self, raw: Any) -> None:
        answer = raw(bare_ampersand=True)

        assert "Ngân Lượng & đối tác" in answer.text
        with pytest.raises(ElementTree.ParseError):
            ElementTree.fromstring(answer.content)

    def test_may_be_of_another_amount(self, raw: Any, caller: Any) -> None:
        assert caller.read(raw(amount_off_by=-1))["total_amount"] == "149999"

    def test_may_be_of_another_paid_order(
        self, raw: Any, caller: Any, simulator: Simulator, paid: Order
    ) -> None:
        cheap = caller.create(order_code="CHEAP", total_amount="2000")["token"]
        simulator.settle(cheap)

        answer = caller.read(raw(other_order=True))

        assert (answer["token"], answer["order_code"], answer["total_amount"]) == (cheap, "CHEAP", "2000")

    def test_may_be_of_an_order_that_nobody_made(self, raw: Any, caller: Any) -> None:
        answer = caller.read(raw(other_order=True))

        assert (answer["error_code"], answer["order_code"]) == ("00", "OTHER-ORDER")

    def test_may_be_a_page(self, raw: Any) -> None:
        answer = raw(query=ApiFault.HTML)

        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert answer.text.startswith("<!doctype html>")

    def test_may_be_a_servers_error(self, raw: Any) -> None:
        assert raw(query=ApiFault.SERVER_ERROR).status_code == 502

    def test_may_end_in_its_middle(self, raw: Any) -> None:
        whole = raw().content

        assert raw(query=ApiFault.HALF).content == whole[: len(whole) // 2]

    def test_may_come_in_another_encoding(self, raw: Any) -> None:
        answer = raw(query=ApiFault.OTHER_ENCODING)

        assert answer.headers["content-type"] == "text/xml; charset=utf-16"
        assert answer.content.decode("utf-16") == raw().text

    def test_may_be_a_redirect(self, raw: Any) -> None:
        answer = raw(query=ApiFault.REDIRECT)

        assert (answer.status_code, answer.headers["location"]) == (302, "/maintenance.html")

    def test_may_say_through_an_entity_what_it_says(self, raw: Any) -> None:
        answer = raw(query=ApiFault.DTD)

        assert '<!DOCTYPE result [<!ENTITY said "00">]><result><error_code>&said;</error_code>' in answer.text
        assert ElementTree.fromstring(answer.content).findtext("error_code") == "00"

    def test_may_be_slow(self, raw: Any, caller: Any, simulator: Simulator) -> None:
        caller.client.timeout = httpx.Timeout(0.1)

        with pytest.raises(httpx.ReadTimeout):
            raw(query=ApiFault.SLOW, slow_for=timedelta(seconds=0.5))

        assert simulator.api_calls[-1].error_code == "00"  # done, and nobody was told


class TestAnOrderQuery:
    def test_may_write_its_numbers_as_text(self, caller: Any, simulator: Simulator, paid: Order) -> None:
        simulator.set_faults(Faults(numbers_as_text=True))

        data = caller.check(paid.token)["data"]

        assert (data["total_amount"], data["transaction_id"], data["payment_type"]) == (
            "150000",
            "19900002",
            "1",
        )

    def test_has_no_entities_to_speak_through(self, caller: Any, simulator: Simulator, paid: Order) -> None:
        simulator.set_faults(Faults(query=ApiFault.DTD))

        assert caller.check(paid.token)["error_code"] == "00"

    def test_may_tell_of_another_order(self, caller: Any, simulator: Simulator, paid: Order) -> None:
        simulator.set_faults(Faults(other_order=True))

        assert caller.check(paid.token)["data"]["token"] != paid.token


class TestACreate:
    def test_that_is_spoilt_makes_its_order_all_the_same(self, caller: Any, simulator: Simulator) -> None:
        simulator.set_faults(Faults(create=ApiFault.SERVER_ERROR))

        answer = caller.client.post(API, data=caller.fields())

        assert answer.status_code == 502
        assert simulator.orders[0].code == "ORD1001"

    def test_is_not_spoilt_by_what_spoils_queries(self, caller: Any, simulator: Simulator) -> None:
        simulator.set_faults(Faults(query=ApiFault.HTML))

        assert caller.create()["error_code"] == "00"

    def test_may_hold_a_bare_ampersand_in_an_address_that_works(
        self, caller: Any, simulator: Simulator
    ) -> None:
        simulator.set_faults(Faults(bare_ampersand=True))

        text = caller.client.post(API, data=caller.fields()).text

        url = text.partition("<checkout_url>")[2].partition("</checkout_url>")[0]
        assert url.endswith("?lang=vi&app=1")
        assert caller.client.get(url).status_code == 200


def test_what_was_really_said_is_kept(caller: Any, simulator: Simulator, raw: Any) -> None:
    raw(query=ApiFault.HTML)

    call = simulator.api_calls[-1]
    assert (call.error_code, call.http_status) == ("00", 200)
    assert call.answer.startswith("<!doctype html>")
