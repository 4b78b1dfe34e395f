"""The demo's payport.toml: five gateway accounts, all simulated, and the keys that only the demo knows."""

from __future__ import annotations

import secrets
import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

__all__ = [
    "BANK_ACCOUNT", "BANK_BIN", "BANK_HOLDER", "DOMESTIC", "DOMESTIC_MERCHANT", "INTERNATIONAL",
    "INTERNATIONAL_MERCHANT", "JOURNAL_HEADS", "JOURNAL_KEY", "JOURNAL_KEY_ID", "ORDER_ONLY", "RECEIVER",
    "TERMINAL", "VNPAY", "WALLET", "WALLET_MERCHANT",
    "Keys", "added", "written",
]  # fmt: skip

VNPAY: Final = "vnpay-main"
DOMESTIC: Final = "onepay-domestic"
INTERNATIONAL: Final = "onepay-international"
WALLET: Final = "nganluong-main"
ORDER_ONLY: Final = "order-only"

TERMINAL: Final = "SAOVIET1"
DOMESTIC_MERCHANT: Final = "SAOVIETND"
INTERNATIONAL_MERCHANT: Final = "SAOVIETQT"
WALLET_MERCHANT: Final = "0045571"
RECEIVER: Final = "payment@saoviet.example"
BANK_BIN: Final = "970436"
BANK_HOLDER: Final = "CONG TY PHAN MEM SAO VIET"
BANK_ACCOUNT: Final = "0123456789"
JOURNAL_KEY: Final = "journal.key"
JOURNAL_KEY_ID: Final = "demo"
JOURNAL_HEADS: Final = "journal-heads.jsonl"

_END: Final = "# --- What stands below is yours, and stays. ---\n"
_LETTERS: Final = string.ascii_uppercase + string.digits

_CONFIGURATION: Final = """\
# What `payport-storefront demo` runs on; written anew at each start, with the keys of the first. What you add
# below the last line stays: a web hook, say.
# A real shop has the same file, with its own addresses, and keys as {{ env = "…" }} or {{ file = "…" }}.

[seller]
name = "Sao Việt Software"
reference_prefix = "SV"
public_url = "{url}/pay"                       # Payport's own doors
result_url = "{url}/result/{{order_token}}"      # where buyers land when they come back

[database]
url = "sqlite:///{database}"

[journal]                                      # `payport journal check` says whether it is whole
key = {{ file = "{journal_key}" }}
key_id = "{journal_key_id}"
heads = "{heads}"
every = 1                                      # seconds

[catalog]
files = ["catalog.toml"]

[[accounts]]
name = "{vnpay}"
plugin = "vnpay"
environment = "sandbox"
limits = {{ VND = {{ least = 5_000, most = 20_000_000 }} }}   # above that OnePay takes domestic cards

[accounts.settings]
tmn_code = "{terminal}"
payment_url = "{url}/gateways/vnpay/paymentv2/vpcpay.html"
api_url = "{url}/gateways/vnpay/merchant_webapi/api/transaction"

[[accounts.keys]]
role = "hash_secret"
id = "demo"
value = "{keys.vnpay}"

[[accounts]]
name = "{domestic}"
plugin = "onepay_domestic"
environment = "sandbox"

[accounts.settings]
merchant = "{domestic_merchant}"
access_code = "D0ND0001"
user = "demo-query"
password = "{keys.query}"
payment_url = "{url}/gateways/onepay/paygate/vpcpay.op"
query_url = "{url}/gateways/onepay/msp/api/v1/vpc/invoices/queries"
refund_url = "{url}/gateways/onepay/msp/api/v1/vpc/refunds"

[[accounts.keys]]
role = "secure_secret"
id = "demo"
value = "{keys.domestic}"

[[accounts]]
name = "{international}"
plugin = "onepay_international"
environment = "sandbox"

[accounts.settings]
merchant = "{international_merchant}"
access_code = "D0UN0001"
user = "demo-query"
password = "{keys.query}"
payment_url = "{url}/gateways/onepay/paygate/vpcpay.op"
query_url = "{url}/gateways/onepay/msp/api/v1/vpc/invoices/queries"
refund_url = "{url}/gateways/onepay/msp/api/v1/vpc/refunds"

[[accounts.keys]]
role = "secure_secret"
id = "demo"
value = "{keys.international}"

[[accounts]]
name = "{wallet}"
plugin = "nganluong"
environment = "sandbox"

[accounts.settings]
merchant_id = "{wallet_merchant}"
receiver_email = "{receiver}"
api_url = "{url}/gateways/nganluong/checkout.api.nganluong.post.php"
order_check_url = "{url}/gateways/nganluong/service/order/check"

[[accounts.keys]]
role = "merchant_password"
id = "demo"
value = "{keys.wallet}"

[[accounts]]
name = "{order_only}"
plugin = "order_only"
environment = "sandbox"

[accounts.settings]
bank_bin = "{bank_bin}"
account_number = "{bank_account}"
account_holder = "{holder}"
cash_desk_vi = "Tầng 2, 12 Tràng Tiền, Hoàn Kiếm, Hà Nội; thứ Hai đến thứ Sáu, 8:00–17:00"
cash_desk_en = "2nd floor, 12 Tràng Tiền, Hoàn Kiếm, Hà Nội; Monday to Friday, 8:00–17:00"

[accounts.statement]                           # how the bank's export is read
reference = "Mã giao dịch"
time = "Thời gian"
time_format = "%d/%m/%Y %H:%M:%S"
amount = "Ghi có"
text = "Nội dung"
account = "Số tài khoản"

[[methods]]
id = "domestic_card"
names = {{ vi = "Thẻ ATM, tài khoản ngân hàng", en = "Domestic card or bank account" }}
accounts = ["{vnpay}", "{domestic}"]

[[methods]]
id = "wallet"
accounts = ["{wallet}"]

[[methods]]
id = "international_card"
accounts = ["{international}"]

[[methods]]
id = "order_only"
accounts = ["{order_only}"]
"""


