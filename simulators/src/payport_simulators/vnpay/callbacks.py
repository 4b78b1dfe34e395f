"""What the gateway tells of a result, to IPN and return alike (sheet 4), and how faults distort it. Pure."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit, urlunsplit

from payport_simulators.vnpay.faults import Faults, Hash
from payport_simulators.vnpay.records import PayRequest, Result, gmt7_text
from payport_simulators.vnpay.signing import HASH, Encoder, signed_query

__all__ = ["OTHER_TERMINAL", "callback_fields", "callback_query", "return_address"]

OTHER_TERMINAL: Final = "OTHERTM1"

_ENCODERS_DIFFER: Final = " (~!*')"


def callback_fields(request: PayRequest, result: Result) -> dict[str, str]:
    """The truth, as fields without a signature."""
    fields = {
        "vnp_Amount": str(request.amount),
        "vnp_BankCode": result.bank,
        "vnp_CardType": result.card_type,
        "vnp_OrderInfo": request.order_info,
        "vnp_PayDate": gmt7_text(result.at),
        "vnp_ResponseCode": result.code,
        "vnp_TmnCode": request.terminal,
        "vnp_TransactionNo": result.number,
        "vnp_TransactionStatus": result.status,
        "vnp_TxnRef": request.reference,
    }
    if result.bank_number is not None:
        fields["vnp_BankTranNo"] = result.bank_number
    return fields


def callback_query(request: PayRequest, result: Result, secret: str, faults: Faults) -> str:
    """The query string that is sent, faults and all. Only `callback_hash` and `repeated_name` break the
    signature's hold; everything else is signed with the terminal's own secret."""
    fields = callback_fields(request, result)
    fields["vnp_Amount"] = str(request.amount + faults.amount_off_by * 100)
    if faults.status:
        fields["vnp_TransactionStatus"] = faults.status
    if faults.other_terminal:
        fields["vnp_TmnCode"] = OTHER_TERMINAL
    if faults.extra_field:
        fields["vnp_SimulatorExtra"] = "signed"
    if faults.empty_field:
        fields["vnp_SimulatorEmpty"] = ""
    if faults.encoder is not Encoder.PHP:
        fields["vnp_OrderInfo"] += _ENCODERS_DIFFER

    query = signed_query(fields, secret, encoder=faults.encoder)
    if faults.callback_hash is Hash.WRONG:
        query = query[:-1] + ("0" if query[-1] != "0" else "1")
    if faults.callback_hash is Hash.ABSENT:
        query = query[: query.index(f"&{HASH}=")]
    if faults.repeated_name:
        query = f"vnp_Amount=100&{query}"
    return query


def return_address(return_url: str, query: str) -> str:
    """The shop's return address with our query after its own, and before a fragment."""
    scheme, host, path, own, fragment = urlsplit(return_url)
    return urlunsplit((scheme, host, path, f"{own}&{query}" if own else query, fragment))
