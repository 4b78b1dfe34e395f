"""KEY: the right signature by the wrong key, for the wrong account, in the wrong environment."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from payport import Payport
from payport.doors.cli.doctor import Grade, examine
from payport.errors import ConfigurationError
from payport.gateways.library import ContractLibrary
from payport.rules.money import vnd
from payport.rules.payment import Flag, Payment, State
from payport.service.judge import Decision
from payport.storage import tables as t
from tests.support.bank_shop import BankShop, accounts_text
from tests.support.bank_sign import API_SECRET, BANK_SECRET, bank_fields, pairs
from tests.support.door import Door
from tests.support.oracle import check_invariants
from tests.support.shop import Shop, open_shop
from tests.support.sign import SECRET, ipn_query
from tests.support.unmoved import CONFIRMED, genuine_still_works, is_refused, last_callback, nothing_moves

OpenBank = Callable[..., BankShop]
LIVE_URL = "https://pay.example.vn"
LIVE_SECRET = "TESTVNPAYSECRETLIVE0000000000001"
NEW_SECRET = "TESTVNPAYSECRETNEW00000000000001"
APPROVED = Path(__file__).parents[2] / "contracts" / "src" / "payport_contracts" / "approved.toml"


def rewrite(folder: Path, *changes: tuple[str, str]) -> Path:
    """payport.toml with texts replaced, each of which must be there."""
    file = folder / "payport.toml"
    text = file.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")
    return file


def live_account(folder: Path, name: str, secret: str = LIVE_SECRET, tmn_code: str = "LIVETMN1") -> str:
    (folder / f"{name}.key").write_text(secret)
    return f"""
[[accounts]]
name = "{name}"
plugin = "vnpay"
environment = "live"
settings = {{ tmn_code = "{tmn_code}", payment_url = "{LIVE_URL}/v", api_url = "{LIVE_URL}/a" }}
keys = [{{ role = "hash_secret", id = "live-1", value = {{ file = "{name}.key" }} }}]

[[methods]]
id = "live_card"
accounts = ["{name}"]

