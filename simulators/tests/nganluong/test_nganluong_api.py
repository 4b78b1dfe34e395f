"""What a shop's server is answered: orders, their details, and the two order queries (sheet 3.6, 4, 8)."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from payport_simulators.nganluong import Merchant, Order, Simulator, State, app

API = "/checkout.api.nganluong.post.php"
SEAMLESS = "/checkoutseamless.api.nganluong.post.php"
SECRET = " bí mật 42 "
OTHER = {"secret": "another merchant's", "merchant_id": "048002"}


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


class TestAnOrder:
    def test_is_answered_with_a_token_and_the_address_of_its_page(self, caller: Any) -> None:
        answer = caller.create()

        assert answer["error_code"] == "00"
        assert re.fullmatch(r"[0-9]+-[0-9a-f]{32}", answer["token"])
        assert (
            answer["checkout_url"] == f"{caller.client.base_url}/version31/index/token_code/{answer['token']}"
        )

    def test_of_the_same_code_has_another_token_and_both_can_be_paid(
        self, caller: Any, simulator: Simulator
    ) -> None:
        tokens = [caller.create()["token"] for _ in range(2)]

        paid = [simulator.settle(token) for token in tokens]

        assert tokens[0] != tokens[1]
        assert [order.state for order in paid] == [State.PAID] * 2
        assert len({order.transaction_id for order in paid}) == 2

    def test_may_stand_in_the_query_string_of_an_empty_post(self, caller: Any) -> None:
        answer = caller.client.post(API, params=caller.fields())

        assert caller.read(answer)["error_code"] == "00"

    def test_of_the_body_counts_where_both_are_there(self, caller: Any, simulator: Simulator) -> None:
        caller.client.post(
            API, params=caller.fields(order_code="QUERY"), data=caller.fields(order_code="BODY")
        )

        assert simulator.orders[0].code == "BODY"

    def test_in_a_body_that_is_no_form_is_not_seen(self, caller: Any) -> None:
        answer = caller.client.post(API, json=caller.fields())

        assert caller.read(answer)["error_code"] == "04"

    def test_through_the_seamless_address_is_sent_to_the_same_page(self, caller: Any) -> None:
        wallet = caller.fields(version="3.2", payment_method="WALLET")

        answer = caller.read(caller.client.post(SEAMLESS, data=wallet))

        assert (answer["error_code"], answer["auth_site"]) == ("00", "BANK")
        assert answer["auth_url"].endswith(f"/version31/index/token_code/{answer['token']}")

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"function": "SetRefund"}, "04"),
            ({"function": None}, "04"),
            ({"function": "UpdateOrderAuto"}, "04"),  # there is none in 3.1
            ({"version": "3.2"}, "05"),
            ({"merchant_id": "48001"}, "06"),
            ({"merchant_id": "048003"}, "06"),
            ({"merchant_password": md5(SECRET).upper()}, "07"),
            ({"merchant_password": md5(SECRET.strip())}, "07"),
            ({"merchant_password": SECRET}, "07"),
            ({"receiver_email": None}, "110"),
            ({"receiver_email": "shop"}, "110"),
            ({"receiver_email": "other@example.vn"}, "08"),
            ({"order_code": ""}, "10"),
            ({"order_code": "x" * 151}, "10"),
            ({"total_amount": "1999"}, "11"),
            ({"total_amount": "150000.00"}, "11"),
            ({"total_amount": "1.5e5"}, "11"),
            ({"total_amount": "-150000"}, "11"),
            ({"total_amount": "0150000"}, "11"),
            ({"total_amount": "١٥٠٠٠٠"}, "11"),
            ({"cur_code": "VND"}, "12"),
            ({"payment_method": "CASH"}, "01"),
            ({"payment_method": "ATM_ONLINE"}, "134"),
            ({"payment_method": "ATM_ONLINE", "bank_code": "VISA"}, "28"),
            ({"payment_method": "VISA", "bank_code": "VCB"}, "28"),
            ({"return_url": None}, "121"),
            ({"return_url": "javascript:alert(1)"}, "121"),
            ({"return_url": "http://[::1"}, "121"),
            ({"return_url": f"https://shop.example/{'x' * 500}"}, "121"),
            ({"cancel_url": "shop"}, "122"),
            ({"buyer_fullname": ""}, "129"),
            ({"buyer_email": "a"}, "130"),
            ({"buyer_mobile": "none"}, "131"),
            ({"buyer_mobile": None}, "131"),
            ({"notify_url": "shop"}, "03"),
            ({"payment_type": "3"}, "03"),
            ({"tax_amount": "1.0"}, "118"),
            ({"discount_amount": "-1"}, "119"),
            ({"fee_shipping": "x"}, "120"),
            ({"order_description": "a\nb"}, "126"),
            ({"time_limit": "soon"}, "128"),
            ({"buyer_address": "x" * 501}, "132"),
        ],
    )
    def test_that_is_not_as_specified_is_refused_with_its_code(
        self, caller: Any, simulator: Simulator, changes: dict[str, str | None], code: str
    ) -> None:
        answer = caller.create(**changes)

        assert (answer["error_code"], answer["token"], answer["checkout_url"]) == (code, "", "")
        assert simulator.orders == ()
        assert simulator.refused[0].code == code

    def test_is_judged_in_the_sheets_order(self, caller: Any) -> None:
        """Everything is wrong; what the gateway complains of first is put right, one after the other."""
        right = caller.fields(payment_method="VISA", bank_code="VISA")
        fields = dict.fromkeys(right, "?") | {"bank_code": ""}
        codes = []
        for name in [
            "function", "version", "merchant_id", "merchant_password", "receiver_email", "order_code",
            "total_amount", "cur_code", "payment_method", "bank_code", "return_url", "cancel_url",
            "buyer_fullname", "buyer_email", "buyer_mobile", "notify_url",
        ]:  # fmt: skip
            if name == "order_code":
                fields[name] = ""
            if name == "cur_code":
                fields["cur_code"] = "eur"
            if name == "buyer_fullname":
                fields[name] = ""
            codes.append(caller.read(caller.client.post(API, data=fields))["error_code"])
            fields[name] = right.get(name, "vnd")

        assert codes == [
            "04", "05", "06", "07", "110", "10", "11", "12", "01", "134", "121", "122", "129", "130", "131",
            "03",
        ]  # fmt: skip
        assert caller.read(caller.client.post(API, data=fields))["error_code"] == "00"

    def test_takes_the_wallets_address_in_any_case(self, caller: Any) -> None:
        assert caller.create(receiver_email="Shop@Example.VN")["error_code"] == "00"

    def test_too_long_for_any_form_is_not_read(self, caller: Any) -> None:
        assert caller.client.post(API, data={"order_code": "x" * 70_000}).status_code == 413


class TestTheDetail:
    def test_of_an_open_order_is_not_paid_yet(self, caller: Any, opened: Order) -> None:
        answer = caller.ask(opened.token)

        assert (answer["error_code"], answer["token"]) == ("81", opened.token)
        assert "transaction_status" not in answer

    def test_of_a_paid_order_tells_all_of_it(
        self, caller: Any, opened: Order, simulator: Simulator, shop: Any
    ) -> None:
        simulator.settle(opened.token, paid_with="ATM_ONLINE", bank="VCB")

        assert caller.ask(opened.token) == {
            "error_code": "00",
            "token": opened.token,
            "description": "",
            "transaction_status": "00",
            "receiver_email": "shop@example.vn",
            "order_code": "ORD1001",
            "total_amount": "150000",
            "payment_method": "ATM_ONLINE",
            "bank_code": "VCB",
            "payment_type": "1",
            "order_description": "Thanh toán đơn ORD1001",
            "tax_amount": "0",
            "discount_amount": "0",
            "fee_shipping": "0",
            "return_url": f"{shop.url}/return?own=1".replace(":", "%3A")
            .replace("/", "%2F")
            .replace("?", "%3F")
            .replace("=", "%3D"),
            "cancel_url": f"{shop.url}/cancel".replace(":", "%3A").replace("/", "%2F"),
            "notify_url": f"{shop.url}/notify".replace(":", "%3A").replace("/", "%2F"),
            "time_limit": "1440",
            "buyer_fullname": "Nguyễn Văn A",
            "buyer_email": "a@example.vn",
            "buyer_mobile": "0900000001",
            "buyer_address": "1 Lê Lợi",
            "affiliate_code": "",
            "transaction_id": "19900002",
        }

    @pytest.mark.parametrize(
        ("state", "code"), [(State.CANCELLED, "115"), (State.FAILED, "25")], ids=["cancelled", "failed"]
    )
    def test_of_an_order_that_ended_otherwise_is_its_code(
        self, caller: Any, opened: Order, simulator: Simulator, state: State, code: str
    ) -> None:
        simulator.settle(opened.token, state)

        assert caller.ask(opened.token)["error_code"] == code

    def test_of_held_money_is_a_success_of_another_payment_type(
        self, caller: Any, opened: Order, simulator: Simulator
    ) -> None:
        simulator.settle(opened.token, State.HELD)
        held = caller.ask(opened.token)
        simulator.release(opened.token)
        released = caller.ask(opened.token)

        names = ("error_code", "transaction_status", "payment_type", "transaction_id")
        assert [held[name] for name in names] == ["00", "00", "2", "19900002"]
        assert [released[name] for name in names] == ["00", "00", "1", "19900002"]

    def test_of_an_order_that_asked_to_be_held_is_held(self, caller: Any, simulator: Simulator) -> None:
        token = caller.create(payment_type="2")["token"]

        assert simulator.settle(token).state is State.HELD

    @pytest.mark.parametrize("token", ["", "1-00000000000000000000000000000000"])
    def test_of_an_unknown_token_is_29(self, caller: Any, opened: Order, token: str) -> None:
        assert caller.ask(token)["error_code"] == "29"

    def test_of_anothers_token_is_13(self, caller: Any, opened: Order) -> None:
        assert caller.ask(opened.token, **OTHER)["error_code"] == "13"

    def test_needs_the_password(self, caller: Any, opened: Order) -> None:
        assert caller.ask(opened.token, secret="guessed")["error_code"] == "07"

    def test_of_what_markup_is_made_of_is_escaped(self, caller: Any, simulator: Simulator) -> None:
        token = caller.create(order_description="<b>&amp;</b> & \"'")["token"]
        simulator.settle(token)

        assert caller.ask(token)["order_description"] == "<b>&amp;</b> & \"'"


class TestUpdateOrderAuto:
    def test_pays_without_a_browser_and_tells_the_shop(self, caller: Any, opened: Order, shop: Any) -> None:
        answer = caller.ask(opened.token, path=SEAMLESS, version="3.2", function="UpdateOrderAuto")

        assert answer == {"error_code": "00", "token": opened.token}
        assert caller.ask(opened.token)["transaction_status"] == "00"
        assert [told.fields["token"] for told in shop.told] == [opened.token]

    def test_of_anothers_token_pays_nothing(self, caller: Any, opened: Order, simulator: Simulator) -> None:
        answer = caller.ask(opened.token, path=SEAMLESS, version="3.2", function="UpdateOrderAuto", **OTHER)

        assert answer["error_code"] == "13"
        assert simulator.order("ORD1001").state is State.OPEN

    def test_is_only_in_the_sandbox(self, gateway_stage: Any, caller: Any) -> None:
        live = Simulator({"048001": Merchant("048001", SECRET, "shop@example.vn")}, sandbox=False)
        gateway_stage.app = app(live)

        answer = caller.ask("1-0", path=SEAMLESS, version="3.2", function="UpdateOrderAuto")

        assert answer["error_code"] == "04"
        live.close()


class TestAnOrderQuery:
    def test_by_token_tells_a_paid_order_in_json(
        self, caller: Any, opened: Order, simulator: Simulator
    ) -> None:
        simulator.settle(opened.token)

        answer = caller.check(opened.token)

        assert answer["error_code"] == "00"
        data = answer["data"]
        assert (data["token"], data["order_code"], data["transaction_status"]) == (
            opened.token,
            "ORD1001",
            "00",
        )
        assert (data["total_amount"], data["transaction_id"], data["payment_type"]) == (
            150_000,
            19_900_002,
            1,
        )
        assert data["affiliate_code"] == "null"

    @pytest.mark.parametrize(
        ("ending", "code"), [(None, "81"), (State.CANCELLED, "115"), (State.FAILED, "25")]
    )
    def test_by_token_of_an_unpaid_order_has_no_data(
        self, caller: Any, opened: Order, simulator: Simulator, ending: State | None, code: str
    ) -> None:
        if ending is not None:
            simulator.settle(opened.token, ending)

        assert caller.check(opened.token) == {"error_code": code, "data": None}

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"secret": "guessed"}, "03"),
            ({"secret": "another merchant's", "merchant": "048002"}, "13"),
            ({"merchant": "048009"}, "06"),
        ],
    )
    def test_by_token_is_refused_to_others(
        self, caller: Any, opened: Order, changes: dict[str, str], code: str
    ) -> None:
        assert caller.check(opened.token, **changes)["error_code"] == code

    def test_by_order_code_prefers_the_token_that_is_paid(
        self, caller: Any, opened: Order, simulator: Simulator
    ) -> None:
        simulator.settle(opened.token)
        caller.create()

        data = {"merchant_id": "048001", "order_code": "ORD1001", "checksum": md5(f"ORD1001|{SECRET}")}
        answer = caller.client.post("/service/order/checkV2", data=data).json()

        assert answer["data"]["token"] == opened.token

    def test_by_order_code_of_none_is_29_and_with_get_is_01(self, caller: Any) -> None:
        data = {"merchant_id": "048001", "order_code": "NONE", "checksum": md5(f"NONE|{SECRET}")}

        assert caller.client.post("/service/order/checkV2", data=data).json()["error_code"] == "29"
        assert caller.client.get("/service/order/checkV2", params=data).json()["error_code"] == "01"


def test_after_its_time_an_order_can_only_be_cancelled(
    caller: Any, simulator: Simulator, clock: Any, shop: Any
) -> None:
    token = caller.create(time_limit="15")["token"]
    clock.move(minutes=15)

    order = simulator.settle(token)

    assert (order.state, order.expires_at) == (State.CANCELLED, order.created_at + timedelta(minutes=15))
    assert shop.told == []


def test_what_was_asked_is_kept_without_any_password(
    caller: Any, opened: Order, simulator: Simulator
) -> None:
    caller.ask(opened.token)
    caller.check(opened.token)

    calls = simulator.api_calls
    assert [call.function for call in calls] == ["SetExpressCheckout", "GetTransactionDetail", "check"]
    assert [call.error_code for call in calls] == ["00", "81", "81"]
    assert all("merchant_password" not in call.fields and "checksum" not in call.fields for call in calls)
    assert SECRET not in repr(simulator.merchants)


def test_a_gateway_that_was_started_again_gives_no_earlier_number_out(
    caller: Any, clock: Any, gateway_stage: Any
) -> None:
    merchants = {"048001": Merchant("048001", SECRET, "shop@example.vn")}
    later = Simulator(merchants, clock=clock, first_number=10**10)
    gateway_stage.app = app(later)

    token = caller.create()["token"]

    assert token.startswith("10000000000-")
    assert later.settle(token).transaction_id == 10**10 + 1
    later.close()


def test_a_merchant_whose_password_was_changed_needs_the_new_one(
    caller: Any, opened: Order, simulator: Simulator
) -> None:
    simulator.put_merchant(Merchant("048001", "new", "shop@example.vn"))

    assert caller.ask(opened.token)["error_code"] == "07"
    assert caller.ask(opened.token, secret="new")["error_code"] == "81"


def test_there_is_no_other_way_in(gateway: httpx.Client) -> None:
    assert gateway.get(API).status_code == 405
    assert gateway.get("/service/order/check").status_code == 405
