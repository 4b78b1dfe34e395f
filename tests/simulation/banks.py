"""What really happened to money: a bank that takes it, tells of it and gives it back, and never forgets.

It is the truth that the shop is compared with. It speaks the language of the bank that does not exist
(tests/support/bank), without a socket, and signs by itself.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import httpx

from tests.support.bank_sign import MERCHANT, bank_fields, pairs

__all__ = ["MOODS", "Bank", "Notice", "Session"]

MOODS: Final = (*["well"] * 12, "away", "away", "deaf", "mute", "mute", "broken", "slow")
"""How it answers a call: `away` takes no connection; `deaf` is cut off before it understood; `mute` does what
it is told, and its answer is lost; `broken` answers 502 having done nothing; `slow` says: later."""

_WINDOW: Final = timedelta(minutes=14)  # a minute less than the bank's: what is paid then can be asked about


@dataclass
class Session:
    """One payment's page. `paid`: transactions, and how much came by each. `is_over`: the buyer does
    no more there."""

    reference: str
    amount: int
    begun_at: datetime
    state: str = "waiting"
    refused: bool = False
    is_over: bool = False
    paid: dict[str, int] = field(default_factory=dict)


@dataclass(eq=False)
class Notice:
    """A message that is delivered until it is answered for good. `in_time`: who asks learns of it too."""

    account: str
    reference: str
    query: bytes
    says: str
    in_time: bool = False
    tries: int = 0


@dataclass
class Bank:
    name: str
    clock: Callable[[], datetime]
    sessions: dict[str, Session] = field(default_factory=dict)
    refunds: dict[str, dict[str, Any]] = field(default_factory=dict)
    sent: Counter[str] = field(default_factory=Counter)
    notices: list[Notice] = field(default_factory=list)

    def pays(self, reference: str, amount: int) -> None:
        """The buyer pays, perhaps after a refusal, perhaps a second time."""
        session = self.sessions[reference]
        transaction = f"T{len(session.paid)}{reference}"
        session.state = "paid"
        session.paid[transaction] = amount
        self._tell(session, "paid", amount, transaction)

    def fails(self, reference: str) -> None:
        """The buyer's card is refused; the page stays."""
        session = self.sessions[reference]
        session.refused = True
        if session.state == "waiting":
            session.state = "failed"
        self._tell(session, "failed", session.amount, f"F{len(self.notices)}{reference}")

    def forgets(self, notice: Notice) -> bool:
        """Never tell it again, if nothing else came of the page: then an ask gives all of it."""
        session = self.sessions[notice.reference]
        if not notice.in_time or session.refused or len(session.paid) > 1:
            return False
        session.is_over = True
        self.notices.remove(notice)
        return True

    def given_back(self, reference: str) -> int:
        return sum(
            refund["amount"]
            for refund in self.refunds.values()
            if refund["order_ref"] == reference and refund["status"] == "paid"
        )

    def grows_up(self) -> None:
        """What it called slow is done."""
        for refund in self.refunds.values():
            if refund["status"] == "waiting":
                refund["status"] = "paid"

    def answer(self, request: httpx.Request, mood: str) -> httpx.Response:
        """Do what is asked, as the mood is. Raises httpx's errors."""
        if mood == "away":
            raise httpx.ConnectError("refused", request=request)
        if mood == "deaf":
            raise httpx.ReadError("cut off", request=request)
        if mood == "broken":
            return _said(502, b"<html>")
        asked = dict(request.url.params)
        said = {
            "/begin": self._begin,
            "/state": self._state,
            "/refund": self._refund,
            "/refund/state": self._refund_state,
        }[request.url.path](asked, mood)
        if mood == "mute":
            raise httpx.ReadTimeout("no answer", request=request)
        return _said(200, json.dumps(said).encode())

    def _tell(self, session: Session, status: str, amount: int, transaction: str) -> None:
        fields = bank_fields(session.reference, amount, status=status, txn=transaction)
        age = self.clock() - session.begun_at
        in_time = status == "paid" and timedelta() <= age < _WINDOW
        self.notices.append(Notice(self.name, session.reference, pairs(fields), status, in_time))

    def _begin(self, asked: dict[str, str], mood: str) -> dict[str, Any]:
        self.sessions.setdefault(
            asked["order_ref"], Session(asked["order_ref"], int(asked["amount"]), self.clock())
        )
        if mood == "slow":
            return {"status": "waiting"}
        return {"status": "paid", "token": f"token-{asked['order_ref']}"}

    def _state(self, asked: dict[str, str], mood: str) -> dict[str, Any]:
        session = self.sessions.get(asked["order_ref"])
        if session is None or mood == "slow":
            return {"status": "unknown"}
        said: dict[str, Any] = {
            "status": session.state,
            "merchant": MERCHANT,
            "order_ref": session.reference,
            "amount": session.amount,
        }
        if session.paid:
            said["txn"], said["amount"] = next(iter(session.paid.items()))
        return said

    def _refund(self, asked: dict[str, str], mood: str) -> dict[str, Any]:
        """It calls nothing idempotent: what is sent twice is done twice, where there is money for it."""
        self.sent[asked["refund_ref"]] += 1
        amount, session = int(asked["amount"]), self.sessions[asked["order_ref"]]
        enough = self._owed(session.reference) + amount <= sum(session.paid.values())
        status = "failed" if not enough else "waiting" if mood == "slow" else "paid"
        self.refunds[f"{asked['refund_ref']}#{self.sent[asked['refund_ref']]}"] = {
            "status": status,
            "merchant": MERCHANT,
            "order_ref": asked["order_ref"],
            "refund_ref": asked["refund_ref"],
            "amount": amount,
            "txn": f"R{asked['refund_ref']}",
        }
        return self._refund_state(asked, "well")

    def _owed(self, reference: str) -> int:
        return sum(
            refund["amount"]
            for refund in self.refunds.values()
            if refund["order_ref"] == reference and refund["status"] != "failed"
        )

    def _refund_state(self, asked: dict[str, str], mood: str) -> dict[str, Any]:
        refund = self.refunds.get(f"{asked['refund_ref']}#1")
        return {"status": "unknown"} if refund is None or mood == "slow" else refund


def _said(status: int, content: bytes) -> httpx.Response:
    """Not read yet, as one that comes from a socket."""
    return httpx.Response(status, stream=httpx.ByteStream(content))