@dataclass(frozen=True, slots=True)
class Keys:
    """What each simulated gateway shares with the shop. `query`: the password of OnePay's queries."""

    vnpay: str = field(repr=False)
    domestic: str = field(repr=False)
    international: str = field(repr=False)
    query: str = field(repr=False)
    wallet: str = field(repr=False)

    @classmethod
    def known(cls, text: str) -> Self:
        """Those of the last run's file, so that payments begun then can still be finished; else new ones."""
        accounts = _accounts(text)
        return cls(
            vnpay=_key(accounts, VNPAY) or _random(_LETTERS),
            domestic=_key(accounts, DOMESTIC) or secrets.token_hex(16).upper(),
            international=_key(accounts, INTERNATIONAL) or secrets.token_hex(16).upper(),
            query=_password(accounts) or _random(_LETTERS),
            wallet=_key(accounts, WALLET) or _random(_LETTERS),
        )


def added(text: str) -> str:
    """What somebody wrote below the last line of the demo's own."""
    return text.partition(_END)[2]


def written(url: str, database: str, keys: Keys, *, more: str = "") -> str:
    """payport.toml for a demo that is reached at `url`; `more` is somebody's own, and comes last."""
    ours = _CONFIGURATION.format(
        url=url,
        database=database,
        keys=keys,
        vnpay=VNPAY,
        terminal=TERMINAL,
        domestic=DOMESTIC,
        domestic_merchant=DOMESTIC_MERCHANT,
        international=INTERNATIONAL,
        international_merchant=INTERNATIONAL_MERCHANT,
        wallet=WALLET,
        wallet_merchant=WALLET_MERCHANT,
        receiver=RECEIVER,
        order_only=ORDER_ONLY,
        journal_key=JOURNAL_KEY,
        journal_key_id=JOURNAL_KEY_ID,
        heads=JOURNAL_HEADS,
        bank_bin=BANK_BIN,
        bank_account=BANK_ACCOUNT,
        holder=BANK_HOLDER,
    )
    return f"{ours}\n{_END}{more}"


def _accounts(text: str) -> Mapping[str, Mapping[str, Any]]:
    try:
        return {account["name"]: account for account in tomllib.loads(text).get("accounts", [])}
    except (tomllib.TOMLDecodeError, KeyError, TypeError):
        return {}


def _key(accounts: Mapping[str, Mapping[str, Any]], name: str) -> str | None:
    keys = accounts.get(name, {}).get("keys", [])
    return next((key["value"] for key in keys if isinstance(key.get("value"), str)), None)


def _password(accounts: Mapping[str, Mapping[str, Any]]) -> str | None:
    password = accounts.get(DOMESTIC, {}).get("settings", {}).get("password")
    return password if isinstance(password, str) else None


def _random(signs: str) -> str:
    return "".join(secrets.choice(signs) for _ in range(32))
