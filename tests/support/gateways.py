"""Gateways whose callbacks are signed: how each speaks, written by hand from its sheet.

No code under test signs here. What differs between them has a name (a field, an answer, a way to sign raw
bytes), so that one attack can be tried on all of them.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final
from urllib.parse import unquote_to_bytes, urlencode
from zlib import crc32

from tests.support.sign import SECRET, TMN_CODE, ipn_query

__all__ = [
    "CLOSED", "NGANLUONG_SECRET", "ONEPAY_PASSWORD", "ONEPAY_SECRET", "ONE_OF_EACH", "RECEIVER", "SPEAKERS",
    "Onepay", "Speaker", "Vnpay", "nganluong_accounts", "nganluong_detail", "nganluong_order_check",
    "unsigned",
]  # fmt: skip

CLOSED: Final = "http://127.0.0.1:9"  # nobody listens
ONEPAY_SECRET: Final = "0A1B2C3D4E5F60718293A4B5C6D7E8F9"
ONEPAY_PASSWORD: Final = "TEST-pass un/3"
NGANLUONG_SECRET: Final = "TEST-nl secret  of the tests"  # blanks count
RECEIVER: Final = "merchant@example.vn"


class Speaker(ABC):
    """Names are those of the wire. `stored`, `refused` …: the exact bodies that it is answered with."""

    id: str
    account: str
    method: str
    secret: str
    role: str  # of its key
    size: int  # bytes of a digest

    prefix: ClassVar[str]
    signature: ClassVar[str]
    reference: ClassVar[str]
    amount: ClassVar[str]
    merchant: ClassVar[str]
    code: ClassVar[str]
    transaction: ClassVar[str]
    text: ClassVar[str]  # signed, free, decides nothing
    required: ClassVar[tuple[str, ...]]
    unlisted: ClassVar[tuple[Mapping[str, str], ...]]  # results that no sheet lists, or that contradict
    declined: ClassVar[Mapping[str, str]]

    stored: ClassVar[bytes]
    refused: ClassVar[bytes]
    wrong_amount: ClassVar[bytes]
    unknown: ClassVar[bytes]
    incomplete: ClassVar[bytes]
    no_input: ClassVar[bytes]
    try_again: ClassVar[tuple[int, bytes]]

    @abstractmethod
    def configuration(self, url: str = CLOSED) -> dict[str, Any]:
        """For `open_shop`: its account, whose API is at `url`."""

    @abstractmethod
    def sign(self, wire: bytes, secret: str | None = None) -> bytes:
        """The signature of a message that stands on the wire like this."""

    @abstractmethod
    def told(self, reference: str, amount: int, *, secret: str | None = None, **fields: str) -> bytes:
        """A genuine success about `amount` whole đồng. Each reference has its own transaction."""

    @abstractmethod
    def answer(self, reference: str, amount: int, *, signed: bool = True, **fields: str) -> bytes:
        """To the question what became of a payment: it was paid. An empty field is left out."""

    @abstractmethod
    def written(self, digest: bytes) -> bytes:
        """A digest in the letters of the contract."""

    @property
    def name(self) -> bytes:
        """What stands before the signature."""
        return f"&{self.signature}=".encode()

    def signed(self, wire: bytes) -> bytes:
        """These bytes, signed as they stand: what a gateway with another encoder would send."""
        return wire + self.name + self.sign(wire)

    def with_signature(self, query: bytes, signature: bytes) -> bytes:
        return query.partition(self.name)[0] + self.name + signature

    def signature_of(self, query: bytes) -> bytes:
        return query.partition(self.name)[2]

    @staticmethod
    def transaction_of(reference: str) -> str:
        return str(crc32(reference.encode(errors="surrogatepass")))

    def __str__(self) -> str:
        return self.id


class Vnpay(Speaker):
    id, account, method, secret, role, size = (
        "vnpay",
        "vnpay-main",
        "domestic_card",
        SECRET,
        "hash_secret",
        64,
    )

    prefix, signature = "vnp_", "vnp_SecureHash"
    reference, amount, merchant = "vnp_TxnRef", "vnp_Amount", "vnp_TmnCode"
    code, transaction, text = "vnp_ResponseCode", "vnp_TransactionNo", "vnp_OrderInfo"
    required = ("vnp_TmnCode", "vnp_TxnRef", "vnp_Amount", "vnp_ResponseCode", "vnp_TransactionNo")
    unlisted = tuple(
        {"vnp_ResponseCode": code, "vnp_TransactionStatus": status}
        for code, status in (("98", "98"), ("01", "01"), ("00", "01"), ("42", "00"), ("99", "00"))
    )
    declined: ClassVar = {"vnp_ResponseCode": "24", "vnp_TransactionStatus": "02"}

    stored = b'{"RspCode":"00","Message":"Confirm Success"}'
    refused = b'{"RspCode":"97","Message":"Invalid signature"}'
    wrong_amount = b'{"RspCode":"04","Message":"Invalid amount"}'
    unknown = b'{"RspCode":"01","Message":"Order not found"}'
    incomplete = b'{"RspCode":"99","Message":"Invalid request"}'
    no_input = b'{"RspCode":"99","Message":"Input data required"}'
    try_again = (200, b'{"RspCode":"99","Message":"Unknown error"}')

    def configuration(self, url: str = CLOSED) -> dict[str, Any]:
        return {
            "payment_url": f"{url}/paymentv2/vpcpay.html",
            "api_url": f"{url}/merchant_webapi/api/transaction",
        }

    def sign(self, wire: bytes, secret: str | None = None) -> bytes:
        key = self.secret if secret is None else secret
        return hmac.new(key.encode(), wire, hashlib.sha512).hexdigest().encode()

    def told(self, reference: str, amount: int, *, secret: str | None = None, **fields: str) -> bytes:
        said = {"vnp_OrderInfo": "Thanh toan don hang", "vnp_TmnCode": TMN_CODE} | fields
        said = {self.transaction: self.transaction_of(reference)} | said
        return ipn_query(reference, amount, secret=self.secret if secret is None else secret, **said)

    def answer(self, reference: str, amount: int, *, signed: bool = True, **fields: str) -> bytes:
        """Section 6: fifteen slots with bars between them."""
        said = dict.fromkeys(_VNPAY_SLOTS, "") | {
            "vnp_ResponseId": "b1f2",
            "vnp_Command": "querydr",
            "vnp_ResponseCode": "00",
            "vnp_Message": "QueryDR Success",
            "vnp_TmnCode": TMN_CODE,
            "vnp_TxnRef": reference,
            "vnp_Amount": str(amount * 100),
            "vnp_BankCode": "NCB",
            "vnp_TransactionNo": self.transaction_of(reference),
            "vnp_TransactionType": "01",
            "vnp_TransactionStatus": "00",
        }
        said |= fields
        signature = self.sign("|".join(said[slot] for slot in _VNPAY_SLOTS).encode()).decode()
        given = {name: value for name, value in said.items() if value}
        return json.dumps(given | ({self.signature: signature} if signed else {})).encode()

    def written(self, digest: bytes) -> bytes:
        return digest.hex().encode()


@dataclass(frozen=True)
class Onepay(Speaker):
    """One protocol, two plugins, two generations of the page. Sheet: onepay.md."""

    kind: str  # domestic, international
    generation: str  # unified, legacy

    secret = ONEPAY_SECRET
    role, size = "secure_secret", 32

    prefix, signature = "vpc_", "vpc_SecureHash"
    reference, amount, merchant = "vpc_MerchTxnRef", "vpc_Amount", "vpc_Merchant"
    code, transaction, text = "vpc_TxnResponseCode", "vpc_TransactionNo", "vpc_Message"
    required = ("vpc_Merchant", "vpc_MerchTxnRef", "vpc_Amount", "vpc_TxnResponseCode", "vpc_Command")
    unlisted = tuple(
        {"vpc_TxnResponseCode": code}
        for code in ("42", "00", "000", "0 ", " 0", "+0", "-0", "0.0", "٠", "０", "OK", "a")
    )
    declined: ClassVar = {"vpc_TxnResponseCode": "99"}

    stored = b"responsecode=1&desc=confirm-success"
    refused = b"responsecode=0&desc=confirm-fail"
    wrong_amount = stored
    unknown = b"responsecode=0&desc=order-not-found"
    incomplete = refused
    no_input = refused
    try_again = (503, b"responsecode=0&desc=try-again")

    @property
    def id(self) -> str:  # type: ignore[override]
        return f"onepay_{self.kind}-{self.generation}"

    @property
    def account(self) -> str:  # type: ignore[override]
        return f"onepay-{self.kind}"

    @property
    def method(self) -> str:  # type: ignore[override]
        return "international_card" if self.kind == "international" else "onepay_card"

    def configuration(self, url: str = CLOSED) -> dict[str, Any]:
        page = "onecomm-pay" if self.kind == "domestic" else "vpcpay"
        return {
            "accounts": f"""
