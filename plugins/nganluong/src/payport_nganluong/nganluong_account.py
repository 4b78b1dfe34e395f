"""What an account with NgânLượng holds and owes: its settings, the contracts it speaks, its answers to a
notice, and when it asks. Sheet: nganluong.md, 2 (addresses), 4.3 (answers, schedule).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final, Literal

from payport.plugin import Answers, ContractId, Field, GatewaySettings, HttpUrl, Reply

__all__ = ["ANSWERS", "ASK_AFTER", "CALLBACK", "CHECK", "REQUEST", "WINDOW", "Settings"]

CALLBACK: Final = ContractId("nganluong-v31-callback")  # proves nothing: a token to look up
REQUEST: Final = ContractId("nganluong-v31-request")
CHECK: Final = ContractId("nganluong-order-check")

WINDOW: Final = timedelta(hours=2)  # time_limit: enough for a transfer, short enough for the order's place
ASK_AFTER: Final = tuple(  # 4.3; then from 15 minutes after the window on, in case NgânLượng closes late
    timedelta(minutes=after) for after in (1, 5, 15, 60, 135, *range(180, 24 * 60 + 1, 60))
)


def _said(status: int, text: bytes) -> Reply:
    return Reply(status, text, "text/plain; charset=utf-8")


_TAKEN: Final = _said(200, b"OK")
ANSWERS: Final = Answers(  # not published (4.3): 200 once stored, so that nobody calls again for nothing
    recorded=_TAKEN,
    already_known=_TAKEN,
    to_review=_TAKEN,
    wrong_amount=_TAKEN,
    unknown_reference=_TAKEN,
    not_authentic=_TAKEN,
    no_input=_TAKEN,
    incomplete=_TAKEN,
    hint_taken=_TAKEN,
    try_again=_said(503, b"try again"),
)


class Settings(GatewaySettings):
    """What NgânLượng hands to a merchant, but for the password. The default URLs are the sandbox's."""

    merchant_id: str = Field(pattern=r"^[0-9]{1,20}\z")  # text: a leading zero counts
    receiver_email: str = Field(
        pattern=r"^[!-?A-~]{1,200}@[!-?A-~]{1,200}\z"
    )  # the wallet that gets the money
    api_url: HttpUrl = HttpUrl("https://sandbox.nganluong.vn/nl35/checkout.api.nganluong.post.php")
    order_check_url: HttpUrl = HttpUrl("https://sandbox.nganluong.vn/nl35/service/order/check")
    query_by: Literal["detail", "order_check"] = "detail"

    @property
    def merchant_account(self) -> str:
        return self.receiver_email.lower()  # what an answer names; the merchant_id stands in no answer
