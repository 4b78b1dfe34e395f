"""ENC, through the door as raw bytes: what could be read in two ways, or breaks whoever reads it."""

from __future__ import annotations

import hashlib
import hmac
import json
import unicodedata
from collections.abc import Callable
from urllib.parse import quote

import pytest

from payport.rules.entitlement import State as Holding
from payport.rules.payment import Payment, State
from payport.service.judge import Decision
from payport.service.receiving import Receipt
from tests.support.bank_shop import BankShop
from tests.support.bank_sign import bank_fields, hmac_hex, json_body, pairs
from tests.support.door import Door
from tests.support.shop import NOON, Shop
from tests.support.sign import SECRET, ipn_query
from tests.support.unmoved import CONFIRMED, genuine_still_works, is_refused, last_callback, nothing_moves

OpenBank = Callable[..., BankShop]
INCOMPLETE = b'{"RspCode":"99","Message":"Invalid request"}'


@pytest.fixture
def payment(shop: Shop) -> Payment:
    return shop.pay(shop.order())


@pytest.fixture
def genuine(payment: Payment) -> bytes:
    return ipn_query(payment.merchant_reference, payment.amount.minor)


def _number(account: str) -> str:
    """A transaction number for each account."""
    return str(int.from_bytes(account.encode()))


def signed_raw(text: bytes) -> bytes:
    """These bytes, signed as they stand: what a gateway with another encoder would send."""
    signature = hmac.new(SECRET.encode(), text, hashlib.sha512).hexdigest()
    return text + b"&vnp_SecureHash=" + signature.encode()


def unsigned(query: bytes) -> bytes:
    return query.rpartition(b"&vnp_SecureHash=")[0]


def refuses(door: Door, *queries: bytes) -> None:
    with nothing_moves(door.shop):
        for query in queries:
            assert is_refused(door.ipn(query)), query


class TestNamesThatComeTwice:
    def test_ENC_01_are_refused_before_verification_however_they_were_signed(
        self, shop: Shop, door: Door, payment: Payment, genuine: bytes
    ) -> None:
        text = unsigned(genuine)
        first_small = text.replace(b"vnp_Amount=110000000", b"vnp_Amount=1&vnp_Amount=110000000")
        last_small = text.replace(b"vnp_Amount=110000000", b"vnp_Amount=110000000&vnp_Amount=1")
        signature = genuine.rpartition(b"=")[2]

        refuses(
            door,
            genuine + b"&vnp_Amount=1",
            b"vnp_Amount=1&" + genuine,
            genuine + b"&vnp_Amount=110000000",
            genuine + b"&vnp_%41mount=1",
            signed_raw(first_small),
            signed_raw(last_small),
            first_small + b"&vnp_SecureHash=" + signature,
            signed_raw(text.replace(b"vnp_Amount=110000000", b"vnp_Amount=1%2C110000000&vnp_Amount=1")),
        )

        assert last_callback(shop)[2].startswith("repeated")
        genuine_still_works(shop, payment)

    def test_ENC_08_in_json_are_refused_even_where_the_bytes_are_signed(self, open_bank: OpenBank) -> None:
        bank = open_bank("bank_body")
        payment = bank.pay()
        said = json.dumps(bank_fields(payment.merchant_reference, 1_100_000, status="failed"))
        twice = said.replace('"status": "failed"', '"status": "failed", "status": "paid"').encode()

        with nothing_moves(bank.shop):
            assert deliver_body(bank, twice).decision is Decision.NOT_AUTHENTIC

        assert last_callback(bank.shop)[2].startswith("repeated")


class TestBracketsAndNesting:
    def test_ENC_02_in_names_are_refused(
        self, shop: Shop, door: Door, payment: Payment, genuine: bytes
    ) -> None:
        text = unsigned(genuine)

        refuses(
            door,
            genuine + b"&vnp_Amount[]=1",
            genuine + b"&vnp_Amount%5B0%5D=1",
            genuine + b"&vnp_Amount.x[a][b]=1",
            signed_raw(text.replace(b"vnp_Amount=", b"vnp_Amount[]=")),
            signed_raw(text + b"&vnp_Amount[0]=1"),
        )

        genuine_still_works(shop, payment)

    def test_ENC_02_in_json_where_text_is_due_are_refused(self, open_bank: OpenBank) -> None:
        bank = open_bank("bank_json")
        payment = bank.pay()
        genuine = json_body(bank_fields(payment.merchant_reference, 1_100_000))

        with nothing_moves(bank.shop):
            for nested in (b'["1100000"]', b'{"amount": "1100000"}', b"[]", b"true", b"null"):
                body = genuine.replace(b'"1100000"', nested)
                assert bank.deliver(method="POST", body=body).decision is Decision.NOT_AUTHENTIC

        assert bank.deliver(method="POST", body=genuine).decision is Decision.RECORDED


