"""What the payment page checks before it shows itself, in the sheet's order (section 13). Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from payport_simulators.vnpay.banks import BANKS, CARD_TYPES
from payport_simulators.vnpay.records import GMT7, PageError, PayRequest, Terminal
from payport_simulators.vnpay.signing import HASH, MalformedQuery, Pair, fits, parse_query

__all__ = ["PAGE_TIMER", "check", "gateway_text", "is_date", "is_ip", "is_text", "parse_date"]

PAGE_TIMER: Final = timedelta(minutes=15)

_LEAST: Final = 500_000
_MOST: Final = 100_000_000_000  # not reached
_DIGITS_14: Final = re.compile(r"[0-9]{14}")
_URL: Final = re.compile(r"https?://[\x21-\x7e]+")


def check(
    query: bytes,
    *,
    terminals: Mapping[str, Terminal],
    now: datetime,
    is_used: Callable[[str, str, str], bool],
) -> PayRequest | PageError:
    """What the page does with a raw query string: opens, or shows one error code.

    `is_used(terminal, reference, create_date)` says whether the reference was taken today.
    """
    fields: dict[str, str] = {}
    try:
        pairs = _read(query)
        fields = {pair.name: pair.value for pair in pairs}
        terminal = _terminal(terminals, fields.get("vnp_TmnCode", ""))
        _demand(fits(pairs, terminal.secret, offered=fields.get(HASH, "")), "70", "vnp_SecureHash is wrong")
        request = _request(fields, terminal)
        _demand(now < request.expires_at, "15", "the link has expired")
        used = is_used(terminal.code, request.reference, request.create_date)
        _demand(not used, "01", "vnp_TxnRef was used before")
    except _Refused as refused:
        return PageError(refused.code, refused.problem, "en" if fields.get("vnp_Locale") == "en" else "vn")
    return request


class _Refused(Exception):
    def __init__(self, code: str, problem: str) -> None:
        super().__init__(code)
        self.code, self.problem = code, problem


def _demand(holds: bool, code: str, problem: str) -> None:
    if not holds:
        raise _Refused(code, problem)


def _read(query: bytes) -> tuple[Pair, ...]:
    try:
        return parse_query(query)
    except MalformedQuery as error:
        raise _Refused("03", str(error)) from None


def _terminal(terminals: Mapping[str, Terminal], code: str) -> Terminal:
    if code not in terminals:
        raise _Refused("72", "vnp_TmnCode is no terminal here")
    _demand(terminals[code].active, "71", "the terminal is not active")
    return terminals[code]


def _request(fields: Mapping[str, str], terminal: Terminal) -> PayRequest:
    for name, is_right in _FIELDS.items():
        _demand(name in fields or name in _OPTIONAL, "03", f"{name} is missing")
        _demand(name not in fields or is_right(fields[name]), "03", f"{name} is not as specified")
    amount, create_date = int(fields["vnp_Amount"]), fields["vnp_CreateDate"]
    _demand(amount <= terminal.maximum * 100, "03", "vnp_Amount is above the terminal's maximum")
    expire_date = fields.get("vnp_ExpireDate")
    return PayRequest(
        terminal=terminal.code,
        reference=fields["vnp_TxnRef"],
        amount=amount,
        order_info=gateway_text(fields["vnp_OrderInfo"]),
        create_date=create_date,
        expires_at=parse_date(expire_date) if expire_date else parse_date(create_date) + PAGE_TIMER,
        locale=fields["vnp_Locale"],
        bank=fields.get("vnp_BankCode"),
        return_url=fields["vnp_ReturnUrl"],
        buyer_ip=fields["vnp_IpAddr"],
    )


def gateway_text(text: str) -> str:
    """The gateway keeps ASCII; every other letter becomes a question mark (sheet 3)."""
    return text.encode("ascii", "replace").decode("ascii")


def parse_date(text: str) -> datetime:
    """yyyyMMddHHmmss in GMT+7, as an aware time. Raises ValueError."""
    return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=GMT7)


def is_date(text: str) -> bool:
    """14 ASCII digits that are a real date and time."""
    if not _DIGITS_14.fullmatch(text):
        return False
    try:
        parse_date(text)
    except ValueError:
        return False
    return True


def is_ip(text: str) -> bool:
    """One address of 7 to 45 characters, not an IPv4 address in IPv6 clothes."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return 7 <= len(text) <= 45 and getattr(address, "ipv4_mapped", None) is None


def is_text(least: int, most: int) -> Callable[[str], bool]:
    """That many characters, none of them a control character."""
    return lambda text: least <= len(text) <= most and text.isprintable()


def _is(*values: str) -> Callable[[str], bool]:
    return lambda text: text in values


def _matches(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda text: compiled.fullmatch(text) is not None


def _is_amount(text: str) -> bool:
    return bool(re.fullmatch(r"[1-9][0-9]{0,11}", text)) and _LEAST <= int(text) < _MOST


def _is_url(text: str) -> bool:
    if not (10 <= len(text) <= 255 and _URL.fullmatch(text)):
        return False
    try:
        return bool(urlsplit(text).hostname)
    except ValueError:
        return False


_OPTIONAL: Final = frozenset({"vnp_ExpireDate", "vnp_BankCode"})
_FIELDS: Final[Mapping[str, Callable[[str], bool]]] = {  # sheet 3; others that are signed are welcome
    "vnp_Version": _is("2.1.0"),
    "vnp_Command": _is("pay"),
    "vnp_Amount": _is_amount,
    "vnp_CurrCode": _is("VND"),
    "vnp_CreateDate": is_date,
    "vnp_ExpireDate": is_date,
    "vnp_IpAddr": is_ip,
    "vnp_Locale": _is("vn", "en"),
    "vnp_OrderInfo": is_text(1, 255),
    "vnp_OrderType": is_text(1, 100),
    "vnp_ReturnUrl": _is_url,
    "vnp_TxnRef": _matches(r"[A-Za-z0-9_-]{1,100}"),
    "vnp_BankCode": _is(*BANKS, *CARD_TYPES, "VNBANK", "INTCARD"),
}
