"""ENC, through the door as raw bytes: what could be read in two ways, or breaks whoever reads it.

For each contract of callbacks; where VNPAY's and OnePay's rules differ, each has its own test.
"""

from __future__ import annotations

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
from tests.support.gateways import ONE_OF_EACH, Onepay, Speaker, Vnpay, unsigned
from tests.support.shop import NOON
from tests.support.site import Site
from tests.support.unmoved import last_callback, nothing_moves

OpenBank = Callable[..., BankShop]
VNPAY_ALONE = pytest.mark.parametrize("speaker", [Vnpay()], ids=str, indirect=True)
ONEPAY_ALONE = pytest.mark.parametrize("speaker", [Onepay("domestic", "unified")], ids=str, indirect=True)


@pytest.fixture(params=ONE_OF_EACH, ids=str)
def speaker(request: pytest.FixtureRequest) -> Speaker:
    """A contract is one document, whatever plugin and generation reads the message after it."""
    chosen: Speaker = request.param
    return chosen


class TestNamesThatComeTwice:
    def test_ENC_01_are_refused_before_verification_however_they_were_signed(
        self, site: Site, speaker: Speaker, pending: Payment, genuine: bytes
    ) -> None:
        text, name = unsigned(genuine, speaker), speaker.amount.encode()
        amount = name + b"=110000000"
        first_small = text.replace(amount, name + b"=1&" + amount)
        last_small = text.replace(amount, amount + b"&" + name + b"=1")

        site.refuses(
            genuine + b"&" + name + b"=1",
            name + b"=1&" + genuine,
            genuine + b"&" + amount,
            genuine + b"&" + name.replace(b"A", b"%41") + b"=1",
            genuine + b"&" + amount.replace(b"_", b"%5F"),
            speaker.signed(first_small),
            speaker.signed(last_small),
            first_small + speaker.name + speaker.signature_of(genuine),
            speaker.signed(text.replace(amount, name + b"=1%2C110000000&" + name + b"=1")),
        )

        assert last_callback(site.shop)[2].startswith("repeated")
        site.genuine_still_works(pending)

    def test_ENC_01_of_nobodys_are_passed_over(self, site: Site, pending: Payment, genuine: bytes) -> None:
        answer = site.ipn(b"amount=1&amount=2&" + genuine + b"&utm_source=a&utm_source=b")

        assert answer.body == site.speaker.stored
        assert site.payment(pending).received == pending.amount

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
        self, site: Site, speaker: Speaker, pending: Payment, genuine: bytes
    ) -> None:
        text, name = unsigned(genuine, speaker), speaker.amount.encode()

        site.refuses(
            genuine + b"&" + name + b"[]=1",
            genuine + b"&" + name + b"%5B0%5D=1",
            genuine + b"&" + name + b".x[a][b]=1",
            speaker.signed(text.replace(name + b"=", name + b"[]=")),
            speaker.signed(text + b"&" + name + b"[0]=1"),
        )

        site.genuine_still_works(pending)

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
    @VNPAY_ALONE
    def test_ENC_03_blanks_verify_in_both_forms_that_the_contract_lists(
        self, site: Site, speaker: Speaker
    ) -> None:
        """Form A: a proxy wrote %20 for +. Form B: the gateway did, and signed it so."""
        for account, make in (
            ("mot", lambda text: text.replace(b"+", b"%20")),
            ("hai", lambda text: speaker.signed(unsigned(text, speaker).replace(b"+", b"%20"))),
            (
                "ba",
                lambda text: speaker.signed(
                    unsigned(text, speaker).replace(b"%3A", b":").replace(b"+", b"%20")
                ),
            ),
        ):
            payment = site.pay(site.shop.order(account))

            assert site.ipn(make(site.told(payment, vnp_Note="a: b"))).body == speaker.stored, account
            assert site.payment(payment).state is State.SUCCEEDED

    @ONEPAY_ALONE
    def test_ENC_03_any_escaping_verifies_where_decoded_values_are_signed(
        self, site: Site, speaker: Speaker
    ) -> None:
        for account, make in (
            ("mot", lambda text: text),
            ("hai", lambda text: text.replace(b"+", b"%20")),
            ("ba", lambda text: text.replace(b"%3A", b":").replace(b"%C3%A1", b"%c3%a1")),
            ("bon", lambda text: text.replace(b"%C3%A1", "á".encode()).replace(b"Thanh", b"%54hanh")),
        ):
            payment = site.pay(site.shop.order(account))
            query = site.told(payment, vpc_Message="Thanh toán: a b")

            assert site.ipn(make(query)).body == speaker.stored, account
            assert site.payment(payment).state is State.SUCCEEDED

    @VNPAY_ALONE
    def test_ENC_03_no_third_form_is_tried(
        self, site: Site, speaker: Speaker, pending: Payment, genuine: bytes
    ) -> None:
        """Signed over decoded text, as some kits do; delivered escaped."""
        text = unsigned(genuine, speaker)

        site.refuses(text + speaker.name + speaker.sign(text.replace(b"+", b" ")))

        site.genuine_still_works(pending)

    @ONEPAY_ALONE
    def test_ENC_03_no_second_form_is_tried(self, site: Site, speaker: Speaker, pending: Payment) -> None:
        """Signed over escaped text, as VNPAY does: an escaped value is another value."""
        text = unsigned(site.told(pending, vpc_Message="a: b"), speaker)
        over_escaped = speaker.sign(text.replace(b"%", b"%25").replace(b"+", b"%2B"))

        site.refuses(text + speaker.name + over_escaped)

        site.genuine_still_works(pending)

    def test_ENC_04_values_are_decoded_once(self, site: Site, speaker: Speaker) -> None:
        hidden = f"%26{speaker.amount}%3D1"
        for place, value in enumerate(["%41", "%2B", hidden, "a%2526b", "100%", "a+b", "%00", "%ff"]):
            payment = site.pay(site.shop.order(f"khach-{place}"))

            assert site.ipn(site.told(payment, **{speaker.text: value})).body == speaker.stored, value
            assert site.payment(payment).received == payment.amount

    def test_ENC_06_nothing_is_normalised(self, site: Site, speaker: Speaker, pending: Payment) -> None:
        composed, apart = (
            site.told(pending, **{speaker.text: unicodedata.normalize(form, "Trần Thị Mỹ Lệ")})
            for form in ("NFC", "NFD")
        )

        site.refuses(
            speaker.with_signature(apart, speaker.signature_of(composed)),
            speaker.with_signature(composed, speaker.signature_of(apart)),
        )

        assert site.ipn(apart).body == speaker.stored


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
        self, site: Site, speaker: Speaker, pending: Payment, genuine: bytes
    ) -> None:
        text, prefix = unsigned(genuine, speaker), b"&" + speaker.prefix.encode()
        queries = [speaker.signed(text.replace(b"Thanh", each)) for each in self.BROKEN]
        names = [speaker.signed(text + prefix + each + b"=1") for each in self.BROKEN]

        site.refuses(*queries, *names, *(genuine + b"&" + each + b"=1" for each in self.BROKEN[:4]))

        site.genuine_still_works(pending)

    def test_ENC_05_a_replacement_character_is_not_what_was_signed(
        self, site: Site, speaker: Speaker, genuine: bytes
    ) -> None:
        signed = speaker.signed(unsigned(genuine, speaker).replace(b"Thanh", b"%EF%BF%BD"))

        site.refuses(signed.replace(b"%EF%BF%BD", b"%FF"))

        assert site.ipn(signed).body == speaker.stored

    def test_ENC_07_nul_and_controls_are_refused_wherever_they_stand(
        self, site: Site, speaker: Speaker, pending: Payment
    ) -> None:
        """PostgreSQL stores no NUL in a text; nothing of it may come out of the door."""
        reference = pending.merchant_reference.encode()
        genuine = site.told(pending, **{f"{speaker.prefix}ZA": "NCB"})
        text, prefix = unsigned(genuine, speaker), b"&" + speaker.prefix.encode()
        transaction = speaker.transaction_of(pending.merchant_reference).encode()
        places = (b"Thanh", reference, b"NCB", transaction, b"TEST", b"110000000")
        controls = (b"%00", b"%0D%0A", b"%09", b"%1B%5B31m", b"%7F", b"\x00", b"\x0b")

        assert all(place in text for place in places)
        site.refuses(
            *(speaker.signed(text.replace(place, place + each)) for place in places for each in controls[:2]),
            *(speaker.signed(text.replace(b"Thanh", each)) for each in controls),
            *(genuine + each for each in controls),
            *(speaker.signed(text + prefix + b"A" + each + b"=1") for each in controls),
        )

        site.genuine_still_works(pending)

    def test_ENC_07_nul_in_headers_body_and_path_is_kept_or_refused(
        self, site: Site, pending: Payment, genuine: bytes
    ) -> None:
        odd = [(b"x-\x00", b"\x00\xff")]
        with nothing_moves(site.shop):
            assert site.ipn(b"\x00\x00", headers=odd, body=b"\x00" * 99).status == 200
            assert site.ipn(b"x=1", method="POST", body=b"\x00\xff\xfe").status == 200
            assert Door(site.shop, f"{site.speaker.account}\x00").ipn(genuine).status == 404

        site.genuine_still_works(pending)

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
        self, site: Site, speaker: Speaker, pending: Payment
    ) -> None:
        with nothing_moves(site.shop):
            for form in self.FORMS:
                assert site.ipn(site.told(pending, **{speaker.amount: form})).body == speaker.incomplete, form

        site.genuine_still_works(pending)

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
        self, site: Site, speaker: Speaker, pending: Payment
    ) -> None:
        with nothing_moves(site.shop):
            for form in ("1" * 4_300, "1" * 4_301, "9" * 12_000, "1E+999999", "1e1000000"):
                assert site.ipn(site.told(pending, **{speaker.amount: form})).body == speaker.incomplete

        site.genuine_still_works(pending)

    def test_RES_08_thousands_of_digits_in_json_are_refused_too(self, open_bank: OpenBank) -> None:
        bank = open_bank("bank_body")
        payment = bank.pay()
        said = json.dumps(bank_fields(payment.merchant_reference, 1_100_000))

        for number in ("1" * 5_000, "1E+999999", "-" + "1" * 5_000):
            body = said.replace('"1100000"', number).encode()
            assert deliver_body(bank, body).decision in {Decision.INCOMPLETE, Decision.NOT_AUTHENTIC}

        assert bank.shop.payment(payment).state is State.PENDING


