"""docs/versioning.md: what was built yesterday works today; two majors of one contract live together."""

from __future__ import annotations

import hashlib
import hmac
import inspect
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import pytest

from payport.errors import ConfigurationError
from payport.gateways import hookspec
from payport.gateways.library import ContractLibrary
from payport.gateways.registry import discover
from payport.rules.payment import Payment
from payport.signing.contract import load_contract
from tests.docs.pages import page
from tests.support.door import Door
from tests.support.shop import Shop, open_shop
from tests.versions.surface import Surface, breaks, promised, surface

PAGE: Final = page("versioning.md")
SECRET: Final = "the key of a bank that does not exist"
IPN: Final = """
id = "yesterday-ipn"
version = "1.0.0"
source = "its sheet, 1"
grade = "proof"
fields = "query"
currency = "VND"
covers = { merchant_account = "merchant", merchant_reference = "order_ref", amount = "amount", outcome = "status", gateway_reference = "txn" }
message = { select = { prefix = [""], leave_out = ["sig"] }, names = true, join = "&", values = "php form" }
signature = { at = "field.sig", algorithm = "HMAC-SHA256", key = "ipn_secret", written = "hex lower" }
"""  # noqa: E501
SECOND: Final = IPN.replace("1.0.0", "2.0.0").replace("SHA256", "SHA512").replace("sheet, 1", "sheet, 2")
REQUEST: Final = """
id = "yesterday-request"
version = "1.0.0"
source = "its sheet, 1"
direction = "request"
fields = "json"
message = { parts = ["field.order_ref", "field.amount"], join = "|" }
signature = { at = "field.sig", algorithm = "HMAC-SHA256", key = "ipn_secret", written = "hex lower" }
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of `sys.path` in which both gateways are installed, with their contracts."""
    folder = tmp_path / "site"
    (folder / "contracts_of_yesterday").mkdir(parents=True)
    texts = {"__init__.py": "", "ipn.toml": IPN, "ipn-2.toml": SECOND, "request.toml": REQUEST}
    for name, text in texts.items():
        (folder / "contracts_of_yesterday" / name).write_text(text, encoding="utf-8")
    info = folder / "payport_yesterday-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: payport-yesterday\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[payport.gateways]\n"
        "yesterday = tests.versions.yesterdays_plugin\n"
        "generations = tests.versions.two_generations\n"
        "[payport.contracts]\nyesterday = contracts_of_yesterday\n"
    )
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, "contracts_of_yesterday", raising=False)
    return tmp_path


@pytest.fixture
def opened(site: Path, database_url: str) -> Iterator[Callable[[str], Shop]]:
    """Opens a shop with these accounts, and closes it."""
    with ExitStack() as until_the_end:

        def open_(accounts: str) -> Shop:
            shop = open_shop(site, database_url, accounts=accounts)
            until_the_end.callback(shop.payport.close)
            return shop

        yield open_


def account(name: str, plugin: str, **more: Any) -> str:
    settings = ", ".join([
        'merchant_code = "YESTER01"', *(f"{key} = {json.dumps(value)}" for key, value in more.items())
    ])  # fmt: skip
    return f"""
[[accounts]]
name = "{name}"
plugin = "{plugin}"
environment = "sandbox"
settings = {{ {settings} }}
keys = [{{ role = "ipn_secret", id = "1", value = "{SECRET}" }}]

[[methods]]
id = "{name}"
accounts = ["{name}"]
"""


def begin(shop: Shop, method: str, buyer: str) -> Payment:
    order = shop.order(buyer)
    shop.payport.pay(order.number, method, buyer_ip="203.0.113.9")
    return shop.payport.order(order.number).payments[-1]


def ipn(payment: Payment, *, txn: str, algorithm: str = "sha256") -> bytes:
    """Signed here, by hand, as the sheet says."""
    said = {
        "amount": payment.amount.minor,
        "merchant": "YESTER01",
        "order_ref": payment.merchant_reference,
        "status": "00",
        "txn": txn,
    }
    text = urlencode(said)
    return f"{text}&sig={hmac.digest(SECRET.encode(), text.encode(), algorithm).hex()}".encode()


