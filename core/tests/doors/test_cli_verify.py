"""`payport verify`: what it takes for a message, what it shows, and that openssl agrees with every digest."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from payport.doors.cli.openssl import openssl_command
from payport.signing.document import Signature
from tests.support.sign import SECRET, ipn_query, signed_query

REFERENCE = "SVAAAA222233"
QUERY = ipn_query(REFERENCE, 1_100_000)
HEX_KEY = "6D0870CDE5F24F34F3915FB0045120DB"
IPN = ("verify", "--contract", "vnpay-ipn")


@pytest.fixture
def key(tmp_path: Path) -> str:
    (tmp_path / "key.txt").write_text(f"{SECRET}\n")
    (tmp_path / "bad.toml").write_text("no contract")
    return "hash_secret=@key.txt"


def text_of(out: str) -> str:
    """The line below the heading of the first signed text."""
    lines = out.splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith("signed text"))
    return lines[place + 1]


def digest_shown(out: str) -> str:
    return next(line.split()[-1] for line in out.splitlines() if line.strip().startswith("received in"))


def by_hand(command: str, key: str, otherwise: Callable[[], str]) -> str:
    """What the printed command gives; where there is no openssl, the same sum by the standard library."""
    if shutil.which("openssl") is None or shutil.which("bash") is None:
        return otherwise()
    ran = subprocess.run(
        ["bash", "-c", command], env={**os.environ, "KEY": key}, check=True, capture_output=True, text=True
    )
    return ran.stdout.split()[-1]


class TestAGenuineMessage:
    def test_is_a_proof_with_every_step_shown(self, cli: Any, key: str) -> None:
        ran = cli(*IPN, "--key", key, stdin=QUERY + b"\n")

        signed, _, signature = QUERY.decode().rpartition("&vnp_SecureHash=")
        assert (ran.status, ran.err) == (0, "")
        assert "vnpay-ipn 1.0.0, callback" in ran.out
        assert "vnpay.md, 4 and 4.1" in ran.out
        assert text_of(ran.out) == signed
        assert digest_shown(ran.out) == signature
        assert "verdict: proof. It is authentic, by the key 1." in ran.out
        assert ran.lines("vnp_TxnRef")[0].split(maxsplit=2) == ["vnp_TxnRef", REFERENCE, "merchant reference"]

    def test_names_the_key_that_fits_among_several(self, cli: Any, key: str) -> None:
        ran = cli(
            *IPN, "--key", "hash_secret:old=ANOTHERSECRET", "--key", key.replace("=", ":new=", 1), stdin=QUERY
        )

        assert ran.status == 0
        assert "by the key new." in ran.out
        assert ran.lines("key old, php form")[0].endswith("(does not fit)")

    def test_takes_the_key_from_the_environment_too(self, cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AUDITED_KEY", SECRET)

        assert cli(*IPN, "--key", "hash_secret=env:AUDITED_KEY", stdin=QUERY).status == 0

    def test_is_a_hint_where_its_contract_claims_no_more(self, cli: Any, key: str) -> None:
        ran = cli("verify", "--contract", "vnpay-return", "--key", key, stdin=QUERY)

        assert ran.status == 0
        assert "verdict: hint (its signature fits). It proves nothing" in ran.out
        assert f"looks up merchant_reference '{REFERENCE}'" in ran.out

    def test_needs_no_key_where_nothing_is_signed(self, cli: Any) -> None:
        ran = cli("verify", "--contract", "nganluong-v31-callback", stdin=b"token=43614-abc&order_code=X")

        assert ran.status == 0
        assert "verdict: hint (nothing in it is signed)" in ran.out

    def test_may_be_judged_by_a_contract_file(self, cli: Any, key: str, tmp_path: Path) -> None:
        import payport_contracts

        installed = Path(next(iter(payport_contracts.__path__))) / "vnpay" / "ipn.toml"
        shutil.copy(installed, tmp_path / "mine.toml")

        ran = cli("verify", "--contract", "mine.toml", "--key", key, stdin=QUERY)

        assert ran.status == 0
        assert hashlib.sha256(installed.read_bytes()).hexdigest() in ran.out


class TestAForgery:
    def test_is_rejected_with_its_reason(self, cli: Any, key: str) -> None:
        ran = cli(*IPN, "--key", key, stdin=QUERY.replace(b"110000000", b"100000000"))

        assert ran.status == 1
        assert "verdict: rejected, mismatch. " in ran.out
        assert "covered by the signature" not in ran.out

    @pytest.mark.parametrize(
        ("query", "reason"),
        [
            (b"vnp_Amount=1&" + QUERY, "repeated"),
            (QUERY.rpartition(b"&")[0], "missing_signature"),
            (QUERY + b"00", "signature_form"),
            (QUERY.replace(b"Thanh+toan", b"Thanh%2toan"), "bad_encoding"),
            (signed_query({"vnp_TxnRef": REFERENCE}), "missing_field"),
        ],
    )
    def test_is_told_apart_by_a_word(self, cli: Any, key: str, query: bytes, reason: str) -> None:
        ran = cli(*IPN, "--key", key, stdin=query)

        assert ran.status == 1
        assert f"verdict: rejected, {reason}." in ran.out

    def test_SEC_02_draws_nothing_on_the_terminal(self, cli: Any, key: str) -> None:
        query = signed_query({"vnp_TxnRef": "\x1b[2J\u202e"}).replace(b"%1B", b"\x1b")

        assert "\x1b" not in cli(*IPN, "--key", key, stdin=b"GET /?" + query + b" HTTP/1.1\n\n").out


class TestOpenssl:
    """Anybody has the same digest from the printed text, without Payport."""

    def test_agrees_on_an_hmac_with_a_key_of_text(self, cli: Any, key: str) -> None:
        ran = cli(*IPN, "--key", key, "--write-text", "text", stdin=QUERY)

        (command,) = ran.lines("openssl dgst")
        text = Path("text").read_bytes()
        assert text == text_of(ran.out).encode()
        assert command == 'openssl dgst -sha512 -hmac "$KEY" text'
        assert digest_shown(ran.out) == by_hand(
            command, SECRET, lambda: hmac.new(SECRET.encode(), text, "sha512").hexdigest()
        )

    def test_agrees_on_an_hmac_with_a_key_of_hex(self, cli: Any) -> None:
        fields = {
            "vpc_Amount": "110000000",
            "vpc_Command": "pay",
            "vpc_MerchTxnRef": REFERENCE,
            "vpc_Merchant": "TESTONEPAY",
            "vpc_TxnResponseCode": "0",
        }
        text = "&".join(f"{name}={value}" for name, value in sorted(fields.items()))
        signature = hmac.new(bytes.fromhex(HEX_KEY), text.encode(), "sha256").hexdigest().upper()

        ran = cli(
            *("verify", "--contract", "onepay-callback", "--key", f"secure_secret={HEX_KEY}"),
            *("--write-text", "a file"),
            stdin=f"{text}&vpc_SecureHash={signature}".encode(),
        )

        (command,) = ran.lines("openssl dgst")
        assert ran.status == 0
        assert by_hand(command, HEX_KEY, signature.lower).upper() == signature == digest_shown(ran.out)

    def test_agrees_on_a_bare_digest_once_the_secret_is_put_in(self, cli: Any) -> None:
        secret = "pass/word&x"
        values = ["", "don hang", REFERENCE, "1100000", "777", "1", ""]
        text = " ".join([*values, "12345", secret])
        signature = hashlib.md5(text.encode()).hexdigest()
        query = (
            f"transaction_info=don+hang&order_code={REFERENCE}&price=1100000&payment_id=777"
            f"&payment_type=1&error_text=&secure_code={signature}"
        )

        ran = cli(
            *("verify", "--contract", "nganluong-classic-return", "--setting", "merchant_site_code=12345"),
            *("--key", f"merchant_password={secret}", "--write-text", "text"),
            stdin=query.encode(),
        )

        (command,) = ran.lines("TEXT=")
        assert ran.status == 0
        assert text_of(ran.out) == text.replace(secret, "<secret>")
        assert by_hand(command, secret, lambda: signature) == signature
        assert secret not in ran.out + ran.err

    @pytest.mark.parametrize(
        ("algorithm", "key_text"),
        [("MD5", "utf-8"), *product(("HMAC-SHA256", "HMAC-SHA512"), ("utf-8", "hex", "base64"))],
    )
    @pytest.mark.parametrize("written", ["hex lower", "base64"])
    @pytest.mark.parametrize("prefix", ["", "whsec_"])
    @pytest.mark.usefixtures("cli")
    def test_agrees_on_whatever_a_contract_may_say(
        self, algorithm: Any, key_text: Any, written: Any, prefix: str
    ) -> None:
        secret = b"16 bytes at least, & a / too"
        coded = {"utf-8": secret.decode(), "hex": secret.hex(), "base64": base64.b64encode(secret).decode()}
        signature = Signature(
            at="field.x", algorithm=algorithm, key="k", key_text=key_text, key_prefix=prefix, written=written
        )
        if algorithm == "MD5":
            Path("it's").write_bytes(b"a|<secret>|b")
            raw = hashlib.md5(b"a|" + secret + b"|b").digest()
        else:
            Path("it's").write_bytes(b"a|b")
            raw = hmac.digest(secret, b"a|b", algorithm.removeprefix("HMAC-"))
        expected = base64.b64encode(raw).decode() if written == "base64" else raw.hex()

        command = openssl_command(signature, "it's")

        assert command is not None
        assert by_hand(command, prefix + coded[key_text], lambda: expected) == expected

    def test_is_not_offered_where_there_is_no_digest(self) -> None:
        signature = Signature(at="field.x", algorithm="Ed25519", key="k", written="base64")

        assert openssl_command(signature, "text") is None


class TestAnotherProgramsText:
    @pytest.fixture
    def differs(self, cli: Any, key: str, tmp_path: Path) -> Callable[[bytes], list[str]]:
        def compare(offered: bytes) -> list[str]:
            (tmp_path / "theirs").write_bytes(offered)
            out = cli(*IPN, "--key", key, "--signed-text", "theirs", stdin=QUERY).out
            _, _, found = out.partition("first difference from the offered text:\n")
            return [line.strip() for line in found.partition("\n\n")[0].splitlines()]

        return compare

    @pytest.fixture
    def ours(self) -> bytes:
        return QUERY.rpartition(b"&vnp_SecureHash=")[0]

    def test_differs_at_a_byte_of_a_field(self, differs: Callable[[bytes], list[str]], ours: bytes) -> None:
        assert differs(ours.replace(b"Thanh+toan", b"Thanh%20toan")) == [
            f"byte     {ours.index(b'+')}, counted from 0",
            "in       vnp_OrderInfo",
            "ours     =ATM&vnp_OrderInfo=Thanh ▸ +toan+don+hang+SVAAAA222",
            "offered  =ATM&vnp_OrderInfo=Thanh ▸ %20toan+don+hang+SVAAAA2",
        ]

    def test_ends_in_a_line_break(self, differs: Callable[[bytes], list[str]], ours: bytes) -> None:
        found = differs(ours + b"\n")

        assert found[1] == "in       vnp_TxnRef"
        assert found[-1] == "note     the offered text ends in a line break, and is the same before it"

    def test_ends_early(self, differs: Callable[[bytes], list[str]], ours: bytes) -> None:
        assert differs(ours[:10])[-1] == "note     the offered text ends here, ours goes on"

    def test_is_the_same(self, cli: Any, key: str, ours: bytes, tmp_path: Path) -> None:
        (tmp_path / "theirs").write_bytes(ours)

        assert (
            "The offered text is the same."
            in cli(*IPN, "--key", key, "--signed-text", "theirs", stdin=QUERY).out
        )

    def test_names_the_part_where_values_are_joined_without_names(self, cli: Any, key: str) -> None:
        answer = {"vnp_Command": "querydr", "vnp_ResponseCode": "00", "vnp_TmnCode": "TESTTMN1"}
        Path("theirs").write_bytes(b"|querydr|00||TESTTMN2||||||||||")

        ran = cli(
            *("verify", "--contract", "vnpay-querydr-answer", "--key", key, "--signed-text", "theirs"),
            "--body",
            stdin=json.dumps({**answer, "vnp_SecureHash": "0" * 128}).encode(),
        )

        assert text_of(ran.out) == "|querydr|00||TESTTMN1||||||||||"
        assert "vnp_TmnCode" in ran.lines("in ")[0]


class TestWhatStandardInputIsTakenFor:
    @pytest.mark.parametrize(
        ("given", "words"),
        [
            (QUERY, f"name=value pairs, {len(QUERY)} bytes, as the query of a GET"),
            (b"?" + QUERY + b"\r\n", f"name=value pairs, {len(QUERY)} bytes, as the query of a GET"),
            (b"https://shop.example/pay/ipn?" + QUERY, f"a URL: GET, query of {len(QUERY)} bytes"),
            (b"/pay/ipn?" + QUERY, f"a URL: GET, query of {len(QUERY)} bytes"),
            (
                b"https://shop.example/?" + QUERY + b"#top",
                f"a URL: GET, query of {len(QUERY)} bytes; its fragment is left out, as no browser sends it",
            ),
            (
                b"GET /pay/ipn?" + QUERY + b" HTTP/1.1\r\nHost: shop.example\r\n\r\n",
                f"a whole request: GET, query of {len(QUERY)} bytes, body of 0 bytes",
            ),
            (
                b"GET /pay/ipn?" + QUERY + b" HTTP/1.1\nHost: shop.example\nContent-Length: 2\n\n{}\n",
                f"a whole request: GET, query of {len(QUERY)} bytes, body of 2 bytes",
            ),
        ],
    )
    def test_a_message_in_one_of_its_forms(self, cli: Any, key: str, given: bytes, words: str) -> None:
        ran = cli(*IPN, "--key", key, stdin=given)

        assert ran.lines("input") == [f"input      {words}"]
        assert ran.status == 0

    def test_a_response(self, cli: Any, key: str) -> None:
        body = b'{"vnp_Command":"querydr"}'

        ran = cli(
            *("verify", "--contract", "vnpay-querydr-answer", "--key", key),
            stdin=b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + body,
        )

        assert ran.lines("input") == [f"input      a response, body of {len(body)} bytes"]
        assert "verdict: rejected, missing_signature." in ran.out

    def test_pairs_as_a_form_where_the_door_was_a_post(self, cli: Any) -> None:
        ran = cli(
            *("verify", "--contract", "nganluong-v31-callback", "--door-method", "POST"), stdin=b"token=a-b"
        )

        assert (ran.status, ran.lines("input")) == (
            0,
            ["input      name=value pairs, 9 bytes, as the form of a POST"],
        )

    @pytest.mark.parametrize(
        ("given", "problem"),
        [
            (b"", "is empty"),
            (b"x=" + b"y" * 1024 * 1024, "is larger than 1 MiB"),
            (b'{"a": 1}', "is neither a request"),
            (b"a=b\nc=d\n", "is neither a request"),
            (b"vnp_TxnRef=a b", "is neither a request"),
            (b"hello", "is neither a request"),
            (b"HTTP/1.1 200 OK\r\n\r\n", "is a response, and the contract is for callbacks"),
            (b"GET /?a=b HTTP/1.1\nnonsense\n\n", "line 2 is no header"),
            (b"POST / HTTP/1.1\nTransfer-Encoding: chunked\n\n0\n", "chunked or compressed"),
            (b"POST / HTTP/1.1\nContent-Length: 9\n\nshort", "has a body of 5 bytes and says 9"),
            (b"POST / HTTP/1.1\nContent-Length: 1\n\nlong", "has a body of 4 bytes and says 1"),
            (b"POST / HTTP/1.1\nContent-Length: 1\nContent-Length: 2\n\nab", "no clear Content-Length"),
        ],
    )
    def test_what_could_be_two_things_is_refused(
        self, cli: Any, key: str, given: bytes, problem: str
    ) -> None:
        ran = cli(*IPN, "--key", key, stdin=given)

        assert ran.status == 2
        assert ran.err.startswith("standard input: ")
        assert problem in ran.err


class TestACallThatCannotBe:
    @pytest.mark.parametrize(
        ("arguments", "field"),
        [
            (("--contract", "nobodys-ipn"), "--contract"),
            (("--contract", "vnpay-ipn@2"), "--contract"),
            (("--contract", "vnpay-pay"), "--contract"),
            (("--contract", "missing.toml"), "--contract"),
            (("--contract", "bad.toml"), "bad.toml"),
            (("--contract", "vnpay-ipn"), "--key"),
            (("--contract", "vnpay-ipn", "--key", "hash_secret"), "--key"),
            (("--contract", "vnpay-ipn", "--key", "hash_secret="), "--key"),
            (("--contract", "vnpay-ipn", "--key", "other=x"), "--key"),
            (("--contract", "vnpay-ipn", "--key", "hash_secret=@nowhere"), "--key"),
            (("--contract", "vnpay-ipn", "--key", "hash_secret=env:NOT_SET_HERE"), "--key"),
            (("--contract", "vnpay-ipn", "--key", "hash_secret=@key.txt", "--at", "2026-11-25"), "--at"),
            (("--contract", "vnpay-ipn", "--key", "hash_secret=@key.txt", "--at", "soon"), "--at"),
            (("--contract", "vnpay-ipn", "--key", "hash_secret=@key.txt", "--setting", "x"), "--setting"),
            (
                ("--contract", "vnpay-ipn", "--key", "hash_secret=@key.txt", "--signed-text", "no"),
                "--signed-text",
            ),
            (
                ("--contract", "vnpay-ipn", "--key", "hash_secret=@key.txt", "--write-text", "no/no"),
                "--write-text",
            ),
            (
                ("--contract", "vnpay-ipn", "--key", "hash_secret=@key.txt", "--door-method", "PUT"),
                "--door-method",
            ),
            (("--contract", "nganluong-classic-return", "--key", "merchant_password=x"), "--setting"),
            (("--contract", "onepay-callback", "--key", "secure_secret=nothex"), "--key"),
        ],
    )
    @pytest.mark.usefixtures("key")
    def test_says_which_option_and_exits_2(self, cli: Any, arguments: tuple[str, ...], field: str) -> None:
        fields = ["transaction_info", "order_code", "price", "payment_id", "payment_type", "error_text"]
        classic = "&".join([*(f"{name}=1" for name in fields), f"secure_code={'0' * 32}"]).encode()

        ran = cli("verify", *arguments, stdin=classic if "classic" in arguments[1] else QUERY)

        assert ran.status == 2
        assert ran.err.startswith(f"{field}: ")
        assert ran.err.count("\n") == 1
