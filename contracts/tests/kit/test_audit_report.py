"""The auditor's report: its values, its HTML, its PDF, and the shell lines in it."""

from __future__ import annotations

import os
import re
import subprocess
import zlib
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import pytest

from payport.doors.cli import main
from payport.gateways.types import Answers
from payport.signing.document import Signature
from payport.signing.public_key import ed25519, rsa_sha256
from payport_contracts.kit.audit.document import as_pdf
from payport_contracts.kit.audit.gathering import report_of_installation
from payport_contracts.kit.audit.openssl_lines import NO_FIT, openssl_check, openssl_line, printed
from payport_contracts.kit.audit.page import as_html
from payport_contracts.kit.audit.values import DECISIONS, HOOKS, Report, Sample, SampleRow
from payport_contracts.kit.audit.vector_rows import vector_row
from payport_contracts.kit.audit.wording import can, cannot
from tests.docs.language import EXAMPLES
from tests.docs.pages import page, rows, section
from tests.support.tried_once import codes_tried_once

__all__ = ["codes_tried_once"]

SAME = ("The message carries the same.", "Payport sends the same.")
APPROVED = Path(str(files("payport_contracts").joinpath("approved.toml")))


@pytest.fixture(scope="module")
def report() -> Report:
    return report_of_installation([APPROVED])


FITS = {"RSA-SHA256": "Verified OK", "Ed25519": "Signature Verified Successfully"}


def sh(line: str, folder: Path) -> str:
    """What a line prints, its temporary files being made in a folder."""
    ran = subprocess.run(
        ["sh", "-c", line], capture_output=True, text=True, timeout=20, check=True,
        env={**os.environ, "TMPDIR": str(folder)},
    )  # fmt: skip
    return ran.stdout.strip()


