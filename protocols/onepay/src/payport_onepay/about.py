"""What every gateway of OnePay says of itself: contracts, answers to the IPN, times, printed samples.

Sheet: onepay.md, 3 (contracts), 4.3 (answers), 6 and 8 (times).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from payport.plugin import Answers, ContractId, ContractNeed, Reply

__all__ = [
    "ANSWERS", "ASK_AFTER", "ASK_GAP", "CALLBACK", "CONTRACTS", "PAY", "PUBLISHED", "QUERY", "QUERY_ANSWER",
    "REFUND", "REFUND_ANSWER", "WINDOW",
]  # fmt: skip

PAY: Final = ContractId("onepay-pay")
CALLBACK: Final = ContractId("onepay-callback")  # proof, at both doors
QUERY: Final = ContractId("onepay-querydr-request")
QUERY_ANSWER: Final = ContractId("onepay-querydr-answer")
REFUND: Final = ContractId("onepay-refund-request")
REFUND_ANSWER: Final = ContractId("onepay-refund-answer")
CONTRACTS: Final = tuple(
    ContractNeed(each, 1) for each in (PAY, CALLBACK, QUERY, QUERY_ANSWER, REFUND, REFUND_ANSWER)
)

WINDOW: Final = timedelta(minutes=15)  # how long OnePay's page lives (6, code 253)
ASK_AFTER: Final = tuple(  # 17 minutes, then after pauses of 5, 10, 20 … minutes, for 43 hours
    timedelta(minutes=17 + 5 * (2**turn - 1)) for turn in range(10)
)
ASK_GAP: Final = timedelta(minutes=2)


def _said(took: int, words: str, status: int = 200) -> Reply:
    return Reply(status, f"responsecode={took}&desc={words}".encode(), "text/plain")


_STORED: Final = _said(1, "confirm-success")  # a decline, a repeat and a mismatch are stored too
_REFUSED: Final = _said(0, "confirm-fail")

ANSWERS: Final = Answers(
    recorded=_STORED,
    already_known=_STORED,
    to_review=_STORED,
    wrong_amount=_STORED,
    unknown_reference=_said(0, "order-not-found"),
    not_authentic=_REFUSED,
    no_input=_REFUSED,
    incomplete=_REFUSED,
    hint_taken=_REFUSED,  # never said: both doors take proofs
    try_again=_said(0, "try-again", status=503),
)

PUBLISHED: Final = frozenset(  # SHA-256 of keys, merchants, access codes and passwords that samples print
    {
        "f0ae1f560e6df53ce49ed16ebacaee4fcac384920b2e1b0172eed7cf67f6b0ac",
        "056d3453d395ca0371b6953286a4e6ecf2c95479827c0151d8682e45aee8b522",
        "22c2e28a1a57833f4a9a02edc063ab823ec8c71a2085b272e30a1da44cdba7c4",
        "07c08cd1583d3bde18462a18c483b2298b7e175f61d36542cf8b2d62f0203f59",
        "bfe2f9b629e6370fd998cf4e9fad39987cb42efc58a942748f50c9d3b4d6e27b",
        "5a758efea76628529d2df138d3d5ad082a47dbde792b9d88fd08ee12a7299b4d",
        "8c91989366e0a771b67f9b0c032c0fcf6a53e9333f756f36574122fe60924505",
        "a8697403b9886f69217516ff1b8a5e1e8bd438b22e9a1a66ab03e493acfd8dd3",
        "18c587e910605eb7c1303c6cff4c33973afa490911215a2919c0cb3621f06412",
        "183debfc8fd97533b4988966112f66d6e96b1a23312de5f82ea931d1c2614df5",
        "b70e7a92c60ad7e917cdf0be3940b0110fadbaab387df670e9a5abc6b544ece3",
        "868b4ae03898df667b7c2f3dbc1b3ca3efbc874a25e070611cf4c1e97524430b",
        "820b2242b40441d69eb1ceb9184236df4f169fdf378d17c9a15d99c51f2551d6",
        "41723057953467332cc2f49dcdf50a0db507000f7309110182ffc67194747b28",
        "f658957b122130a9ab280db5864e745ae17ff1f8566d4db7f9a972a7ae787183",
        "24ef6a5d757f0563446ce29c27ed231fe90db8db8e1f6c351e8c3833f76b3843",
        "3887d045c50f42f7784b8f7bc617b2159ab78dddc74ba7f923b947bfa9b9839f",
        "b3d1f9d71e397cf5f352e2f809b3395bc437d8a904fc7d078601a73ddf2c9f94",
    }
)