class TestOneEncodingAndTheOther:
    def test_ENC_03_blanks_verify_in_both_forms_that_the_contract_lists(self, shop: Shop, door: Door) -> None:
        """Form A: a proxy wrote %20 for +. Form B: the gateway did, and signed it so."""
        for account, make in (
            ("mot", lambda text: text.replace(b"+", b"%20")),
            ("hai", lambda text: signed_raw(unsigned(text).replace(b"+", b"%20"))),
            ("ba", lambda text: signed_raw(unsigned(text).replace(b"%3A", b":").replace(b"+", b"%20"))),
        ):
            payment = shop.pay(shop.order(account))
            query = ipn_query(
                payment.merchant_reference, 1_100_000, transaction=_number(account), vnp_Note="a: b"
            )

            assert door.ipn(make(query)).body == CONFIRMED, account
            assert shop.payment(payment).state is State.SUCCEEDED

    def test_ENC_03_no_third_form_is_tried(
        self, shop: Shop, door: Door, payment: Payment, genuine: bytes
    ) -> None:
        """Signed over decoded text, as some kits do; delivered escaped."""
        text = unsigned(genuine)
        over_decoded = signed_raw(text.replace(b"+", b" ")).rpartition(b"=")[2]

        refuses(door, text + b"&vnp_SecureHash=" + over_decoded)

        genuine_still_works(shop, payment)

    def test_ENC_04_values_are_decoded_once(self, shop: Shop, door: Door) -> None:
        for place, value in enumerate(["%41", "%2B", "%26vnp_Amount%3D1", "a%2526b", "100%"]):
            payment = shop.pay(shop.order(f"khach-{place}"))
            query = ipn_query(
                payment.merchant_reference, 1_100_000, transaction=f"1500000{place}", vnp_OrderInfo=value
            )

            assert door.ipn(query).body == CONFIRMED
            assert shop.payment(payment).received == payment.amount

    def test_ENC_06_nothing_is_normalised(self, shop: Shop, door: Door) -> None:
        composed, apart = (unicodedata.normalize(form, "Trần Thị Mỹ Lệ") for form in ("NFC", "NFD"))
        payment = shop.pay(shop.order())
        signed_composed = ipn_query(payment.merchant_reference, 1_100_000, vnp_OrderInfo=composed)
        signed_apart = ipn_query(payment.merchant_reference, 1_100_000, vnp_OrderInfo=apart)

        refuses(
            door,
            unsigned(signed_apart) + b"&vnp_SecureHash=" + signed_composed.rpartition(b"=")[2],
            unsigned(signed_composed) + b"&vnp_SecureHash=" + signed_apart.rpartition(b"=")[2],
        )

        assert door.ipn(signed_apart).body == CONFIRMED