def test_PLG_04_a_plugin_for_yesterdays_hook_spec_is_bought_through(opened: Callable[[str], Shop]) -> None:
    shop = opened(account("yesterday", "yesterday"))
    payment = begin(shop, "yesterday", "khach")

    Door(shop, "yesterday").ipn(ipn(payment, txn="1"))

    assert shop.payport.order(payment.order_number).state == "paid"
    assert "refund" in shop.payport.capabilities("yesterday")


class TestTwoMajorsOfOneContract:
    def test_PLG_04_each_verifies_the_payments_of_its_own_account(
        self, opened: Callable[[str], Shop]
    ) -> None:
        accounts = account("old", "generations", generation=1) + account("new", "generations")
        shop = opened(accounts)
        first, second = begin(shop, "old", "truoc"), begin(shop, "new", "sau")

        Door(shop, "new").ipn(ipn(second, txn="2", algorithm="sha512"))
        Door(shop, "old").ipn(ipn(first, txn="1"))

        assert [shop.payport.order(each.order_number).state for each in (first, second)] == ["paid", "paid"]
        judged = [row.contract for row in shop.payport.callbacks().rows]
        assert sorted(judged) == ["yesterday-ipn 1.0.0", "yesterday-ipn 2.0.0"]

    @pytest.mark.parametrize("key", ["ipn_key", "ipn_secret"])
    def test_PLG_04_an_account_needs_the_keys_of_its_own_major_alone(
        self, opened: Callable[[str], Shop], site: Path, key: str
    ) -> None:
        """What makes a new major is often a key of another role, which the old account never gets."""
        file = site / "site" / "contracts_of_yesterday" / "ipn-2.toml"
        file.write_text(SECOND.replace('"ipn_secret"', f'"{key}"'), encoding="utf-8")
        new = account("new", "generations").replace('"ipn_secret"', f'"{key}"')
        shop = opened(account("old", "generations", generation=1) + new)
        first, second = begin(shop, "old", "truoc"), begin(shop, "new", "sau")

        Door(shop, "new").ipn(ipn(second, txn="2", algorithm="sha512"))
        Door(shop, "old").ipn(ipn(first, txn="1"))

        assert [shop.payport.order(each.order_number).state for each in (first, second)] == ["paid", "paid"]

    def test_PLG_04_an_account_with_the_keys_of_neither_stops_the_start(
        self, opened: Callable[[str], Shop]
    ) -> None:
        with pytest.raises(ConfigurationError, match="no key has the role ipn_secret"):
            opened(account("new", "generations").replace('"ipn_secret"', '"hash_secret"'))

    def test_PLG_04_neither_door_takes_the_others_messages(self, opened: Callable[[str], Shop]) -> None:
        accounts = account("old", "generations", generation=1) + account("new", "generations")
        shop = opened(accounts)
        payment = begin(shop, "new", "khach")

        Door(shop, "new").ipn(ipn(payment, txn="2"))

        assert shop.payport.order(payment.order_number).state == "placed"

    def test_PLG_04_are_named_with_their_number_and_never_by_the_id_alone(self) -> None:
        library = ContractLibrary(
            [("one", load_contract(IPN, source="1")), ("two", load_contract(SECOND, source="2"))]
        )
        from payport.testing import offered
        from tests.versions import two_generations

        (found,) = discover(
            contracts=library, entry_points=offered(two_generations, name="generations")
        ).gateways.values()

        assert sorted(found.contracts) == ["yesterday-ipn@1", "yesterday-ipn@2"]