class Outside(HTMLParser):
    """What a page would run, or fetch from elsewhere; and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag in {"script", "link", "img", "iframe", "object", "embed", "base", "form"} or "src" in said:
            self.found.append(tag)
        self.found += [name for name in said if name.startswith("on")]
        href = said.get("href")
        if href is not None and not href.startswith("#"):
            self.found.append(href)

    def handle_data(self, data: str) -> None:
        self.words.append(data)


class TestTheShellLines:
    def test_each_gives_the_digest_that_stands_below_it_by_openssl(self, report: Report) -> None:
        rows_ = [row for part in report.contracts for row in part.vectors if row.command is not None]

        ran = subprocess.run(
            ["sh", "-c", "\n".join(str(row.command) for row in rows_)],
            capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip

        made = [line.split()[-1] for line in ran.stdout.splitlines()]
        assert len(made) == len(rows_) > 250
        assert [one.lower() for one in made] == [str(row.gives).lower() for row in rows_]

    def test_every_vector_that_is_accepted_and_signed_has_one(self, report: Report) -> None:
        for part in report.contracts:
            accepted = [row for row in part.vectors if row.stated == "accepted"]
            signed = not any(each.text.startswith("Nothing is signed") for each in part.sentences)
            assert all((row.command is not None) is signed for row in accepted), part.label
            assert all(row.carried in SAME for row in accepted if signed), part.label

    @pytest.mark.parametrize("text", [b"-n 50%", "Trần Thị B".encode(), bytes(range(1, 256)), b"it's \\n"])
    def test_printf_writes_the_very_bytes(self, text: bytes) -> None:
        ran = subprocess.run(["sh", "-c", printed(text)], capture_output=True, timeout=10, check=True)

        assert ran.stdout == text

    @pytest.mark.parametrize("algorithm", ["RSA-SHA256", "Ed25519"])
    def test_of_a_public_key_has_openssl_verify_the_signature_and_prints_what_stands_below_it(
        self, algorithm: str, tmp_path: Path
    ) -> None:
        example = next(each for each in EXAMPLES if algorithm in each.heading)
        body = example.message.partition("\n\n")[2].strip()
        genuine = {
            "id": "x", "note": "", "valid": True, "body": body, "agreed": [],
            "secret": {"gateway_public_key": example.key},
        }  # fmt: skip
        forged = {**genuine, "valid": False, "expected": {"reason": "mismatch"}}
        forged["body"] = body.replace("150000", "150001")
        unsigned = {**forged, "body": re.sub(r', "sign": "[^"]+"', "", body)}

        rows_ = [vector_row(example.contract, each) for each in (genuine, forged, unsigned)]

        assert [row.found for row in rows_] == ["accepted", "refused: mismatch", "refused: missing_signature"]
        assert (rows_[0].gives, rows_[1].gives) == (FITS[algorithm], NO_FIT[algorithm])
        assert rows_[2].command is None
        for row in rows_[:2]:
            assert sh(str(row.command), tmp_path) == row.gives
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("algorithm", ["RSA-SHA256", "Ed25519"])
    def test_of_a_private_key_shows_its_public_half_alone(self, algorithm: str, tmp_path: Path) -> None:
        signature = Signature(at="field.s", algorithm=algorithm, key="k", written="base64")
        kind = ["ED25519"] if algorithm == "Ed25519" else ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"]
        made = ["openssl", "genpkey", "-algorithm", *kind]
        pem = subprocess.run(made, capture_output=True, timeout=30, check=True).stdout
        text = "Trần Thị B\x00'%".encode()
        public_key = ed25519 if algorithm == "Ed25519" else rsa_sha256

        line, gives = openssl_check(signature, text, pem, public_key.make(pem, text), fits=True)

        assert sh(line, tmp_path) == gives == FITS[algorithm]
        assert "PRIVATE" not in line

    def test_says_what_a_refused_message_carries_instead_of_the_digest_or_why_there_is_no_line(
        self, report: Report
    ) -> None:
        for part in report.contracts:
            for row in part.vectors:
                if row.command is None:
                    assert row.carried.startswith(
                        ("Nothing is", "It has no one text", "It is refused before")
                    )
                elif row.found.endswith((": mismatch", ": signature_form")):
                    assert row.carried == f"The message carries another: {row.carried.split()[-1]}"
                    assert row.carried.split()[-1] != row.gives
                elif row.found.endswith("_signature"):
                    assert row.carried in {"The message carries none.", "The message carries an empty one."}
                elif row.stated != "accepted":
                    reason = row.found.removeprefix("refused: ")
                    assert row.carried.endswith(f"It is refused for another reason: {reason}.")

    def test_a_public_key_has_no_digest_to_compare(self) -> None:
        signature = Signature(at="field.s", algorithm="Ed25519", key="k", written="base64")

        assert openssl_line(signature, b"x", "") is None


class TestTheReport:
    def test_says_of_every_contract_what_is_signed_who_approved_it_and_that_its_vectors_hold(
        self, report: Report
    ) -> None:
        assert len(report.contracts) == 22
        assert report.is_in_order
        for part in report.contracts:
            assert part.vectors
            assert part.approved_by == "Payport maintainers"
            assert {"direction", "grade", "signed"} <= {each.topic for each in part.sentences}

    def test_is_not_in_order_where_nobody_approved(self) -> None:
        made = report_of_installation([])

        assert len(made.unapproved) == 22
        assert not made.is_in_order

    def test_is_not_in_order_where_a_vector_does_not_hold(self, report: Report) -> None:
        part = report.contracts[0]
        wrong = replace(part.vectors[0], found="refused: mismatch")
        made = replace(report, contracts=(replace(part, vectors=(wrong,)),))

        assert (made.failed, made.is_in_order) == (1, False)
        assert f"must be {wrong.stated}, was refused: mismatch" in as_html(made)

    def test_tells_what_each_gateway_is_told_and_which_code_it_has(self, report: Report) -> None:
        vnpay = next(part for part in report.gateways if part.id == "vnpay")

        assert [row.decision for row in vnpay.answers] == list(Answers.__dataclass_fields__)
        assert any(file.name == "payport_domestic_card/vnpay_codes.py" for file in vnpay.code)
        assert all(re.fullmatch(r"[0-9a-f]{64}", file.digest) for file in vnpay.code)
        assert [hook.name for hook in vnpay.hooks] == list(HOOKS)
        assert all(re.fullmatch(r"vnpay\.py:\d+", hook.place) and hook.lines > 2 for hook in vnpay.hooks)
        assert [contract for _, contract in vnpay.doors] == [
            "vnpay-ipn 1.0.0, proof",
            "vnpay-return 1.0.0, hint",
        ]
        assert vnpay.hosts == ("https://sandbox.vnpayment.vn (payment_url, api_url)",)

    def test_lists_the_code_of_a_protocol_that_plugins_share_with_each_of_them(self, report: Report) -> None:
        for part in report.gateways:
            names = {file.name.partition("/")[0] for file in part.code}
            assert ("payport_onepay" in names) is part.id.startswith("onepay") or part.id == "vnpay"
            assert not names & {"payport", "pydantic"}

    def test_says_which_decisions_cannot_come_about_by_the_contracts_of_its_callbacks(
        self, report: Report
    ) -> None:
        never = {part.id: {row.decision for row in part.answers if row.never} for part in report.gateways}

        assert never["vnpay"] == set()
        assert never["onepay_domestic"] == {"hint_taken"}
        assert never["nganluong"] == {"recorded", "already_known", "to_review", "wrong_amount"}
        assert never["order_only"] == set(DECISIONS) - {"not_authentic"}

    def test_says_of_decisions_what_the_page_of_hooks_says(self) -> None:
        named = [name.strip("`") for name, _ in rows(section(page("hooks.md"), "The fields of Answers"))]

        assert named == list(DECISIONS)

    def test_tells_what_became_of_changed_messages(self, report: Report) -> None:
        for part in report.contracts:
            assert bool(part.mutations) is (part.direction != "request"), part.label
            assert part.mutations_held == part.mutations_made, part.label
        ipn = next(part for part in report.contracts if part.label == "vnpay-ipn 1.0.0")
        kinds = {row.name: row.expected for row in ipn.mutations}
        assert kinds["a field changed"] == kinds["the signature emptied"] == "refused"
        assert kinds["a field of nobody added"] == "the same"
        assert not any("vnp_" in name for name in kinds)

    def test_is_not_in_order_where_a_changed_message_was_believed(self, report: Report) -> None:
        part = report.contracts[-1]
        believed = replace(part.mutations[0], held=part.mutations[0].made - 1)
        made = replace(report, contracts=(replace(part, mutations=(believed,)),))

        assert not made.is_in_order

    def test_says_in_words_what_a_gateway_can_and_what_it_cannot(self, report: Report) -> None:
        onepay = next(part for part in report.gateways if part.id == "onepay_domestic")

        assert "give back a part of it" in can(onepay)
        assert cannot(onepay).startswith("be asked what became of a refund")
        said = {words for part in report.gateways for words in f"{can(part)}; {cannot(part)}".split("; ")}
        assert len(said - {"-"}) == 8  # each of them, by whichever way


class TestTheHtml:
    def test_is_one_file_that_runs_nothing_and_fetches_nothing(self, report: Report) -> None:
        read = Outside()
        read.feed(as_html(report))

        assert read.found == []
        assert "url(" not in as_html(report)

    def test_draws_nothing_from_what_others_wrote(self, report: Report) -> None:
        sample = Sample("s", 1, (SampleRow(1, True, ("<script>alert(1)</script>",)),))

        assert "<script" not in as_html(report, sample)

    def test_holds_every_sentence_every_digest_and_every_line(self, report: Report) -> None:
        read = Outside()
        read.feed(as_html(report))
        words = "".join(read.words)

        for part in report.contracts:
            assert all(each.text in words for each in part.sentences)
            assert part.digest in words
            assert part.text in words
            assert all(row.command in words for row in part.vectors if row.command is not None)


def test_the_pdf_has_a_page_of_contents_and_no_empty_page(report: Report) -> None:
    made = as_pdf(replace(report, contracts=report.contracts[-2:]))
    starts = [found.end() for found in re.finditer(rb"stream\r?\n(?=x)", made)]
    pages = [zlib.decompressobj().decompress(made[start:]) for start in starts]
    drawn = [each.count(b"BT ") for each in pages if b" Tf" in each]

    assert len(drawn) > 8
    assert min(drawn) > 4  # its foot alone is two


def test_the_pdf_is_whole_and_has_vietnamese_letters(report: Report) -> None:
    part = replace(report.contracts[-1], approved_by="Trần Thị Bưởi")
    made = as_pdf(
        replace(report, contracts=(part,)), Sample("s", 9, (SampleRow(7, False, ("does not fit: ệ",)),))
    )

    assert made.startswith(b"%PDF-")
    assert made.rstrip().endswith(b"%%EOF")
    assert len(made) < 1_000_000


class TestTheCommand:
    def test_writes_both_and_says_how_it_stands(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.delenv("PAYPORT_CONFIG", raising=False)

        status = main(["audit", "report", "--html", "a.html", "--approved", str(APPROVED)])

        assert status == 0
        assert "Contracts approved: 22 of 22" in capsys.readouterr().out
        assert main(["audit", "report", "--html", "a.html"]) == 1
        assert "Contracts approved: 0 of 22" in capsys.readouterr().out

    @pytest.mark.parametrize(
        "arguments", [(), ("--html", "gone/a.html"), ("--html", "a", "--approved", "gone.toml")]
    )
    def test_says_what_was_called_wrongly(
        self,
        arguments: tuple[str, ...],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.delenv("PAYPORT_CONFIG", raising=False)

        assert main(["audit", "report", *arguments]) == 2
        assert capsys.readouterr().err.startswith("--")