class TestBytesThatAreNoText:
    BROKEN = (
        b"%C0%AF",
        b"%ED%A0%80",
        b"%FF",
        b"%C3",
        b"%F0%9F%98",
        b"\xff",
        b"\xc0\xaf",
        b"%",
        b"%4",
        b"%zz",
    )

    def test_ENC_05_are_refused_even_if_they_are_signed_so(
        self, shop: Shop, door: Door, payment: Payment, genuine: bytes
    ) -> None:
        text = unsigned(genuine)
        queries = [signed_raw(text.replace(b"Thanh", each)) for each in self.BROKEN]
        names = [signed_raw(text + b"&vnp_" + each + b"=1") for each in self.BROKEN]

        refuses(door, *queries, *names, *(genuine + b"&" + each + b"=1" for each in self.BROKEN[:4]))

        genuine_still_works(shop, payment)

    def test_ENC_05_a_replacement_character_is_not_what_was_signed(
        self, shop: Shop, door: Door, payment: Payment, genuine: bytes
    ) -> None:
        signed = signed_raw(unsigned(genuine).replace(b"Thanh", b"%EF%BF%BD"))

        refuses(door, signed.replace(b"%EF%BF%BD", b"%FF"))

        assert door.ipn(signed).body == CONFIRMED

    def test_ENC_07_nul_and_controls_are_refused_wherever_they_stand(
        self, shop: Shop, door: Door, payment: Payment, genuine: bytes
    ) -> None:
        """PostgreSQL stores no NUL in a text; nothing of it may come out of the door."""
        text = unsigned(genuine)
        reference = payment.merchant_reference.encode()
        places = (b"Thanh", reference, b"NCB", b"15000001", b"TESTTMN1", b"110000000")
        controls = (b"%00", b"%0D%0A", b"%09", b"%1B%5B31m", b"%7F", b"\x00", b"\x0b")

        refuses(
            door,
            *(signed_raw(text.replace(place, place + each)) for place in places for each in controls[:2]),
            *(signed_raw(text.replace(b"Thanh", each)) for each in controls),
            *(genuine + each for each in controls),
            *(signed_raw(text + b"&vnp_A" + each + b"=1") for each in controls),
        )

        genuine_still_works(shop, payment)

    def test_ENC_07_nul_in_headers_body_and_path_is_kept_or_refused(
        self, shop: Shop, door: Door, payment: Payment, genuine: bytes
    ) -> None:
        with nothing_moves(shop):
            assert door.ipn(b"\x00\x00", headers=[(b"x-\x00", b"\x00\xff")], body=b"\x00" * 99).status == 200
            assert door.ipn(b"x=1", method="POST", body=b"\x00\xff\xfe").status == 200
            assert Door(shop, "vnpay-main\x00").ipn(genuine).status == 404

        genuine_still_works(shop, payment)

    def test_ENC_07_nul_in_json_is_refused(self, open_bank: OpenBank) -> None:
        bank = open_bank("bank_json")
        payment = bank.pay()

        with nothing_moves(bank.shop):
            for field in ("order_ref", "status", "txn", "note"):
                fields = bank_fields(payment.merchant_reference, 1_100_000) | {field: "a\x00b"}
                receipt = bank.deliver(method="POST", body=json_body(fields))
                assert receipt.decision is Decision.NOT_AUTHENTIC