class TestEmptyAndMissing:
    @VNPAY_ALONE
    def test_ENC_12_an_empty_field_is_signed_as_such(
        self, site: Site, speaker: Speaker, pending: Payment
    ) -> None:
        with_empty = site.told(pending, vnp_BankTranNo="")

        site.refuses(
            with_empty.replace(b"&vnp_BankTranNo=", b""), with_empty.replace(b"TranNo=", b"TranNo=1")
        )

        assert b"vnp_BankTranNo=&" in with_empty
        assert site.ipn(with_empty).body == speaker.stored

    @ONEPAY_ALONE
    def test_ENC_12_an_empty_field_counts_as_absent_and_may_not_be_filled(
        self, site: Site, speaker: Speaker
    ) -> None:
        """And still is ours: it cannot come twice."""
        for account, make in (
            ("mot", lambda text: text),
            ("hai", lambda text: text.replace(b"&vpc_AuthorizeId=", b"")),
            ("ba", lambda text: text.replace(b"&vpc_AuthorizeId=", b"&vpc_AuthorizeId")),
            ("bon", lambda text: text + b"&vpc_ReceiptNo="),
        ):
            payment = site.pay(site.shop.order(account))
            with_empty = site.told(payment, vpc_AuthorizeId="")

            site.refuses(
                with_empty.replace(b"AuthorizeId=", b"AuthorizeId=1"),
                with_empty.replace(b"AuthorizeId=", b"AuthorizeId=+"),
                with_empty + b"&vpc_AuthorizeId=",
                with_empty + b"&vpc_TxnResponseCode=",
            )
            assert b"vpc_AuthorizeId=&" in with_empty
            assert site.ipn(make(with_empty)).body == speaker.stored, account

    def test_ENC_12_what_is_required_is_not_empty(
        self, site: Site, speaker: Speaker, pending: Payment
    ) -> None:
        with nothing_moves(site.shop):
            for name in speaker.required:
                assert site.ipn(site.told(pending, **{name: ""})).body == speaker.incomplete, name

        site.genuine_still_works(pending)


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
    def test_ENC_15_are_no_separators(
        self, site: Site, speaker: Speaker, pending: Payment, genuine: bytes
    ) -> None:
        prefix, amount = speaker.prefix.encode(), speaker.amount.encode()

        site.refuses(
            genuine.replace(b"&", b";"),
            genuine.replace(b"&", b"&amp;"),
            amount + b"=1;" + genuine,
            prefix + b"Extra=a=b&" + genuine,
            prefix + b"X=1?" + genuine,
        )

        site.genuine_still_works(pending)

    @VNPAY_ALONE
    def test_ENC_15_a_name_without_a_value_is_signed_too(
        self, site: Site, pending: Payment, genuine: bytes
    ) -> None:
        site.refuses(b"vnp_Extra&" + genuine)

        site.genuine_still_works(pending)

    @ONEPAY_ALONE
    def test_ENC_15_an_ampersand_inside_a_value_is_refused_though_it_was_signed(
        self, site: Site, speaker: Speaker, pending: Payment
    ) -> None:
        """Values are signed as they are: the text of one with an & is the text of two fields."""
        site.refuses(
            *(site.told(pending, vpc_Message=value) for value in ("a&b", "&", "a&vpc_Amount=1", "&amp;")),
            site.told(pending, user_note="a&b"),
        )

        site.genuine_still_works(pending)

    def test_ENC_15_that_mean_nothing_are_passed_over(self, site: Site, speaker: Speaker) -> None:
        more = f"&{speaker.prefix}Z=a=b?c=d".encode()
        for account, make in (
            ("mot", lambda query: query.replace(b"&", b"&&")),
            ("hai", lambda query: b"&" + query + b"&"),
            ("ba", lambda query: b"foo;bar&=&?&" + query + b"&#fragment"),
            ("bon", lambda query: speaker.signed(unsigned(query, speaker) + more)),
        ):
            payment = site.pay(site.shop.order(account))

            assert site.ipn(make(site.told(payment))).body == speaker.stored, account
            assert site.payment(payment).received == payment.amount

    def test_ENC_15_a_second_question_mark_belongs_to_the_first_name(
        self, site: Site, pending: Payment, genuine: bytes
    ) -> None:
        """The first name, here the amount's, does not begin as ours do, so the signed text lacks it."""
        assert genuine.startswith(site.speaker.amount.encode())
        site.refuses(b"?" + genuine, b"%3F" + genuine)

        site.genuine_still_works(pending)


def deliver_body(
    bank: BankShop, body: bytes, *, signed: bytes | None = None, headers: tuple[tuple[bytes, bytes], ...] = ()
) -> Receipt:
    """A JSON body whose bytes are signed together with the moment; `signed`: other bytes than are sent."""
    stamp = str(int(NOON.timestamp()))
    signature = hmac_hex(f"{stamp}.".encode() + (body if signed is None else signed))
    own = ((b"x-time", stamp.encode()), (b"x-signature", signature.encode()))
    return bank.deliver(method="POST", body=body, headers=(*own, *headers))


def test_ENC_04_an_escaped_ampersand_in_the_reference_makes_no_second_field(
    site: Site, speaker: Speaker, pending: Payment
) -> None:
    """VNPAY signs it escaped, and knows no such order; where it is signed as it is, it is refused."""
    hidden = f"{pending.merchant_reference}&{speaker.amount}=1"
    query = site.told(pending, **{speaker.reference: hidden})

    with nothing_moves(site.shop):
        answer = site.ipn(query)

    assert quote(hidden, safe="").encode() in query
    assert answer.body == (speaker.unknown if speaker.id == "vnpay" else speaker.refused)
