"""What an account with VNPAY holds and owes: its settings, the contracts it speaks, its answers to an IPN,
and when it asks. Sheet: vnpay.md, 2 (addresses), 5 (answers), 6 (schedule).
"""

from __future__ import annotations

from datetime import timedelta
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from payport.plugin import Answers, ContractId, Field, GatewaySettings, HttpUrl, Reply

__all__ = [
    "ANSWER", "ANSWERS", "ASK_AFTER", "CONTRACTS", "IPN", "PAY", "QUERY", "REFUND", "REFUND_ANSWER",
    "REFUND_ASK_AFTER", "RETURN", "WINDOW", "Settings",
]  # fmt: skip

PAY: Final = ContractId("vnpay-pay")
IPN: Final = ContractId("vnpay-ipn")  # proof
RETURN: Final = ContractId("vnpay-return")  # the same fields, only a hint
QUERY: Final = ContractId("vnpay-querydr-request")
ANSWER: Final = ContractId("vnpay-querydr-answer")
REFUND: Final = ContractId("vnpay-refund-request")
REFUND_ANSWER: Final = ContractId("vnpay-refund-answer")
CONTRACTS: Final = (PAY, IPN, RETURN, QUERY, ANSWER, REFUND, REFUND_ANSWER)

WINDOW: Final = timedelta(minutes=15)  # vnp_ExpireDate, and the page's own timer (3)
ASK_AFTER: Final = tuple(  # closing + 1, 6, 16, 60 minutes, then hourly for a day (6)
    WINDOW + timedelta(minutes=after) for after in (1, 6, 16, *range(60, 24 * 60 + 1, 60))
)
REFUND_ASK_AFTER: Final = tuple(  # banks take days, and nobody published how many
    timedelta(minutes=after) for after in (6, 60, 6 * 60, *(day * 24 * 60 for day in range(1, 31)))
)


def _said(code: str, message: str) -> Reply:
    return Reply(
        200, b'{"RspCode":"%b","Message":"%b"}' % (code.encode(), message.encode()), "application/json"
    )


ANSWERS: Final = Answers(  # section 5; 00 and 02 end VNPAY's retries
    recorded=_said("00", "Confirm Success"),
    already_known=_said("02", "Order already confirmed"),
    to_review=_said("00", "Confirm Success"),
    wrong_amount=_said("04", "Invalid amount"),
    unknown_reference=_said("01", "Order not found"),
    not_authentic=_said("97", "Invalid signature"),
    no_input=_said("99", "Input data required"),
    incomplete=_said("99", "Invalid request"),
    hint_taken=Reply(200, b"", "text/plain"),  # the return door's; its reader is a browser
    try_again=_said("99", "Unknown error"),
)


class Settings(GatewaySettings):
    """What VNPAY hands to a merchant at sign-up, but for the secret. The default URLs are the sandbox's."""

    tmn_code: str = Field(pattern=r"^[A-Za-z0-9]{8}$")
    payment_url: HttpUrl = HttpUrl("https://sandbox.vnpayment.vn/paymentv2/vpcpay.html")
    api_url: HttpUrl = HttpUrl("https://sandbox.vnpayment.vn/merchant_webapi/api/transaction")
    server_ip: IPv4Address | IPv6Address = IPv4Address("127.0.0.1")  # ours, told in every call
    order_type: str = Field(default="other", pattern=r"^[A-Za-z0-9]{1,100}$")  # VNPAY's category of goods

    @property
    def merchant_account(self) -> str:
        return self.tmn_code