[[accounts]]
name = "{self.account}"
plugin = "onepay_{self.kind}"
environment = "sandbox"
keys = [{{ role = "{self.role}", id = "2026-11", value = "{self.secret}" }}]

[accounts.settings]
generation = "{self.generation}"
merchant = "TESTUN01"
access_code = "D0UN0001"
user = "opq03"
password = "{ONEPAY_PASSWORD}"
payment_url = "{url}/paygate/vpcpay.op"
query_url = "{url}/msp/api/v1/vpc/invoices/queries"
refund_url = "{url}/msp/api/v1/vpc/refunds"
legacy_payment_url = "{url}/{page}/vpc.op"
legacy_query_url = "{url}/{page}/Vpcdps.op"

[[methods]]
id = "{self.method}"
accounts = ["{self.account}"]
"""
        }

    def sign(self, wire: bytes, secret: str | None = None) -> bytes:
        """Section 3: decoded values in the order of their names, empty ones left out."""
        pairs = [piece.partition(b"=") for piece in wire.split(b"&") if piece]
        decoded = [(_decoded(name), _decoded(value)) for name, _, value in pairs]
        ours = [
            (name, value)
            for name, value in decoded
            if value and name.startswith((b"vpc_", b"user_")) and name != b"vpc_SecureHashType"
        ]
        text = b"&".join(name + b"=" + value for name, value in sorted(ours, key=lambda pair: pair[0]))
        key = bytes.fromhex(self.secret if secret is None else secret)
        return hmac.new(key, text, hashlib.sha256).hexdigest().upper().encode()

    def told(self, reference: str, amount: int, *, secret: str | None = None, **fields: str) -> bytes:
        said = {
            "vpc_Amount": str(amount * 100),
            "vpc_Card": "MC",
            "vpc_Command": "pay",
            "vpc_MerchTxnRef": reference,
            "vpc_Merchant": "TESTUN01",
            "vpc_Message": "Thanh toan don hang",
            "vpc_TransactionNo": self.transaction_of(reference),
            "vpc_TxnResponseCode": "0",
            "vpc_Version": "2",
        } | fields
        wire = urlencode(said).encode()
        return wire + self.name + self.sign(wire, secret)

    def answer(self, reference: str, amount: int, *, signed: bool = True, **fields: str) -> bytes:
        """Section 8: a form; the legacy pages sign none."""
        said = {"vpc_Command": "queryDR", "vpc_DRExists": "Y"} | fields
        whole = self.told(reference, amount, **said)
        return whole if signed and self.generation == "unified" else unsigned(whole, self)

    def written(self, digest: bytes) -> bytes:
        return digest.hex().upper().encode()


def unsigned(query: bytes, speaker: Speaker) -> bytes:
    return query.rpartition(speaker.name)[0]


def nganluong_accounts(*urls: str, query_by: str = "detail") -> str:
    """One account for each address of its API, and one method over all of them."""
    names = ["nganluong-main", *(f"nganluong-{number}" for number in range(2, len(urls) + 1))]
    tables = "".join(
        f"""
