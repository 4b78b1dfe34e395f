"""One for each gateway that calls back: how its server would bring every decision about, signed by hand.

A sender opens nothing: it is given a shop whose payport.toml holds its account. What it sends is written from
the gateway's sheet, never by the code under test. To add a gateway, write a sender and name it in SENDERS.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Final
from urllib.parse import parse_qs

from payport.gateways.types import Reply
from payport.rules.payment import Payment
from payport.service.judge import Decision
from tests.support.door import Answer, Door
from tests.support.fake_bank import FakeBank
from tests.support.gateways import Onepay, nganluong_accounts
from tests.support.shop import Shop
from tests.support.sign import ipn_query, signed_query

__all__ = ["SENDERS", "Sender"]

_Message = bytes
_TOKEN: Final = "143000-0123456789abcdef0123456789abcdef"


@dataclass
class Sender(ABC):
    """A gateway's server, with one payment of the shop that it may tell of.

    `never`: decisions that no message of this gateway comes to, and why. `signs_off`: what ends its calls,
    by its sheet.
    """

    shop: Shop
    bank: FakeBank

    account: ClassVar[str]
    method: ClassVar[str]
    never: ClassVar[Mapping[Decision, str]] = {}

    @classmethod
    def accounts(cls, bank: FakeBank) -> str:
        """Its account and method, as they stand in payport.toml; empty where the shop has them."""
        return ""

    @staticmethod
    @abstractmethod
    def signs_off(reply: Reply) -> bool: ...

    @abstractmethod
    def messages(self, payment: Payment) -> Mapping[Decision, tuple[_Message, ...]]:
        """What to send, in order: the last message is the one that comes to the decision."""

    def pay(self) -> Payment:
        order = self.shop.order()
        self.shop.payport.pay(order.number, self.method, buyer_ip="203.0.113.9")
        return self.shop.payport.order(order.number).payments[-1]

    def bring(self, decision: Decision, without_storage: Callable[[], object]) -> Answer:
        """The answer of the IPN's door when this decision has come about."""
        door, payment = Door(self.shop, self.account), self.pay()
        messages = self.messages(payment)
        if decision is Decision.TRY_AGAIN:
            without_storage()
            return self.knock(door, messages[_FIRST[type(self)]][0])
        *before, last = messages[decision]
        for each in before:
            self.knock(door, each)
        return self.knock(door, last)

    def knock(self, door: Door, message: _Message) -> Answer:
        return door.ipn(message)


class Vnpay(Sender):
    account, method = "vnpay-main", "domestic_card"
    never: ClassVar = {
        Decision.HINT_TAKEN: "its IPN is a proof; the return, a hint, is answered to a browser"
    }

    @staticmethod
    def signs_off(reply: Reply) -> bool:
        return reply.body[11:15] in {b'"00"', b'"02"'}

    def messages(self, payment: Payment) -> Mapping[Decision, tuple[_Message, ...]]:
        reference, amount = payment.merchant_reference, payment.amount.minor
        paid = ipn_query(reference, amount)
        fields = {name: values[0] for name, values in parse_qs(paid.decode()).items()}
        signed = {name: value for name, value in fields.items() if name != "vnp_SecureHash"}
        del signed["vnp_TransactionNo"]
        return {
            Decision.RECORDED: (paid,),
            Decision.ALREADY_KNOWN: (paid, paid),
            Decision.TO_REVIEW: (ipn_query(reference, amount, response="07", status="07"),),
            Decision.WRONG_AMOUNT: (ipn_query(reference, amount + 1),),
            Decision.UNKNOWN_REFERENCE: (ipn_query("SVAAAA222233", amount),),
            Decision.NOT_AUTHENTIC: (ipn_query(reference, amount, secret="ANOTHER-SECRET"),),
            Decision.NO_INPUT: (b"",),
            Decision.INCOMPLETE: (signed_query(signed),),
        }


class OnepayDomestic(Sender):
    account, method = "onepay-domestic", "onepay_card"
    never: ClassVar = {Decision.HINT_TAKEN: "both doors take proofs"}
    speaker: ClassVar = Onepay("domestic", "unified")

    @classmethod
    def accounts(cls, bank: FakeBank) -> str:
        accounts: str = cls.speaker.configuration()["accounts"]
        return accounts

    @staticmethod
    def signs_off(reply: Reply) -> bool:
        return reply.status == 200 and reply.body.startswith(b"responsecode=1")

    def messages(self, payment: Payment) -> Mapping[Decision, tuple[_Message, ...]]:
        told, amount = self.speaker.told, payment.amount.minor
        reference, order = payment.merchant_reference, {"vpc_OrderInfo": payment.order_number}
        paid = told(reference, amount, **order)
        return {
            Decision.RECORDED: (paid,),
            Decision.ALREADY_KNOWN: (paid, paid),
            Decision.TO_REVIEW: (told(reference, amount, vpc_OrderInfo="SVANOTHER222"),),
            Decision.WRONG_AMOUNT: (told(reference, amount + 1, **order),),
            Decision.UNKNOWN_REFERENCE: (told("SVAAAA222233", amount, **order),),
            Decision.NOT_AUTHENTIC: (told(reference, amount, secret="00" * 16, **order),),
            Decision.NO_INPUT: (b"",),
            Decision.INCOMPLETE: (told(reference, amount, vpc_TxnResponseCode="", **order),),
        }


class OnepayInternational(OnepayDomestic):
    account, method = "onepay-international", "international_card"
    speaker = Onepay("international", "unified")


class Nganluong(Sender):
    account, method = "nganluong-main", "wallet"
    never: ClassVar = dict.fromkeys(
        (Decision.RECORDED, Decision.ALREADY_KNOWN, Decision.TO_REVIEW, Decision.WRONG_AMOUNT),
        "nothing that it sends is signed: a token is a hint, and the answer to an ask decides",
    )

    @classmethod
    def accounts(cls, bank: FakeBank) -> str:
        page = f"{bank.url}/nl35/version31/index/token_code/{_TOKEN}"
        bank.says(
            f"<result><error_code>00</error_code><token>{_TOKEN}</token>"
            f"<checkout_url>{page}</checkout_url></result>".encode()
        )
        return nganluong_accounts(bank.url)

    @staticmethod
    def signs_off(reply: Reply) -> bool:
        return reply.status == 200

    def messages(self, payment: Payment) -> Mapping[Decision, tuple[_Message, ...]]:
        said = f"error_code=00&order_code={payment.merchant_reference}&order_id=1&token="
        hint = f"{said}{_TOKEN}".encode()
        return {
            Decision.HINT_TAKEN: (hint,),
            Decision.UNKNOWN_REFERENCE: (f"{said}{_TOKEN[:-1]}0".encode(),),
            Decision.NOT_AUTHENTIC: (hint + b"&token=" + _TOKEN.encode(),),
            Decision.NO_INPUT: (b"",),
            Decision.INCOMPLETE: (b"error_code=00&token=",),
        }


_FIRST: Final[Mapping[type[Sender], Decision]] = {
    Vnpay: Decision.RECORDED,
    OnepayDomestic: Decision.RECORDED,
    OnepayInternational: Decision.RECORDED,
    Nganluong: Decision.HINT_TAKEN,
}

SENDERS: Final[Mapping[str, type[Sender]]] = {
    "vnpay": Vnpay,
    "onepay_domestic": OnepayDomestic,
    "onepay_international": OnepayInternational,
    "nganluong": Nganluong,
}