class TestNumbersInDisguise:
    FORMS = (
        "1e8", "110000000.0", "1.1E+8", "0x68E7780", "110000000.00000001", "9007199254740993",
        "１１００００００００", "١١٠٠٠٠٠٠٠", "110_000_000", "+110000000", " 110000000", "110000000 ",
        "-110000000", "-0", "0", "00110000000", "0110000000", "1,100,000", "110000000\u200b", "NaN",
        "Infinity", "",
    )  # fmt: skip

    def test_ENC_09_ENC_11_only_the_sheets_own_form_is_an_amount(
        self, shop: Shop, door: Door, payment: Payment
    ) -> None:
        with nothing_moves(shop):
            for form in self.FORMS:
                answer = door.ipn(ipn_query(payment.merchant_reference, 0, vnp_Amount=form))
                assert answer.body == INCOMPLETE, form

        genuine_still_works(shop, payment)

    def test_ENC_09_a_json_integer_keeps_every_digit_and_a_float_is_refused(
        self, open_bank: OpenBank
    ) -> None:
        bank = open_bank("bank_json")
        payment = bank.pay()
        genuine = json_body(bank_fields(payment.merchant_reference, 1_100_000))

        with nothing_moves(bank.shop):
            for number in (b"1.1e6", b"1100000.0", b"1100000.00000001", b"1100000.5", b"11e5"):
                body = genuine.replace(b'"1100000"', number)
                assert bank.deliver(method="POST", body=body).decision is Decision.NOT_AUTHENTIC, number

        plain = genuine.replace(b'"1100000"', b"1100000")
        assert bank.deliver(method="POST", body=plain).decision is Decision.RECORDED

    def test_ENC_10_nan_and_infinity_are_refused(self, open_bank: OpenBank) -> None:
        bank = open_bank("bank_body")
        payment = bank.pay()
        said = json.dumps(bank_fields(payment.merchant_reference, 1_100_000))

        with nothing_moves(bank.shop):
            for number in ("NaN", "Infinity", "-Infinity", "1e400", "-1e400"):
                body = said.replace('"1100000"', number).encode()
                assert deliver_body(bank, body).decision is Decision.NOT_AUTHENTIC, number

    def test_ENC_11_through_another_plugin_no_text_but_digits_pays(self, open_bank: OpenBank) -> None:
        bank = open_bank("bank_query")
        payment = bank.pay()
        for form in ("１１０００００", "1_100_000", "+1100000", " 1100000", "01100000", "1100000.0", "1.1e6"):
            receipt = bank.deliver(pairs(bank_fields(payment.merchant_reference, 0) | {"amount": form}))
            assert receipt.decision is Decision.INCOMPLETE, form

        assert bank.shop.payport.entitlement("binh-minh").state is Holding.NONE

    def test_RES_08_thousands_of_digits_are_refused_at_once(
        self, shop: Shop, door: Door, payment: Payment
    ) -> None:
        with nothing_moves(shop):
            for form in ("1" * 4_300, "1" * 4_301, "9" * 12_000, "1E+999999", "1e1000000"):
                answer = door.ipn(ipn_query(payment.merchant_reference, 0, vnp_Amount=form))
                assert answer.body == INCOMPLETE

        genuine_still_works(shop, payment)

    def test_RES_08_thousands_of_digits_in_json_are_refused_too(self, open_bank: OpenBank) -> None:
        bank = open_bank("bank_body")
        payment = bank.pay()
        said = json.dumps(bank_fields(payment.merchant_reference, 1_100_000))

        for number in ("1" * 5_000, "1E+999999", "-" + "1" * 5_000):
            body = said.replace('"1100000"', number).encode()
            assert deliver_body(bank, body).decision in {Decision.INCOMPLETE, Decision.NOT_AUTHENTIC}

        assert bank.shop.payment(payment).state is State.PENDING


class TestEmptyAndMissing:
    def test_ENC_12_an_empty_field_is_signed_as_such(self, shop: Shop, door: Door, payment: Payment) -> None:
        with_empty = ipn_query(payment.merchant_reference, payment.amount.minor, vnp_BankTranNo="")

        refuses(
            door, with_empty.replace(b"&vnp_BankTranNo=", b""), with_empty.replace(b"TranNo=", b"TranNo=1")
        )

        assert b"vnp_BankTranNo=&" in with_empty
        assert door.ipn(with_empty).body == CONFIRMED

    def test_ENC_12_what_is_required_is_not_empty(self, shop: Shop, door: Door, payment: Payment) -> None:
        names = ("vnp_TmnCode", "vnp_TxnRef", "vnp_Amount", "vnp_ResponseCode", "vnp_TransactionNo")

        with nothing_moves(shop):
            for name in names:
                said = ipn_query(payment.merchant_reference, payment.amount.minor, **{name: ""})
                assert door.ipn(said).body == INCOMPLETE, name

        genuine_still_works(shop, payment)


class TestABodyThatIsSignedAsItStands:
    def test_ENC_13_verifies_in_any_spelling_and_in_no_other_than_its_own(self, open_bank: OpenBank) -> None:
        bank = open_bank("bank_body")
        spellings = (
            lambda said: json.dumps(said, indent=3).encode() + b"\n",
            lambda said: json.dumps(dict(reversed(said.items())), separators=(",", ":")).encode(),
            lambda said: json.dumps(said | {"note": "đồng/x"}).replace("/", "\\/").encode(),
            lambda said: json.dumps(said | {"note": "đồng"}, ensure_ascii=False).encode(),
        )
        for place, spell in enumerate(spellings):
            payment = bank.pay(bank.shop.order(f"khach-{place}"))
            body = spell(bank_fields(payment.merchant_reference, 1_100_000))
            rewritten = json.dumps(json.loads(body)).encode()

            if rewritten != body:
                receipt = deliver_body(bank, rewritten, signed=body)
                assert receipt.decision is Decision.NOT_AUTHENTIC
            assert deliver_body(bank, body).decision is Decision.RECORDED


