"""Verifying and parsing one VNPAY callback, against the bare HMAC of the same bytes."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.ratio import Ratio, best
from payport.signing.received import Callback, Channel, Verified
from payport_domestic_card import vnpay
from tests.support.shop import NOON, open_shop
from tests.support.sign import SECRET, ipn_query

__all__ = ["measure"]


def measure() -> list[Ratio]:
    query = ipn_query("SV23456789AB", 1_100_000, vnp_PayDate="20261124120312")
    signed, key = query.rpartition(b"&")[0], SECRET.encode()
    with TemporaryDirectory() as folder:
        shop = open_shop(Path(folder), f"sqlite:///{folder}/unused.sqlite")
        account = shop.payport.seller.account("vnpay-main")
        gateway = account.ready
        callback = Callback("GET", query, (), b"", NOON, account.name, Channel.IPN)

        def verify_and_parse() -> None:
            proven = account.verify(callback)
            assert isinstance(proven, Verified)
            vnpay.parse_callback(proven)

        def as_the_door_does() -> None:
            """The plugin's code in a thread of its own, so that one that hangs harms nobody."""
            proven = account.verify(callback)
            assert isinstance(proven, Verified)
            gateway.parse(proven)

        bare = best(lambda: hmac.digest(key, signed, hashlib.sha512), calls=20_000)
        verified = best(lambda: account.verify(callback), calls=2_000)
        both = best(verify_and_parse, calls=2_000)
        guarded = best(as_the_door_does, calls=2_000)
    return [
        Ratio("verify a VNPAY callback ÷ bare HMAC-SHA512", verified, bare, "µs"),
        Ratio("verify and parse a VNPAY callback ÷ bare HMAC-SHA512", both, bare, "µs", "≤ 12"),
        Ratio("the same, parsed under a time limit ÷ bare HMAC-SHA512", guarded, bare, "µs"),
    ]
