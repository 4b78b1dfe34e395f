"""One callback's evidence: it stands alone, anybody can check it, and it gives nothing away."""

from __future__ import annotations

import base64
import json
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from payport.doors.cli.journal import new_key
from payport.errors import NotFound
from payport.rules.payment import Payment
from payport.service.sealing import seal
from tests.support.shop import Shop
from tests.support.sign import SECRET, ipn_query

SCRIPT = Path(__file__).parents[2] / "docs" / "check_evidence.py"
GENUINE = "signature, HMAC-SHA512 by key 2026-a: genuine"


@pytest.fixture
def sealed(open_seller: Callable[..., Shop], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shop:
    """A shop that seals with a key, and keeps its heads outside."""
    new_key(tmp_path / "seal.pem", key_id="2026")
    journal = '[journal]\nkey = { file = "seal.pem" }\nkey_id = "2026"\nheads = "heads.jsonl"\n'
    capsys.readouterr()
    return open_seller(accounts=journal)


@pytest.fixture
def paid(sealed: Shop) -> Payment:
    """By its second callback, after a forged one; then sealed. Others pay too."""
    for place in range(3):
        sealed.ipn(sealed.pay(sealed.order(f"another-{place}")), transaction=f"1490000{place}")
    payment = sealed.pay(sealed.order())
    sealed.deliver(ipn_query(payment.merchant_reference, 1, secret="x"))
    sealed.clock.forward(seconds=1)
    sealed.ipn(payment)
    seal(sealed.payport.seller)
    sealed.clock.forward(seconds=1)
    sealed.ipn(sealed.pay(sealed.order("later")), transaction="14900009")
    return payment


def check(folder: Path, said: dict[str, Any], *more: str) -> tuple[int, list[str]]:
    """As an auditor runs it: a process of its own, in which Payport cannot be imported."""
    file = folder / "evidence.json"
    file.write_text(json.dumps(said), encoding="utf-8")
    alone = f"import sys; sys.modules['payport'] = None\nexec(open({str(SCRIPT)!r}).read())"
    ran = subprocess.run(
        [sys.executable, "-c", alone, file, *more], capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode != 2, ran.stderr
    return ran.returncode, ran.stdout.splitlines()


def changed(said: dict[str, Any], change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    copy: dict[str, Any] = json.loads(json.dumps(said))
    change(copy)
    return copy


class TestAPaidOrders:
    def test_is_checked_without_payport_and_without_the_database(
        self, sealed: Shop, paid: Payment, tmp_path: Path
    ) -> None:
        (tmp_path / "secret").write_text(f"{SECRET}\n", encoding="utf-8")
        said = sealed.payport.evidence(5)
        approved = said["contract"]["sha256"]
        public = sealed.payport.seller.sealing.known["2026"]

        status, lines = check(
            tmp_path, said, "--secret", str(tmp_path / "secret"), "--heads", str(tmp_path / "heads.jsonl"),
            "--contract", approved, "--key", f"2026={public}",
        )  # fmt: skip

        assert status == 0
        assert {GENUINE, "contract vnpay-ipn 1.0.0: approved", "judged: proof, recorded"} <= set(lines)
        assert "its digest stands in the entry of the money that it proved" in lines
        assert any(line.startswith("4 of 4 entries are sealed, by signed heads") for line in lines)
        assert f"payment.succeeded {paid.merchant_reference}" in "\n".join(lines)

    def test_whatever_is_changed_in_it_is_found(
        self,
        sealed: Shop,
        paid: Payment,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        main = runpy.run_path(str(SCRIPT))["main"]
        said = sealed.payport.evidence(5)
        receipt = next(place for place, entry in enumerate(said["entries"]) if '"receipt"' in entry["text"])
        forged = base64.b64encode(ipn_query(paid.merchant_reference, 1)).decode()
        other_text = said["entries"][receipt]["text"].replace("1100000", "1100001")
        (tmp_path / "secret").write_text(SECRET, encoding="utf-8")
        changes: list[Callable[[dict[str, Any]], object]] = [
            lambda copy: copy["callback"].update(query=forged),
            lambda copy: copy["contract"].update(text=copy["contract"]["text"] + "\n"),
            lambda copy: copy["entries"][receipt].update(text=other_text),
            lambda copy: copy["entries"][receipt].update(number=1),
            lambda copy: copy["entries"][0].update(path=copy["entries"][0]["path"][:-1]),
            lambda copy: copy["heads"][0].update(signature=base64.b64encode(b"x" * 64).decode()),
            lambda copy: copy["signature"].update(text=base64.b64encode(b"other").decode()),
            lambda copy: copy.update(keys={"2026": base64.b64encode(b"x" * 32).decode()}),
        ]

        for change in changes:
            file = tmp_path / "evidence.json"
            file.write_text(json.dumps(changed(said, change)), encoding="utf-8")
            monkeypatch.setattr(sys, "argv", ["check", str(file), "--secret", str(tmp_path / "secret")])
            assert main() == 1
            assert capsys.readouterr().out.splitlines()[-1].startswith("does not fit: ")

    def test_holds_no_secret_and_nothing_of_the_buyer(self, sealed: Shop, paid: Payment) -> None:
        shown = json.dumps(sealed.payport.evidence(5), ensure_ascii=False)

        for marker in (SECRET, "Nguyễn", "a@example.vn", "0900000001", "203.0.113.9"):
            assert marker not in shown


class TestOthers:
    def test_a_forged_ones_says_that_it_was_not_believed_and_did_nothing(
        self, sealed: Shop, paid: Payment, tmp_path: Path
    ) -> None:
        said = sealed.payport.evidence(4)

        status, lines = check(tmp_path, said)

        assert status == 0
        assert {"judged: rejected, not_authentic", "it proved no money"} <= set(lines)
        assert said["entries"] == []

    def test_one_that_nobody_sealed_yet_says_so(self, sealed: Shop, paid: Payment, tmp_path: Path) -> None:
        lines = check(tmp_path, sealed.payport.evidence(6))[1]

        assert any(line.startswith("0 of ") for line in lines)

    def test_one_that_is_not_kept_is_not_found(self, sealed: Shop) -> None:
        with pytest.raises(NotFound):
            sealed.payport.evidence(99)
