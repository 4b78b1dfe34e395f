"""A builder of QR texts that shares nothing with the bank, and a bank with two accounts."""

from __future__ import annotations

import binascii
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from payport_simulators.bank import Account, Bank, app
from tests.support.plain_http import TRUSTS_NOBODY

SHOP = Account("0123456789", "970436", "Vietcombank", "CONG TY SAO MAI")
VIRTUAL = Account("SVA000123", "970422", "MBBank", "CONG TY SAO MAI")


def tlv(number: str, value: str) -> str:
    return f"{number}{len(value):02d}{value}"


def sealed(text: str) -> str:
    """With its check sum."""
    return f"{text}6304{binascii.crc_hqx(f'{text}6304'.encode(), 0xFFFF):04X}"


def account_data(**changes: str) -> str:
    parts = {
        "guid": "A000000727",
        "bank_bin": "970436",
        "account": "0123456789",
        "service": "QRIBFTTA",
        "receiver_extra": "",
        "extra": "",
    } | changes
    receiver = tlv("00", parts["bank_bin"]) + tlv("01", parts["account"]) + parts["receiver_extra"]
    return tlv("00", parts["guid"]) + tlv("01", receiver) + tlv("02", parts["service"]) + parts["extra"]


def qr_text(**changes: str | None) -> str:
    """A transfer of 150000 đồng for DH1001; an argument `o54="1"` is another object, None leaves one out."""
    objects: dict[str, str | None] = {
        "o00": "01",
        "o01": "12",
        "o38": account_data(),
        "o53": "704",
        "o54": "150000",
        "o58": "VN",
        "o62": tlv("08", "DH1001"),
    }
    objects |= changes
    return sealed("".join(tlv(name[1:], value) for name, value in objects.items() if value is not None))


@pytest.fixture
def qr() -> Callable[..., str]:
    return qr_text


@pytest.fixture
def seal() -> Callable[[str], str]:
    return sealed


@pytest.fixture
def data() -> Callable[..., str]:
    """Object 38."""
    return account_data


@pytest.fixture
def bank(clock: Any) -> Bank:
    return Bank([SHOP, VIRTUAL], clock=clock)


@pytest.fixture
def branch(bank: Bank, gateway_stage: Any) -> Iterator[httpx.Client]:
    """The bank over HTTP, to a client that follows no redirects."""
    gateway_stage.app = app(bank)
    with httpx.Client(base_url=gateway_stage.url, verify=TRUSTS_NOBODY, trust_env=False) as client:
        yield client
