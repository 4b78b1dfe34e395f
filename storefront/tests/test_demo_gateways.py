"""The demo's gateways together: each takes its money, whatever they are set to, and tells the shop."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from payport import BuyerDetails, New, Redirect
from payport_storefront.demo.configuration import DOMESTIC, INTERNATIONAL, VNPAY, WALLET
from payport_storefront.demo.presets import PRESETS
from storefront.tests.street import Street, open_street
from storefront.tests.town import BUYER


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    with open_street(tmp_path_factory.mktemp("street") / "shop") as street:
        yield street


class TestABuyerOfTheDemo:
    @pytest.mark.parametrize(
        ("account", "method", "package", "months"),
        [
            (VNPAY, "domestic_card", "standard", 12),
            (DOMESTIC, "domestic_card", "enterprise", 24),
            (INTERNATIONAL, "international_card", "standard", 12),
            (WALLET, "wallet", "standard", 12),
        ],
    )
    def test_pays_at_each_gateway_though_it_is_set_to_misbehave(
        self, street: Street, account: str, method: str, package: str, months: int
    ) -> None:
        payport, gateways = street.town.payport, street.town.gateways
        quote = payport.quote(f"buyer-at-{account}", New(package=package, months=months))
        order = payport.place(quote, BuyerDetails(**BUYER))
        checkout = payport.pay(order.number, method, buyer_ip="127.0.0.1")
        assert isinstance(checkout, Redirect)

        gateways.behave(PRESETS["short"])
        assert gateways.pay(checkout.url)
        gateways.behave(PRESETS["none"])
        payport.work()

        paid = payport.order(order.number)
        assert (paid.state, paid.payments[0].gateway_account) == ("paid", account)
        assert gateways.told[-1].call.reference == paid.payments[0].merchant_reference

    @pytest.mark.parametrize(
        "path",
        [
            "/gateways/vnpay/paymentv2/vpcpay.html?vnp_TxnRef=1",
            "/gateways/onepay/paygate/vpcpay.op?vpc_MerchTxnRef=1",
            "/gateways/nganluong/version31/index/token_code/1-0",
            "/gateways/bank/bank/app",
            "/result/1",
        ],
    )
    def test_pays_nothing_where_nothing_is_to_be_paid(self, street: Street, path: str) -> None:
        assert not street.town.gateways.pay(f"{street.url}{path}")
