"""VietQR's test vectors, run against this plugin's writer and reader.

Found by the kit in the entry-point group `payport.vectors`. Nothing that takes a payment imports it.
"""

from __future__ import annotations

from typing import Final

from payport.errors import Malformed, RequestRefused
from payport_contracts.kit.runner import Facts, Operations, Vector
from payport_order_only.vietqr import Transfer, build_payload, crc16, normalize_memo
from payport_order_only.vietqr_reader import parse_payload

__all__ = ["OPERATIONS"]


def _build(vector: Vector) -> Facts:
    try:
        text = build_payload(Transfer(**vector["params"]))
    except RequestRefused as refusal:
        return {"valid": False, "reason": f"{refusal.field} {refusal.problem}"}
    return {"valid": True, "payload": text, "crc": text[-4:], "canonical": text[:-4]}


def _parse(vector: Vector) -> Facts:
    try:
        scanned = parse_payload(vector["received"])
    except Malformed as error:
        return {"valid": False, "reason": f"{error.field} {error.problem}"}
    said = scanned.transfer
    return {
        "valid": True,
        "bank_bin": said.bank_bin,
        "account": said.account,
        "service": said.service,
        "initiation": scanned.initiation,
        "amount": said.amount,
        "memo": said.memo,
    }


def _crc(vector: Vector) -> Facts:
    return {"valid": True, "crc": crc16(vector["params"]["text"])}


def _memo(vector: Vector) -> Facts:
    return {"valid": True, "memo": normalize_memo(vector["params"]["text"])}


OPERATIONS: Final[Operations] = {
    "vietqr": {"build_payload": _build, "parse_payload": _parse, "crc16": _crc, "normalize_memo": _memo}
}
