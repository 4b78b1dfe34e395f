"""How the API reads a request, admits it, and writes an answer down (sheet 8, 9, 11)."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from urllib.parse import quote

from payport_simulators.onepay.products import Product
from payport_simulators.onepay.records import ApiAnswer, Merchant
from payport_simulators.onepay.signing import HASH, Malformed, encoded, fits, parse, signed_query

__all__ = [
    "ApiRefused",
    "admitted",
    "html",
    "is_same",
    "legacy_text",
    "read",
    "refusal",
    "server_error",
    "text",
    "unified_text",
]


class ApiRefused(Exception):
    """The answer to whoever is not shown to be the merchant: two fields, and nothing signed."""

    def __init__(self, code: str, problem: str) -> None:
        super().__init__(problem)
        self.code, self.problem = code, problem


def read(body: bytes) -> dict[str, str]:
    """The fields of a posted form. Raises ApiRefused where they can be read in several ways, or in none."""
    try:
        return parse(body)
    except Malformed as error:
        raise ApiRefused("7", str(error)) from None


def admitted(
    fields: Mapping[str, str], product: Product, merchants: Mapping[str, Merchant], *, hash_required: bool
) -> Merchant:
    """The merchant whose hash the request carries. Raises ApiRefused."""
    merchant = merchants.get(fields.get("vpc_Merchant", ""))
    if merchant is None or merchant.product is not product:
        raise ApiRefused("7", "Field vpc_Merchant value is invalid.")
    if not is_same(fields.get("vpc_AccessCode", ""), merchant.access_code):
        raise ApiRefused("7", "Field vpc_AccessCode value is invalid.")
    if (hash_required or HASH in fields) and not fits(fields, merchant.secret):
        raise ApiRefused("255", "Invalid vpc_SecureHash")
    return merchant


def is_same(offered: str, right: str) -> bool:
    return hmac.compare_digest(offered.encode(), right.encode())


def text(body: str) -> ApiAnswer:
    return ApiAnswer(200, "text/plain", body)


def refusal(refused: ApiRefused) -> ApiAnswer:
    return text(encoded({"vpc_TxnResponseCode": refused.code, "vpc_Message": refused.problem}))


def unified_text(
    fields: Mapping[str, str], secret: str, *, has_hash: bool = True, is_right: bool = True
) -> str:
    """A signed answer; or, by a fault, one with no hash or with a wrong one."""
    query = signed_query(fields, secret)
    body, _, right = query.rpartition(f"&{HASH}=")
    if not has_hash:
        return body
    return query if is_right else f"{body}&{HASH}={right[::-1]}"


def legacy_text(fields: Mapping[str, str]) -> str:
    """As the old pages answer: a `?` in front, spaces as they are, no hash."""
    names = sorted((name for name in fields if fields[name]), key=lambda name: (name != "vpc_DRExists", name))
    return "?" + "&".join(f"{name}={quote(fields[name], safe=' :,')}" for name in names)


def server_error(status: int = 503) -> ApiAnswer:
    return ApiAnswer(status, "text/plain", "Service Unavailable" if status == 503 else "Gateway Time-out")


def html() -> ApiAnswer:
    return ApiAnswer(200, "text/html", "<!doctype html><title>Maintenance</title><h1>Bảo trì hệ thống</h1>")
