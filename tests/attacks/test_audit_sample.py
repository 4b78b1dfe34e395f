"""`payport audit sample`: stored callbacks drawn at random, re-verified by a script that stands alone."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import update

from payport.doors.cli import main
from payport.doors.cli.journal import new_key
from payport.service.sealing import seal
from payport.storage import tables as t
from payport_contracts.kit.audit.sampling import drawn
from tests.docs.pages import ROOT
from tests.support.shop import Shop
from tests.support.sign import SECRET, ipn_query
from tests.support.tried_once import codes_tried_once

__all__ = ["codes_tried_once"]

APPROVED = ROOT / "contracts" / "src" / "payport_contracts" / "approved.toml"


@pytest.fixture
def shop(open_seller: Callable[..., Shop], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shop:
    """Three who paid, and one forger; sealed with a key."""
    new_key(tmp_path / "seal.pem", key_id="2026")
    capsys.readouterr()
    shop = open_seller(
        accounts='[journal]\nkey = { file = "seal.pem" }\nkey_id = "2026"\nheads = "heads.jsonl"\n'
    )
    for place in range(3):
        shop.ipn(shop.pay(shop.order(f"buyer-{place}")), transaction=f"1490000{place}")
    shop.deliver(ipn_query(shop.pay(shop.order()).merchant_reference, 1, secret="x"))
    shop.clock.forward(seconds=1)
    seal(shop.payport.seller)
    (tmp_path / "secret").write_text(f"{SECRET}\n", encoding="utf-8")
    return shop


def test_a_sample_is_verified_from_the_raw_bytes_and_what_was_changed_is_found(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    public = shop.payport.seller.sealing.known["2026"]
    brought = (
        "--config", str(shop.folder / "payport.toml"), "--secret", "vnpay-main=@secret",
        "--key", f"2026={public}", "--heads", str(shop.folder / "heads.jsonl"), "--approved", str(APPROVED),
    )  # fmt: skip

    assert (
        main(["audit", "sample", "4", "--seed", "tram anh", *brought, "--html", "r.html", "--pdf", "r.pdf"])
        == 0
    )
    said = capsys.readouterr().out
    assert said.count(": genuine") == 3
    assert said.count("contract vnpay-ipn 1.0.0: approved") == 4
    assert "callback 4: was refused, and rightly" in said
    assert said.count("does not fit, as it was judged: mismatch") == 1
    assert 'those whose SHA-256 of "tram anh NUMBER" is least' in said
    assert "4 fit." in said
    html = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "Sao Việt Software" in html
    assert html.count("all that was looked at fits") == 4
    assert "2026-a" in html  # the key is listed, by its name
    assert SECRET not in said + html.partition('id="keys"')[2]  # a vector's key is the same, and public

    genuine = shop.payport.callback(1).query
    rewrite(shop, ipn_query("SVANOTHER", 1_100_000))

    assert main(["audit", "sample", "4", *brought]) == 1
    told = capsys.readouterr().out
    assert "callback 1: does not fit" in told
    assert "3 fit." in told
    rewrite(shop, genuine)  # the journal would say so, too


def rewrite(shop: Shop, query: bytes) -> None:
    with shop.payport.seller.database.engine.begin() as connection:
        connection.execute(update(t.callbacks).where(t.callbacks.c.id == 1).values(query=query))


def test_without_the_secret_it_says_that_the_signature_was_not_looked_at(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    config = str(shop.folder / "payport.toml")

    assert main(["audit", "sample", "1", "--config", config, "--secret", f"vnpay-main={SECRET}"]) == 2
    assert SECRET not in capsys.readouterr().err
    assert main(["audit", "sample", "4", "--config", config]) == 0
    assert (
        "The signature of 4 was not looked at: the gateway's secret was not brought"
        in capsys.readouterr().out
    )


def test_anybody_draws_the_same_ones_by_the_seed() -> None:
    order = sorted(range(1, 101), key=lambda each: hashlib.sha256(f"s {each}".encode()).hexdigest())

    assert drawn(range(1, 101), 10, "s") == tuple(sorted(order[:10]))
    assert drawn(range(1, 101), 10, "t") != drawn(range(1, 101), 10, "s")
    assert drawn(range(3), 10, "s") == (0, 1, 2)


def test_the_script_that_it_runs_is_the_one_of_the_docs() -> None:
    carried = ROOT / "contracts" / "src" / "payport_contracts" / "kit" / "audit" / "check_evidence.script"

    assert carried.read_bytes() == (ROOT / "docs" / "check_evidence.py").read_bytes()