[contracts]
approved = ["{APPROVED}"]
"""


@pytest.fixture
def both(database_url: str, tmp_path: Path) -> Iterator[Shop]:
    """One seller with a sandbox account and a live one."""
    shop = open_shop(tmp_path, database_url, accounts=live_account(tmp_path, "vnpay-live"))
    yield shop
    check_invariants(shop.payport)
    shop.payport.close()


def pay_live(shop: Shop, account: str = "live-buyer") -> Payment:
    order = shop.order(account)
    shop.payport.pay(order.number, "live_card", buyer_ip="203.0.113.9")
    return shop.payport.order(order.number).payments[-1]


class TestAnAlgorithmThatTheMessageNames:
    def test_KEY_01_is_not_asked_for(self, shop: Shop, door: Door) -> None:
        payment = shop.pay(shop.order())
        genuine = ipn_query(payment.merchant_reference, payment.amount.minor)
        text, _, signature = genuine.partition(b"&vnp_SecureHash=")
        weak = [
            hashlib.md5(SECRET.encode() + text).hexdigest(),
            hashlib.sha256(SECRET.encode() + text).hexdigest(),
            hashlib.md5(text).hexdigest(),
            "none",
            "",
        ]
        with nothing_moves(shop):
            for kind in (b"MD5", b"", b"none", b"SHA256", b"HmacSHA256"):
                for each in weak:
                    forged = text + b"&vnp_SecureHashType=" + kind + b"&vnp_SecureHash=" + each.encode()
                    assert is_refused(door.ipn(forged))

        kind_is_ignored = text + b"&vnp_SecureHashType=MD5&vnp_SecureHash=" + signature
        assert door.ipn(kind_is_ignored).body == CONFIRMED


class TestSandboxAndLive:
    def test_KEY_02_the_key_of_one_opens_no_door_of_the_other(self, both: Shop) -> None:
        live, test = pay_live(both), both.pay(both.order("tester"))
        live_door, test_door = Door(both, "vnpay-live"), Door(both)

        with nothing_moves(both):
            for secret, doors_, payment, code in (
                (SECRET, live_door, live, "LIVETMN1"),
                (SECRET, live_door, test, "LIVETMN1"),
                (LIVE_SECRET, test_door, test, "TESTTMN1"),
            ):
                query = ipn_query(payment.merchant_reference, 1_100_000, secret=secret, tmn_code=code)
                assert is_refused(doors_.ipn(query))

        query = ipn_query(live.merchant_reference, 1_100_000, secret=LIVE_SECRET, tmn_code="LIVETMN1")
        assert live_door.ipn(query).body == CONFIRMED
        genuine_still_works(both, test)

    def test_KEY_02_a_key_that_is_in_both_stops_the_start(self, both: Shop) -> None:
        file = rewrite(both.folder, (SECRET, LIVE_SECRET))

        with pytest.raises(ConfigurationError, match="sandbox and in live"):
            Payport.from_config(file)

    def test_KEY_03_a_sandbox_payment_never_pays_after_the_switch_to_live(self, shop: Shop) -> None:
        payment = shop.pay(shop.order())
        (shop.folder / "main.key").write_text(LIVE_SECRET)
        file = rewrite(
            shop.folder,
            ('environment = "sandbox"', 'environment = "live"'),
            ("http://127.0.0.1:9/paymentv2/vpcpay.html", "https://pay.example.vn/v"),
            ("http://127.0.0.1:9/merchant_webapi/api/transaction", "https://pay.example.vn/a"),
            (f'value = "{SECRET}"', 'value = { file = "main.key" }'),
            ("TESTTMN1", "LIVETMN1"),
            ("[catalog]", f'[contracts]\napproved = ["{APPROVED}"]\n\n[catalog]'),
        )
        live = Shop(Payport.from_config(file, clock=shop.clock), shop.clock, shop.folder)

        receipt = live.ipn(payment, secret=LIVE_SECRET, tmn_code="LIVETMN1")

        assert receipt.decision is Decision.TO_REVIEW
        assert (live.payment(payment).state, live.payment(payment).flags) == (
            State.REVIEW,
            {Flag.ENVIRONMENT},
        )
        assert live.payment(payment).received == vnd(0)
        assert live.payport.entitlement("binh-minh").version == 0
        live.payport.close()

    def test_KEY_03_a_message_that_says_it_is_real_never_pays_a_test(self, open_bank: OpenBank) -> None:
        bank = open_bank("bank_query")
        mine, other = bank.pay(), bank.pay(bank.shop.order("hai"))

        receipt = bank.ipn(mine, is_test="no")

        assert receipt.decision is Decision.TO_REVIEW
        assert bank.shop.payment(mine).flags == {Flag.ENVIRONMENT}
        assert bank.ipn(other, is_test="yes").decision is Decision.RECORDED


class TestTwoMerchantsOnOneHost:
    def test_KEY_04_the_callback_of_one_is_nothing_at_the_door_of_the_other(
        self, bank_is_installed: None, database_url: str, tmp_path: Path
    ) -> None:
        text = accounts_text("bank_query", name="tenant-a", method="a", merchant="TENANT-A")
        text += accounts_text(
            "bank_query", name="tenant-b", method="b", merchant="TENANT-B", ipn_secret="of-tenant-b-alone"
        )
        shop = open_shop(tmp_path, database_url, accounts=text)
        a, b = BankShop(shop, "tenant-a", "a"), BankShop(shop, "tenant-b", "b")
        payment = b.pay()
        said = bank_fields(payment.merchant_reference, 1_100_000, merchant="TENANT-A")

        with nothing_moves(shop):
            genuine_of_a = pairs(said, BANK_SECRET)
            assert b.deliver(genuine_of_a).decision is Decision.NOT_AUTHENTIC
            assert a.deliver(genuine_of_a).decision is Decision.UNKNOWN_REFERENCE
            named = genuine_of_a + b"&account=tenant-b&merchant_account=TENANT-B"
            assert a.deliver(named).decision is Decision.NOT_AUTHENTIC

        own = bank_fields(payment.merchant_reference, 1_100_000, merchant="TENANT-B")
        assert b.deliver(pairs(own, "of-tenant-b-alone")).decision is Decision.RECORDED
        check_invariants(shop.payport)
        shop.payport.close()

    def test_KEY_04_under_one_shared_key_the_merchant_account_tells_them_apart(
        self, bank_is_installed: None, database_url: str, tmp_path: Path
    ) -> None:
        text = accounts_text("bank_query", name="tenant-a", method="a", merchant="TENANT-A")
        text += accounts_text("bank_query", name="tenant-b", method="b", merchant="TENANT-B")
        shop = open_shop(tmp_path, database_url, accounts=text)
        b = BankShop(shop, "tenant-b", "b")
        payment = b.pay()

        receipt = b.deliver(pairs(bank_fields(payment.merchant_reference, 1_100_000, merchant="TENANT-A")))

        assert receipt.decision is Decision.NOT_AUTHENTIC
        assert shop.payment(payment).flags == {Flag.MERCHANT}
        assert shop.payment(payment).received == vnd(0)
        check_invariants(shop.payport)
        shop.payport.close()


class TestRotation:
    """The old key ends at 13:00 UTC on the day of the tests; the new one begins at 06:00."""

    OLD = f'{{ role = "hash_secret", id = "2026-a", value = "{SECRET}" }}'
    ENDING = OLD.replace("}", ", not_after = 2026-11-24T13:00:00Z }")
    NEW = (
        f'{{ role = "hash_secret", id = "2026-b", value = "{NEW_SECRET}", '
        "not_before = 2026-11-24T06:00:00Z }"
    )

    def test_KEY_05_a_retired_key_is_refused_and_named(self, shop: Shop) -> None:
        payment = shop.pay(shop.order())
        file = rewrite(shop.folder, (self.OLD, f"{self.ENDING}, {self.NEW}"))
        shop.clock.forward(hours=8)
        rotated = Shop(Payport.from_config(file, clock=shop.clock), shop.clock, shop.folder)

        with nothing_moves(shop):
            assert rotated.ipn(payment).decision is Decision.NOT_AUTHENTIC

        reason = last_callback(shop)[2]
        assert "tried: 2026-b" in reason
        assert "not tried: 2026-a" in reason
        assert rotated.ipn(payment, secret=NEW_SECRET).decision is Decision.RECORDED
        rotated.payport.close()

    def test_KEY_06_loses_nothing_on_two_processes_that_learn_of_it_at_different_times(
        self, shop: Shop
    ) -> None:
        early, late = shop, Shop(shop.payport, shop.clock, shop.folder)
        file = rewrite(shop.folder, (self.OLD, f"{self.ENDING}, {self.NEW}"))
        early = Shop(Payport.from_config(file, clock=shop.clock), shop.clock, shop.folder)
        stream: list[str] = []
        answers: list[Decision] = []
        for hour in range(8):  # 05:00 to 12:00; `late` restarts with the new file at 09:00
            if hour == 4:
                late = Shop(Payport.from_config(file, clock=shop.clock), shop.clock, shop.folder)
            payment = shop.pay(shop.order(f"khach-{hour}"))
            secret = NEW_SECRET if hour >= 2 and hour % 2 else SECRET
            query = ipn_query(
                payment.merchant_reference, 1_100_000, secret=secret, transaction=f"1500000{hour}"
            )
            first = late.deliver(query)  # the balancer chose the one that does not know yet
            again = early.deliver(query) if first.decision is Decision.NOT_AUTHENTIC else first
            answers.append(again.decision)
            stream.append(_key_of(shop, payment))
            shop.clock.forward(hours=1)

        assert set(answers) == {Decision.RECORDED}
        assert stream == ["2026-a", "2026-a", "2026-a", "2026-b", "2026-a", "2026-b", "2026-a", "2026-b"]
        for each in {id(early): early, id(late): late}.values():
            each.payport.close()


class TestSwappedSecrets:
    def test_KEY_07_the_api_secret_in_the_callbacks_place_verifies_nothing_genuine(
        self, open_bank: OpenBank
    ) -> None:
        bank = open_bank("bank_query", ipn_secret=API_SECRET, api_secret=BANK_SECRET)
        payment = bank.pay()

        with nothing_moves(bank.shop):
            receipt = bank.ipn(payment)

        assert receipt.decision is Decision.NOT_AUTHENTIC
        assert "tried: ipn-1" in last_callback(bank.shop)[2]

    def test_KEY_07_is_told_by_the_doctor_and_mended_by_changing_them_back(self, open_bank: OpenBank) -> None:
        """Which account, why, and what shows more; what the gateway sends again then counts."""
        bank = open_bank("bank_query", ipn_secret=API_SECRET, api_secret=BANK_SECRET)
        payment = bank.pay()
        for _ in range(2):
            bank.ipn(payment)

        [found] = [each for each in examine(bank.shop.payport) if each.subject == "rejected callbacks"]
        assert found.grade is Grade.LOOK
        assert found.words.startswith("2 at bank-main, mismatch, the last at 2026-11-24 05:00:00")
        assert "`payport verify` shows why" in found.words
        assert not any(secret in found.words for secret in (API_SECRET, BANK_SECRET))

        marks = (f'"{API_SECRET}"', '"swapping"'), (f'"{BANK_SECRET}"', f'"{API_SECRET}"')
        file = rewrite(bank.shop.folder, *marks, ('"swapping"', f'"{BANK_SECRET}"'))
        mended = BankShop(
            Shop(Payport.from_config(file, clock=bank.shop.clock), bank.shop.clock, file.parent)
        )
        assert mended.ipn(payment).decision is Decision.RECORDED
        mended.shop.payport.close()


class TestAPublishedSample:
    def test_KEY_08_of_vnpay_stops_a_live_start(self, tmp_path: Path) -> None:
        for secret, code in ((SECRET, "LIVETMN1"), (LIVE_SECRET, "TESTTMN1")):
            text = live_account(tmp_path, "vnpay-live", secret, code)

            with pytest.raises(ConfigurationError, match="public sample") as refused:
                open_shop(tmp_path, "sqlite:///unused.sqlite", accounts=text)

            assert secret not in str(refused.value)

    @pytest.mark.parametrize(
        ("secret", "merchant", "place"),
        [
            ("PRINTED-IN-A-PUBLIC-SAMPLE", "OURS0001", "keys"),
            ("of-ours-alone-0001", "SAMPLE99", "merchant_code"),
        ],
    )
    def test_KEY_08_stops_a_live_start(
        self, bank_is_installed: None, tmp_path: Path, secret: str, merchant: str, place: str
    ) -> None:
        (tmp_path / "bank.key").write_text(secret)
        approve_bank(tmp_path)
        text = f"""
