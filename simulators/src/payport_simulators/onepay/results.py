"""What the gateway tells of a result (sheet 4.2), and how faults distort a callback. Pure."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import UTC
from typing import Final

from payport_simulators.onepay.cards import Method, UsedCard
from payport_simulators.onepay.faults import Faults, Hash
from payport_simulators.onepay.products import Product, message
from payport_simulators.onepay.records import PayRequest, Result
from payport_simulators.onepay.signing import HASH, digest, encoded

__all__ = [
    "OTHER_MERCHANT",
    "callback_query",
    "error_location",
    "result_fields",
    "return_address",
    "scrambled",
]

OTHER_MERCHANT: Final = "OTHERSHOP1"  # shares the secret of every merchant, as sandbox merchants do

_ERROR_CODES: Final = {"vpc_Amount": "5", "vpc_Currency": "6"}  # of the domestic page


def result_fields(request: PayRequest, result: Result) -> dict[str, str]:
    """The truth, as fields without a signature; an empty one is not sent."""
    fields = {
        "vpc_Command": "pay",
        "vpc_Version": "2",
        "vpc_Merchant": request.merchant,
        "vpc_MerchTxnRef": request.reference,
        "vpc_OrderInfo": request.order_info,
        "vpc_Amount": str(request.amount + result.fee * 100),
        "vpc_Locale": request.locale,
        "vpc_Message": message(request.product, result.code),
        "vpc_TransactionNo": result.number,
        "vpc_TxnResponseCode": result.code,
        **request.echoed,
    }
    if request.product is Product.DOMESTIC:
        fields["vpc_CurrencyCode"] = "VND"
    if request.product is Product.UNIFIED:
        fields |= {"vpc_PayChannel": "WEB", "vpc_PaymentTime": _time(result)}
    if result.card is not None:
        fields |= _card_fields(request.product, result, result.card)
    if result.fee:
        fields |= {
            "vpc_OrderAmount": str(request.amount),
            "vpc_ItaFeeAmount": str(result.fee * 100),
            "vpc_ItaBank": "970436",
            "vpc_ItaTime": "3",
        }
    return fields


def callback_query(request: PayRequest, result: Result, secret: str, faults: Faults) -> str:
    """The query string that is sent, faults and all. `callback_hash` and `repeated_name` break the
    signature's hold; everything else is signed with the merchant's own secret."""
    fields = result_fields(request, result)
    fields["vpc_Amount"] = str(int(fields["vpc_Amount"]) + faults.amount_off_by)
    if faults.other_merchant:
        fields["vpc_Merchant"] = OTHER_MERCHANT
    right = digest(secret, fields)
    offered = {
        Hash.RIGHT: right,
        Hash.WRONG: right[:-1] + ("0" if right[-1] != "0" else "1"),
        Hash.ABSENT: "",
        Hash.LOWER_CASE: right.lower(),
        Hash.OF_THE_REQUEST: request.hash,
    }[faults.callback_hash]
    query = encoded({**fields, HASH: offered})
    return f"vpc_Amount=100&{query}" if faults.repeated_name else query


def return_address(return_url: str, query: str, *, double_question_mark: bool = False) -> str:
    """The shop's return address with our query after its own, and before a fragment.

    `double_question_mark`: as an old server did it, which put its `?` wherever there was one already.
    """
    address, hash_mark, fragment = return_url.partition("#")
    first, next_one = ("??", "?") if double_question_mark else ("?", "&")
    joiner = next_one if "?" in address else first
    return f"{address}{joiner}{query}{hash_mark}{fragment}"


def error_location(product: Product, fields: Mapping[str, str], name: str) -> str:
    """Where a genuine request with a bad field sends the buyer: all of it, and the request's own hash."""
    code = _ERROR_CODES.get(name, "7") if product is Product.DOMESTIC else "7"
    told = {
        **{n: v for n, v in fields.items() if n.startswith(("vpc_", "user_"))},
        "vpc_TxnResponseCode": code,
        "vpc_Message": f"Field {name} value is invalid.",
    }
    return return_address(fields["vpc_ReturnURL"], encoded(told))


def scrambled(seed: str, length: int) -> str:
    """Letters, digits, - and _ that follow from the seed alone, so that a repeat says the same."""
    return base64.urlsafe_b64encode(hashlib.sha256(seed.encode()).digest())[:length].decode()


def _card_fields(product: Product, result: Result, card: UsedCard) -> dict[str, str]:
    if product is Product.DOMESTIC:
        return {"vpc_AdditionData": card.kind}
    fields = {"vpc_Card": card.kind, "vpc_CardNum": card.masked}
    if result.paid:
        approval = f"{int(hashlib.sha256(result.number.encode()).hexdigest()[:8], 16) % 1_000_000:06d}"
        fields |= {"vpc_AuthorizeId": approval, "vpc_AcqResponseCode": "00"}
    if card.method is Method.INTERNATIONAL:
        fields |= _three_d_secure(result, card)
    if product is Product.INTERNATIONAL:
        day = result.at.astimezone(UTC).strftime("%Y%m%d")
        return fields | {
            "vpc_BatchNo": day,
            "vpc_ReceiptNo": f"{day[2:]}{result.number[-6:]:0>6}" if result.paid else "",
            "vpc_AVSResultCode": "Unsupported",
            "vpc_CSCResultCode": "M" if result.paid else "N",
            "vpc_RiskOverallResult": "ACC" if result.paid else "REJ",
        }
    known = card.masked or result.number
    return fields | {
        "vpc_CardExp": card.ends,
        "vpc_CardHolderName": card.holder,
        "vpc_CardUid": f"INS-{scrambled(known, 22)}",
        "vpc_BinCountry": "VN" if card.method is Method.DOMESTIC else "US",
        "vpc_NetworkTransactionID": scrambled(f"{result.number} network", 15)
        if card.method is Method.INTERNATIONAL
        else "",
    }


def _three_d_secure(result: Result, card: UsedCard) -> dict[str, str]:
    """As an enrolled card has them; its holder was authenticated, or was not (code B, F)."""
    authenticated = result.code not in ("B", "F")
    level = {"MC": "02"}.get(card.kind, "05") if authenticated else {"MC": "00"}.get(card.kind, "07")
    seed = hashlib.sha1(result.number.encode(), usedforsecurity=False).digest()
    return {
        "vpc_VerType": "3DS",
        "vpc_VerStatus": "Y" if authenticated else "N",
        "vpc_VerSecurityLevel": level,
        "vpc_VerToken": base64.b64encode(seed[::-1]).decode() if authenticated else "",
        "vpc_3DSECI": level,
        "vpc_3DSenrolled": "Y",
        "vpc_3DSXID": base64.b64encode(seed).decode(),
        "vpc_3DSstatus": "Y" if authenticated else "N",
    }


def _time(result: Result) -> str:
    return result.at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