[[accounts]]
name = "{name}"
plugin = "nganluong"
environment = "sandbox"
keys = [{{ role = "merchant_password", id = "2026-11", value = "{NGANLUONG_SECRET}" }}]

[accounts.settings]
merchant_id = "0045571"
receiver_email = "{RECEIVER}"
api_url = "{url}/checkout.api.nganluong.post.php"
order_check_url = "{url}/service/order/check"
query_by = "{query_by}"
"""
        for name, url in zip(names, urls, strict=True)
    )
    return f'{tables}\n[[methods]]\nid = "wallet"\naccounts = {json.dumps(names)}\n'


def nganluong_detail(token: str, reference: str, amount: str) -> bytes:
    """GetTransactionDetail of an order that was paid."""
    said = _nganluong_order(token, reference) | {"error_code": "00", "total_amount": amount}
    return f"<result>{''.join(f'<{name}>{text}</{name}>' for name, text in said.items())}</result>".encode()


def nganluong_order_check(token: str, reference: str, amount: str) -> bytes:
    """The same in JSON; `amount` stands there as it is written."""
    data = json.dumps(_nganluong_order(token, reference))[:-1]
    return f'{{"error_code": "00", "data": {data}, "total_amount": {amount}}}}}'.encode()


def _nganluong_order(token: str, reference: str) -> dict[str, str]:
    return {
        "token": token,
        "transaction_status": "00",
        "receiver_email": RECEIVER,
        "order_code": reference,
        "payment_method": "NL",
        "payment_type": "1",
        "transaction_id": "19900001",
    }


_VNPAY_SLOTS: Final = (
    "vnp_ResponseId", "vnp_Command", "vnp_ResponseCode", "vnp_Message", "vnp_TmnCode", "vnp_TxnRef",
    "vnp_Amount", "vnp_BankCode", "vnp_PayDate", "vnp_TransactionNo", "vnp_TransactionType",
    "vnp_TransactionStatus", "vnp_OrderInfo", "vnp_PromotionCode", "vnp_PromotionAmount",
)  # fmt: skip


def _decoded(text: bytes) -> bytes:
    return unquote_to_bytes(text.replace(b"+", b" "))


SPEAKERS: Final[tuple[Speaker, ...]] = (
    Vnpay(),
    Onepay("domestic", "unified"),
    Onepay("domestic", "legacy"),
    Onepay("international", "unified"),
    Onepay("international", "legacy"),
)
# Both plugins and both generations of OnePay, each once.
ONE_OF_EACH: Final = (SPEAKERS[0], SPEAKERS[1], SPEAKERS[4])