class TestALyingCharset:
    KINDS = (
        b"application/json; charset=utf-16",
        b"application/json; charset=iso-8859-1",
        b"application/json; charset=utf-7",
        b"application/json; charset=no-such-thing",
        b"application/json; charset=utf-8; charset=utf-16",
    )

    def test_ENC_14_changes_nothing_about_how_bytes_are_read(self, open_bank: OpenBank) -> None:
        bank = open_bank("bank_body")
        for place, kind in enumerate(self.KINDS):
            payment = bank.pay(bank.shop.order(f"khach-{place}"))
            said = bank_fields(payment.merchant_reference, 1_100_000) | {"note": "Nguyễn"}
            body = json.dumps(said, ensure_ascii=False).encode()

            receipt = deliver_body(bank, body, headers=((b"content-type", kind),))

            assert receipt.decision is Decision.RECORDED

    def test_ENC_14_and_bytes_of_another_charset_are_refused(self, open_bank: OpenBank) -> None:
        bank = open_bank("bank_body")
        payment = bank.pay()
        said = json.dumps(
            bank_fields(payment.merchant_reference, 1_100_000) | {"note": "é"}, ensure_ascii=False
        )

        with nothing_moves(bank.shop):
            for charset in ("utf-16", "utf-16-le", "latin-1", "utf-32"):
                kind = f"application/json; charset={charset}".encode()
                receipt = deliver_body(bank, said.encode(charset), headers=((b"content-type", kind),))
                assert receipt.decision is Decision.NOT_AUTHENTIC, charset


class TestOtherSeparators:
    def test_ENC_15_are_no_separators(self, shop: Shop, door: Door, payment: Payment, genuine: bytes) -> None:
        refuses(
            door,
            genuine.replace(b"&", b";"),
            genuine.replace(b"&", b"&amp;"),
            b"vnp_Amount=1;" + genuine,
            b"vnp_Extra&" + genuine,
            b"vnp_Extra=a=b&" + genuine,
            b"vnp_X=1?" + genuine,
        )

        genuine_still_works(shop, payment)

    def test_ENC_15_that_mean_nothing_are_passed_over(self, shop: Shop, door: Door) -> None:
        for account, make in (
            ("mot", lambda query: query.replace(b"&", b"&&")),
            ("hai", lambda query: b"&" + query + b"&"),
            ("ba", lambda query: b"foo;bar&=&?&" + query + b"&#fragment"),
            ("bon", lambda query: signed_raw(unsigned(query) + b"&vnp_Z=a=b?c=d")),
        ):
            payment = shop.pay(shop.order(account))
            query = ipn_query(payment.merchant_reference, 1_100_000, transaction=_number(account))

            assert door.ipn(make(query)).body == CONFIRMED, account
            assert shop.payment(payment).received == payment.amount

    def test_ENC_15_a_second_question_mark_belongs_to_the_first_name(
        self, shop: Shop, door: Door, payment: Payment, genuine: bytes
    ) -> None:
        """`?vnp_Amount` does not begin with vnp_, so the signed text lacks the amount."""
        refuses(door, b"?" + genuine, b"%3F" + genuine)

        genuine_still_works(shop, payment)


def deliver_body(
    bank: BankShop, body: bytes, *, signed: bytes | None = None, headers: tuple[tuple[bytes, bytes], ...] = ()
) -> Receipt:
    """A JSON body whose bytes are signed together with the moment; `signed`: other bytes than are sent."""
    stamp = str(int(NOON.timestamp()))
    signature = hmac_hex(f"{stamp}.".encode() + (body if signed is None else signed))
    own = ((b"x-time", stamp.encode()), (b"x-signature", signature.encode()))
    return bank.deliver(method="POST", body=body, headers=(*own, *headers))


def test_ENC_04_an_escaped_ampersand_in_the_reference_makes_no_second_field(shop: Shop, door: Door) -> None:
    payment = shop.pay(shop.order())
    hidden = f"{payment.merchant_reference}&vnp_Amount=1"

    answer = door.ipn(ipn_query(hidden, payment.amount.minor))

    assert quote(hidden, safe="").encode() in ipn_query(hidden, payment.amount.minor)
    assert answer.body == b'{"RspCode":"01","Message":"Order not found"}'
