"""The auditor's list agrees with the files: each contract once, by the digest of its very bytes."""

from __future__ import annotations

import hashlib
import tomllib
from datetime import date
from importlib.resources import files

PACKAGE = files("payport_contracts")
FOLDERS = ("vnpay", "onepay", "nganluong")
APPROVED = tomllib.loads(PACKAGE.joinpath("approved.toml").read_text(encoding="utf-8"))["approved"]


def shipped() -> dict[tuple[str, str], str]:
    found = {}
    for folder in FOLDERS:
        for file in PACKAGE.joinpath(folder).iterdir():
            if file.name.endswith(".toml"):
                contract = tomllib.loads(file.read_bytes().decode())
                found[contract["id"], contract["version"]] = hashlib.sha256(file.read_bytes()).hexdigest()
    return found


def test_the_list_holds_every_shipped_contract_with_its_digest() -> None:
    assert {(entry["id"], entry["version"]): entry["sha256"] for entry in APPROVED} == shipped()


def test_no_contract_is_listed_twice() -> None:
    assert len(APPROVED) == len({(entry["id"], entry["version"]) for entry in APPROVED})


def test_every_entry_says_who_and_when() -> None:
    assert all(entry["who"].strip() and isinstance(entry["when"], date) for entry in APPROVED)