class TestWhatAPluginMayRelyOn:
    """`promised.json` grows with each release. What stands in it stays: surface.py writes no other."""

    def test_stays_as_it_is_promised(self) -> None:
        assert breaks(promised(), surface()) == []

    def test_is_written_down_before_it_is_promised(self) -> None:
        """`python -m tests.versions.surface` writes down what is new."""
        assert promised() == surface()

    def test_hooks_are_called_by_the_names_of_their_arguments(self) -> None:
        for name in [each for each in hookspec.__all__ if inspect.isfunction(getattr(hookspec, each))]:
            kinds = {each.kind for each in inspect.signature(getattr(hookspec, name)).parameters.values()}
            assert kinds <= {inspect.Parameter.POSITIONAL_OR_KEYWORD}, name

    def test_the_page_names_the_file_and_the_frozen_plugin(self) -> None:
        for path in ("tests/versions/promised.json", "tests/versions/yesterdays_plugin.py"):
            assert path in PAGE


def without(name: str, member: str) -> Surface:
    return now(name, {key: shape for key, shape in promised()[name].items() if key != member})


def now(name: str, members: Mapping[str, str]) -> Surface:
    return {**promised(), name: members}


class TestWhatWouldBreakAPlugin:
    @pytest.mark.parametrize(
        ("after", "said"),
        [
            (without("Verified", "get()"), "Verified.get() is gone"),
            (without("Verified", "local_time(form)"), "Verified.local_time(form) is gone"),
            (without("PostForm", "fields"), "PostForm.fields is gone"),
            (without("hook refund", "refund"), "hook refund.refund is gone"),
            (
                {name: shape for name, shape in promised().items() if name != "ShowQR"},
                "ShowQR is gone",
            ),
            (
                now("Reply", {**promised()["Reply"], "body": "str"}),
                "Reply.body was bytes, and is str",
            ),
            (
                now("post", {**promised()["post"], "repeatable": "keyword bool"}),
                "post.repeatable has no default any more",
            ),
            (
                now("post", {**promised()["post"], "repeatable": "keyword bool = True"}),
                "post.repeatable has another default",
            ),
            (
                now("PostForm", {**promised()["PostForm"], "method": "str"}),
                "PostForm.method was added without a default",
            ),
            (
                now("Verified", {**promised()["Verified"], "get(kind)": "str"}),
                "Verified.get(kind) was added without a default",
            ),
            (
                now("GatewaySettings", {**promised()["GatewaySettings"], "x": "abstract property str"}),
                "GatewaySettings.x was added without a default",
            ),
            (
                now("Redirect", {"once": "bool = False", **promised()["Redirect"]}),
                "Redirect: what is given by its place has another place",
            ),
        ],
    )
    def test_is_named(self, after: Surface, said: str) -> None:
        assert breaks(promised(), after) == [said]

    @pytest.mark.parametrize(
        ("name", "more"),
        [
            ("PostForm", {"method": "str = 'POST'"}),
            ("Payment", {"language": "str"}),
            ("hook refund", {"settings": "GatewaySettings"}),
            ("Verified", {"decimal()": "Decimal", "decimal(name)": "str"}),
            ("GatewaySettings", {"hosts": "property frozenset[str]"}),
            ("Outcome", {"EXPIRED": "is 'expired'"}),
            ("post", {"xml": "keyword bytes | None = None"}),
        ],
    )
    def test_is_not_what_is_added_as_the_page_says(self, name: str, more: Mapping[str, str]) -> None:
        assert breaks(promised(), now(name, {**promised()[name], **more})) == []

    def test_is_not_a_name_or_a_default_that_is_new(self) -> None:
        optional = {**promised()["PaymentReport"], "amount": "Money | None = None"}

        assert breaks(promised(), {**promised(), "Later": {"x": "int"}}) == []
        assert breaks(promised(), now("PaymentReport", optional)) == []


def digest_of_the_frozen_plugin() -> str:
    return hashlib.sha256(Path(__file__).with_name("yesterdays_plugin.py").read_bytes()).hexdigest()


def test_the_frozen_plugin_is_as_it_was() -> None:
    assert digest_of_the_frozen_plugin() in PAGE
