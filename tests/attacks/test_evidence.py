"""One callback's evidence: it stands alone, anybody can check it, and it gives nothing away."""

from __future__ import annotations

import base64
import json
import runpy
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import update

from payport.doors.cli.journal import new_key
from payport.errors import NotFound
from payport.rules.payment import Payment
from payport.service.sealing import seal
from payport.signing.received import Channel
from payport.storage import tables as t
from tests.support.shop import Shop
from tests.support.sign import SECRET, ipn_query
from tests.support.site import Site

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


def _mutants(read: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """The document without each of its values in turn, and with another one there."""
    for key, value in read.items() if isinstance(read, dict) else enumerate(read):
        for other in ("taken", None, [], f"{value}0"):
            copy = json.loads(json.dumps(read))
            if other == "taken":
                del copy[key]
            else:
                copy[key] = other
            if copy != read:
                yield (*place, key), copy
        if isinstance(value, dict | list):
            for inner, changed_value in _mutants(value, (*place, key)):
                yield (
                    inner,
                    (
                        {**read, key: changed_value}
                        if isinstance(read, dict)
                        else [changed_value if at == key else each for at, each in enumerate(read)]
                    ),
                )


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
            lambda copy: copy["callback"].update(number=4),
            lambda copy: copy["callback"].update(received_at="2026-11-24T05:00:09.000000Z"),
            lambda copy: copy["judged"].update(verdict="rejected"),
            lambda copy: copy["judged"].update(merchant_reference="SVANOTHER"),
            lambda copy: copy["judged"].update(key_id="another"),
            lambda copy: copy["signature"].update(key_id="another"),
            lambda copy: copy.update(signature=None),
            lambda copy: copy["entries"].pop(1),
            lambda copy: copy["entries"].reverse(),
            lambda copy: copy["entries"].append(copy["entries"][-1]),
            lambda copy: copy["entries"][0].update(sealed_by=None),
            lambda copy: copy["heads"].append(copy["heads"][0]),
        ]

        for change in changes:
            file = tmp_path / "evidence.json"
            file.write_text(json.dumps(changed(said, change)), encoding="utf-8")
            monkeypatch.setattr(sys, "argv", ["check", str(file), "--secret", str(tmp_path / "secret")])
            assert main() == 1
            assert capsys.readouterr().out.splitlines()[-1].startswith("does not fit: ")

    def test_each_thing_in_it_is_compared_but_for_those_that_are_named_here(
        self,
        sealed: Shop,
        paid: Payment,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        """Each value is taken away, and changed: the check fails, or says other words, and never breaks."""
        main = runpy.run_path(str(SCRIPT))["main"]
        said = sealed.payport.evidence(5)
        (tmp_path / "secret").write_text(SECRET, encoding="utf-8")
        trusted = ("--key", f"2026={sealed.payport.seller.sealing.known['2026']}")
        by_hand = ("--contract", said["contract"]["sha256"], "--secret", str(tmp_path / "secret"))
        file = tmp_path / "evidence.json"
        monkeypatch.setattr(sys, "argv", ["check", str(file), *trusted, *by_hand])

        def checked(copy: dict[str, Any]) -> tuple[int, str]:
            file.write_text(json.dumps(copy), encoding="utf-8")
            return main(), capsys.readouterr().out

        genuine = checked(said)
        assert genuine[0] == 0
        unseen = {".".join(map(str, place)) for place, copy in _mutants(said) if checked(copy) == genuine}
        assert unseen == {
            "judged.reason",  # for the eye
            "keys", "keys.2026",  # others are trusted
            "signature.key_prefix", "signature.key_role", "signature.key_text",  # this key is as it is
        }  # fmt: skip

    def test_another_messages_genuine_signature_is_not_this_ones(
        self,
        sealed: Shop,
        paid: Payment,
        tmp_path: Path,
    ) -> None:
        (tmp_path / "secret").write_text(SECRET, encoding="utf-8")
        said, other = sealed.payport.evidence(5), sealed.payport.evidence(6)
        said["signature"] = other["signature"]

        status, lines = check(tmp_path, said, "--secret", str(tmp_path / "secret"))

        assert (status, lines[-1]) == (1, "does not fit: the signature stands nowhere in the callback")

    def test_a_head_that_nobody_signed_is_not_believed_where_a_key_is_known(
        self, sealed: Shop, paid: Payment, tmp_path: Path
    ) -> None:
        """But the one that is kept outside is."""
        said = sealed.payport.evidence(5)
        trusted = ("--key", f"2026={said['keys']['2026']}")
        forged = json.loads(said["heads"][0]["text"]) | {"key": None}
        text = json.dumps(forged, sort_keys=True, separators=(",", ":"))
        said["heads"] = [{"text": text, "signature": None}]
        (tmp_path / "kept").write_text(json.dumps({"head": said["heads"][0]}) + '\n{"torn')

        assert check(tmp_path, said)[0] == 0
        status, lines = check(tmp_path, said, *trusted)
        assert (status, lines[-1]) == (1, "does not fit: a head is not signed, though a key is known")
        assert check(tmp_path, said, *trusted, "--heads", str(tmp_path / "kept"))[0] == 0
        heads = str(tmp_path / "heads.jsonl")
        assert check(tmp_path, said, "--heads", heads)[1][-1].endswith("is not among those kept outside")

    @pytest.mark.parametrize(
        "arguments", [("--key", "2026"), ("--key", "2026=AAAA"), ("--heads", "none"), ("--secret", "none")]
    )
    def test_says_that_it_was_asked_wrongly(self, tmp_path: Path, arguments: tuple[str, str]) -> None:
        ran = subprocess.run(
            [sys.executable, SCRIPT, "none.json", *arguments],
            cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

        assert (ran.returncode, ran.stdout) == (2, "")
        assert ran.stderr.startswith("cannot be used: ")
        assert "Traceback" not in ran.stderr

    def test_holds_no_secret_and_nothing_of_the_buyer(self, sealed: Shop, paid: Payment) -> None:
        shown = json.dumps(sealed.payport.evidence(5), ensure_ascii=False)

        for marker in (SECRET, "Nguyễn", "a@example.vn", "0900000001", "203.0.113.9"):
            assert marker not in shown


class TestASignature:
    """Of whatever form, and wherever it stands, is found in its message."""

    RAW = bytes(range(200, 232))
    FORMS = (RAW.hex(), RAW.hex().upper(), base64.b64encode(RAW).decode())

    @pytest.mark.parametrize("form", FORMS, ids=("lower", "upper", "base64"))
    def test_stands_in_the_message(self, form: str) -> None:
        places_of = runpy.run_path(str(SCRIPT))["places_of"]
        escaped = json.dumps({"data": [{"sign": form}]}).replace("/", "\\/").replace("+", "\\u002b")

        for query, body in (
            (f"a=1&sign={quote(form)}", ""),
            ("a=1", f"sign={quote(form)}&b=2"),
            ("", escaped),
        ):
            callback = {"query": encoded(query), "body": encoded(body)}
            assert list(places_of(callback, [], self.RAW)) == ["message"]
            assert list(places_of(callback, [["x", f"t=1,v1={form}"]], self.RAW)) == ["message", "header"]
            assert list(places_of(callback, [], self.RAW[::-1])) == []

    def test_of_each_gateway_is_found_in_what_it_sent(
        self, site: Site, genuine: bytes, tmp_path: Path
    ) -> None:
        site.ipn(genuine)
        (tmp_path / "secret").write_text(site.speaker.secret, encoding="utf-8")

        status, lines = check(tmp_path, site.shop.payport.evidence(1), "--secret", str(tmp_path / "secret"))

        assert status == 0, lines
        assert next(line for line in lines if line.startswith("signature, ")).endswith(": genuine")


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


class TestOthers:
    def test_headers_without_end_stand_in_nobodys_way(self, sealed: Shop, tmp_path: Path) -> None:
        """A buyer's browser brings as many as the door takes, in signs that JSON writes at length."""
        payment = sealed.pay(sealed.order())
        headers = tuple((b"x-%d" % place, b"\xe9" * 300) for place in range(50))
        sealed.deliver(ipn_query(payment.merchant_reference, payment.amount.minor), headers=headers)

        status, lines = check(tmp_path, sealed.payport.evidence(1))

        assert status == 0
        assert "its digest stands in the entry of the money that it proved" in lines

    def test_money_that_is_of_no_payment_of_ours_has_its_entry(
        self, sealed: Shop, paid: Payment, tmp_path: Path
    ) -> None:
        sealed.deliver(ipn_query("SVNOBODYS", 5_000, transaction="14909999"))

        said = sealed.payport.evidence(7)
        status, lines = check(tmp_path, said)

        assert status == 0
        assert [line.partition(": ")[2] for line in lines if line.startswith("entry")] == [
            "money.unmatched 14909999 5000 VND"
        ]
        assert "its digest stands in the entry of the money that it proved" in lines

    def test_a_forged_ones_says_that_it_was_not_believed_and_did_nothing(
        self, sealed: Shop, paid: Payment, tmp_path: Path
    ) -> None:
        (tmp_path / "secret").write_text(SECRET, encoding="utf-8")
        said = sealed.payport.evidence(4)

        status, lines = check(tmp_path, said, "--secret", str(tmp_path / "secret"))

        assert status == 0
        assert "it proved no money" in lines
        assert lines[1].startswith("judged: rejected, not_authentic, for mismatch: ")
        assert "signature, HMAC-SHA512 by key 2026-a: does not fit, as it was judged: mismatch" in lines
        assert lines[2].startswith("contract vnpay-ipn 1.0.0: sha256 ")
        assert said["entries"] == []

    def test_one_that_nobody_sealed_yet_says_so(self, sealed: Shop, paid: Payment, tmp_path: Path) -> None:
        lines = check(tmp_path, sealed.payport.evidence(6))[1]

        assert any(line.startswith("0 of ") for line in lines)

    def test_one_that_is_not_kept_is_not_found(self, sealed: Shop) -> None:
        with pytest.raises(NotFound):
            sealed.payport.evidence(99)


class TestARefusedOne:
    """Is looked at again: it was refused rightly, and by which contract."""

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            (
                lambda query: query.replace(b"Amount=1", b"Amount=2"),
                "does not fit, as it was judged: mismatch",
            ),
            (lambda query: query.partition(b"&vnp_SecureHash=")[0], "none is there, as it was judged"),
            (
                lambda query: query.partition(b"SecureHash=")[0] + b"SecureHash=",
                "it is empty, as it was judged",
            ),
            (lambda query: query + b"0", "it is not of the form that the contract names, as it was judged"),
            (lambda query: query + b"&vnp_Amount=1", "the message was refused before that: repeated"),
            (lambda query: b"", "the message was refused before that: no_input"),
        ],
        ids=("changed", "unsigned", "empty", "another form", "twice", "nothing"),
    )
    def test_is_refused_again_for_the_same_reason(
        self, sealed: Shop, tmp_path: Path, change: Callable[[bytes], bytes], says: str
    ) -> None:
        payment = sealed.pay(sealed.order())
        sealed.deliver(change(ipn_query(payment.merchant_reference, payment.amount.minor)))
        (tmp_path / "secret").write_text(SECRET, encoding="utf-8")
        said = sealed.payport.evidence(1)

        status, lines = check(tmp_path, said, "--secret", str(tmp_path / "secret"))

        assert status == 0, lines
        assert lines[3].startswith("signature")
        assert lines[3].endswith(says)
        assert said["judged"]["contract"] == "vnpay-ipn 1.0.0"

    def test_of_a_genuine_message_is_not_believed_to_have_been_refused(
        self, sealed: Shop, paid: Payment, tmp_path: Path
    ) -> None:
        """Whoever writes into the table that a payment's proof was refused, whatever for, is found."""
        (tmp_path / "secret").write_text(SECRET, encoding="utf-8")
        genuine, found = sealed.payport.evidence(5), []
        genuine["entries"] = []  # nor the money

        for reason in ("mismatch: signature", "no_key: keys", "missing_signature: x", "signature_form: x"):
            refused = {**genuine["judged"], "verdict": "rejected", "reason": reason, "key_id": None}
            status, lines = check(
                tmp_path, {**genuine, "judged": refused}, "--secret", str(tmp_path / "secret")
            )
            assert status == 1, reason
            found.append(lines[-1])

        assert set(found[:2]) == {"does not fit: it was refused for its signature, and that is genuine"}
        assert found[2].endswith("refused as missing_signature, and a signature is there")
        assert found[3].endswith("refused as signature_form, and a signature is there")

    @pytest.mark.parametrize("reason", ["missing_signature", "empty_signature", "signature_form"])
    def test_is_looked_for_in_the_message_where_the_document_says_that_no_signature_came(
        self, sealed: Shop, paid: Payment, tmp_path: Path, reason: str
    ) -> None:
        """The contract's text names the field: the script believes neither Payport nor its reason."""
        said = sealed.payport.evidence(5)
        said["judged"].update(verdict="rejected", reason=f"{reason}: vnp_SecureHash", key_id=None)
        said["signature"].update(received=[])
        said["entries"] = []

        status, lines = check(tmp_path, said)

        assert status == 1
        assert lines[-1].startswith("does not fit: it was refused ")

    def test_that_was_kept_without_its_contract_names_the_doors(
        self, sealed: Shop, paid: Payment, tmp_path: Path
    ) -> None:
        this = t.callbacks.c.id == 4
        with sealed.payport.seller.database.engine.begin() as connection:
            connection.execute(update(t.callbacks).where(this).values(contract=None))

        status, lines = check(tmp_path, sealed.payport.evidence(4))

        assert status == 0
        assert lines[2].startswith(
            "contract vnpay-ipn 1.0.0, which is asked at this door today; none is kept"
        )

    def test_by_a_key_that_was_not_known_then_is_no_contradiction(
        self, sealed: Shop, paid: Payment, tmp_path: Path
    ) -> None:
        (tmp_path / "secret").write_text(SECRET, encoding="utf-8")
        said = sealed.payport.evidence(5)
        said["judged"].update(verdict="rejected", reason="no_key: keys.hash_secret", key_id=None)
        said["signature"].update(valid_then=False)
        said["entries"] = []

        status, lines = check(tmp_path, said, "--secret", str(tmp_path / "secret"))

        assert status == 0
        assert "genuine, but that key was not valid then, as it was judged: no_key" in lines[3]

    def test_which_is_a_hint_is_genuine_by_its_own_contract(self, sealed: Shop, tmp_path: Path) -> None:
        payment = sealed.pay(sealed.order())
        sealed.deliver(ipn_query(payment.merchant_reference, payment.amount.minor), channel=Channel.RETURN)
        (tmp_path / "secret").write_text(SECRET, encoding="utf-8")

        status, lines = check(tmp_path, sealed.payport.evidence(1), "--secret", str(tmp_path / "secret"))

        assert status == 0, lines
        assert lines[1] == "judged: hint, hint_taken"
        assert lines[3] == GENUINE