[[accounts]]
name = "bank-live"
plugin = "bank_fixed"
environment = "live"
settings = {{ merchant_code = "{merchant}", endpoint = "https://bank.example.vn" }}
keys = [{{ role = "ipn_secret", id = "live-1", value = {{ file = "bank.key" }} }}]

[contracts]
approved = ["bank-approved.toml"]
"""
        with pytest.raises(ConfigurationError, match="public sample") as refused:
            open_shop(tmp_path, "sqlite:///unused.sqlite", accounts=text)

        assert place in refused.value.field
        assert secret not in str(refused.value)


def approve_bank(folder: Path) -> None:
    """The auditor's list for every contract that is installed."""
    lines = [
        f'[[approved]]\nid = "{each.id}"\nversion = "{each.version}"\nsha256 = "{each.digest}"\n'
        'who = "tests"\nwhen = 2026-11-24\n'
        for each in ContractLibrary.installed().all
    ]
    (folder / "bank-approved.toml").write_text("\n".join(lines))


def _key_of(shop: Shop, payment: Payment) -> str:
    """The key that the record of the decisive callback names."""
    with shop.payport.seller.database.reading() as connection:
        found = select(t.callbacks.c.key_id).where(
            t.callbacks.c.merchant_reference == payment.merchant_reference, t.callbacks.c.verdict == "proof"
        )
        return str(connection.execute(found).scalar_one())
