"""Asked about a token: what of the answer is believed, in XML and in JSON."""

from __future__ import annotations

from collections.abc import Callable
from time import process_time
from typing import Any
from urllib.parse import parse_qsl

import pytest

from payport.gateways.http import is_repeatable
from payport.plugin import Context, Outcome, PaymentReport, Request, Response, vnd
from payport.testing import a_context, a_payment, an_answer, end, value_of
from payport_nganluong import nganluong
from payport_nganluong.nganluong_codes import CODES, Meaning

Read = Callable[[Response], PaymentReport]


def form(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.content.decode("ascii"), strict_parsing=True))


@pytest.fixture
def report(asked_payment: Any, in_context: Context[Any]) -> Read:
    """What the plugin makes of an answer about its token."""
    return lambda answer: value_of(nganluong.query(asked_payment(), in_context), answer)


@pytest.fixture
def by_order_check(asked_payment: Any, account_with: Any) -> Read:
    context = a_context(account=account_with(query_by="order_check"))
    return lambda answer: value_of(nganluong.query(asked_payment(), context), answer)


class TestTheQuestion:
    def test_names_the_stored_token(self, asked_payment: Any, in_context: Context[Any], gateway: Any) -> None:
        request = next(nganluong.query(asked_payment(), in_context))

        assert str(request.url) == "https://sandbox.nganluong.vn/nl35/checkout.api.nganluong.post.php"
        assert form(request) == {
            "merchant_id": "0045571",
            "merchant_password": gateway.digest,
            "version": "3.1",
            "function": "GetTransactionDetail",
            "token": gateway.token,
        }
        assert is_repeatable(request)  # it changes nothing there

    def test_can_go_to_the_order_check_instead(
        self, asked_payment: Any, account_with: Any, gateway: Any
    ) -> None:
        context = a_context(account=account_with(query_by="order_check"))

        request = next(nganluong.query(asked_payment(), context))

        assert str(request.url) == "https://sandbox.nganluong.vn/nl35/service/order/check"
        assert set(form(request)) == {"merchant_id", "token", "checksum"}

    def test_is_not_asked_without_a_token(self, in_context: Context[Any]) -> None:
        report = value_of(nganluong.query(a_payment(), in_context))

        assert (report.outcome, report.gateway_code) == (Outcome.UNKNOWN, "no token")


class TestASuccess:
    def test_says_who_got_how_much_for_what(self, report: Read, gateway: Any) -> None:
        assert report(gateway.detail()) == PaymentReport(
            outcome=Outcome.DONE,
            gateway_code="00/00",
            merchant_account="merchant@example.vn",
            merchant_reference="PP23456789AB",
            amount=vnd(150_000),
            gateway_reference="19900001",
            paid_with="ATM_ONLINE VCB",
        )

    def test_says_the_same_in_json_with_numbers_or_texts(self, by_order_check: Read, gateway: Any) -> None:
        numbers = by_order_check(gateway.order_check())
        texts = by_order_check(
            gateway.order_check(total_amount="150000", transaction_id="19900001", payment_type="1")
        )

        assert numbers == texts
        assert (numbers.outcome, numbers.amount) == (Outcome.DONE, vnd(150_000))
        assert numbers.gateway_reference == "19900001"

    def test_may_leave_the_payment_type_empty(self, report: Read, gateway: Any) -> None:
        assert report(gateway.detail(payment_type="")).outcome is Outcome.DONE

    def test_of_another_amount_is_reported_as_it_is(self, report: Read, gateway: Any) -> None:
        assert report(gateway.detail(total_amount="15000")).amount == vnd(15_000)  # the core compares

    def test_may_hold_a_bare_ampersand(self, report: Read, gateway: Any) -> None:
        assert report(gateway.detail(order_description="A & B&c")).outcome is Outcome.DONE

    @pytest.mark.parametrize(
        "changes",
        [
            {"token": ""},
            {"token": None},
            {"token": "143000-ffffffffffffffffffffffffffffffff"},
            {"order_code": ""},
            {"order_code": None},
            {"order_code": "pp23456789ab"},
            {"order_code": "PP23456789AB "},
            {"receiver_email": ""},
            {"receiver_email": None},
            {"receiver_email": "other@example.vn"},
            {"receiver_email": "merchant@example.vn "},
            {"total_amount": ""},
            {"total_amount": None},
            {"total_amount": "0"},
            {"total_amount": "150000.00"},
            {"total_amount": "1.5e5"},
            {"total_amount": "-150000"},
            {"total_amount": "150,000"},
            {"total_amount": "１５００００"},
            {"transaction_id": ""},
            {"transaction_id": None},
            {"transaction_id": "0"},
            {"transaction_id": "000"},
            {"transaction_id": "null"},
            {"transaction_id": "-1"},
            {"transaction_id": "a b"},
        ],
    )
    def test_CHN_08_that_is_not_whole_or_not_about_us_is_unknown(
        self, changes: dict[str, str | None], report: Read, gateway: Any
    ) -> None:
        found = report(gateway.detail(**changes))

        assert found.outcome is Outcome.UNKNOWN
        assert (found.merchant_reference, found.amount, found.gateway_reference) == (None, None, None)

    @pytest.mark.parametrize("written", ["MERCHANT@EXAMPLE.VN", "merchant@example.vn"])
    def test_takes_a_mail_address_in_any_case(self, written: str, report: Read, gateway: Any) -> None:
        assert report(gateway.detail(receiver_email=written)).outcome is Outcome.DONE

    def test_takes_no_letter_that_folds_into_one_of_ours(
        self, asked_payment: Any, account_with: Any, gateway: Any
    ) -> None:
        context = a_context(account=account_with(receiver_email="kim@example.vn"))
        answer = gateway.detail(receiver_email="\N{KELVIN SIGN}im@example.vn")

        assert end(nganluong.query(asked_payment(), context), answer) is Outcome.UNKNOWN


class TestMoneyThatIsNotOursYet:
    @pytest.mark.parametrize("status", ["01", "02", "03", "04", "0", "", None, "000", "paid"])
    def test_is_pending_by_any_status_but_00_and_never_called_unpaid(
        self, status: str | None, report: Read, gateway: Any
    ) -> None:
        found = report(gateway.detail(transaction_status=status))

        assert (found.outcome, found.unpaid, found.gateway_reference) == (Outcome.PENDING, False, None)

    @pytest.mark.parametrize("held", ["2", "3", "10", "0", "01", " 1"])
    def test_is_pending_while_it_is_held(self, held: str, report: Read, gateway: Any) -> None:
        found = report(gateway.detail(payment_type=held))

        assert (found.outcome, found.unpaid) == (Outcome.PENDING, False)
        assert found.gateway_code == "00/00 held"


class TestAnErrorCode:
    @pytest.mark.parametrize("code", [code for code in CODES if code != "00"])
    def test_is_unpaid_cancelled_or_unknown(self, code: str, report: Read, gateway: Any) -> None:
        found = report(gateway.refusal(code))

        outcome = {Meaning.PENDING: Outcome.PENDING, Meaning.CANCELLED: Outcome.DECLINED}
        assert found.outcome is outcome.get(CODES[code], Outcome.UNKNOWN)
        assert found.unpaid is (found.outcome is Outcome.PENDING)
        assert found.gateway_code == code

    @pytest.mark.parametrize("code", ["", "0", "811", "0081", "８１", "hello"])
    def test_that_nobody_listed_is_unknown_and_not_kept(self, code: str, report: Read, gateway: Any) -> None:
        found = report(gateway.refusal(code))

        assert (found.outcome, found.gateway_code) == (Outcome.UNKNOWN, "unlisted")

    @pytest.mark.parametrize("code", ["81", "115"])
    @pytest.mark.parametrize("name", ["token", "order_code", "receiver_email"])
    def test_CHN_08_about_another_payment_ends_nothing(
        self, code: str, name: str, report: Read, gateway: Any
    ) -> None:
        assert report(gateway.refusal(code, **{name: "another"})).outcome is Outcome.UNKNOWN

    @pytest.mark.parametrize("data", [None, {}])
    def test_in_json_comes_without_data(self, data: Any, by_order_check: Read) -> None:
        assert by_order_check(an_answer({"error_code": "81", "data": data})).unpaid
        assert by_order_check(an_answer({"error_code": "115"})).outcome is Outcome.DECLINED


class TestAnAnswerThatIsNone:
    @pytest.mark.parametrize(
        ("content", "status"),
        [
            (b"<html><body>B\xe1\xba\xa3o tr\xc3\xac</body></html>", 200),
            (b"", 200),
            (b'{"error_code":"115"}', 200),
            (b"<result><error_code>115</error_code>", 200),
            (b"<result><error_code>115</error_code></result>", 503),
            (b"<result><error_code>115</error_code></result>", 302),
            (b"<result><error_code>115</error_code><error_code>115</error_code></result>", 200),
            (b"<result><x><error_code>115</error_code></x></result>", 200),
            ("<result><error_code>115</error_code></result>".encode("utf-16"), 200),
            (b"<result><error_code>115</error_code><a>\xff</a></result>", 200),
            (b"<result><error_code>115</error_code></result><result/>", 200),
        ],
    )
    def test_CHN_08_is_unknown(
        self, content: bytes, status: int, asked_payment: Any, in_context: Context[Any]
    ) -> None:
        answer = an_answer(content=content, status=status)

        assert end(nganluong.query(asked_payment(), in_context), answer) is Outcome.UNKNOWN

    @pytest.mark.parametrize(
        "content",
        [
            b"<result><error_code>115</error_code></result>",
            b'{"error_code":115}',
            b'{"error_code":"00","data":[]}',
            b'{"error_code":"115","error_code":"00"}',
            b'{"error_code":"00","data":{"total_amount":150000.0}}',
            b'{"error_code":"00","data":{"transaction_id":true}}',
        ],
    )
    def test_CHN_08_is_unknown_in_json(self, content: bytes, asked_payment: Any, account_with: Any) -> None:
        context = a_context(account=account_with(query_by="order_check"))

        assert end(nganluong.query(asked_payment(), context), an_answer(content=content)) is Outcome.UNKNOWN


TYPES = {
    "an external entity": b'<!DOCTYPE result [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    "a parameter entity": b'<!DOCTYPE result [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x"> %x;]>',
    "an external document type": b'<!DOCTYPE result SYSTEM "http://127.0.0.1:9/x.dtd">',
    "an internal entity": b'<!DOCTYPE result [<!ENTITY x "00">]>',
}
BOMB = b"<!DOCTYPE result [<!ENTITY a0 '00'>%s]>" % b"".join(
    b"<!ENTITY a%d '%s'>" % (level, b"&a%d;" % (level - 1) * 10) for level in range(1, 11)
)
QUADRATIC = b"<!DOCTYPE result [<!ENTITY x '%s'>]>" % (b"0" * 100_000)
FLOWS = ["initiate", "query"]


class TestRES05AForeignEntity:
    @pytest.mark.parametrize("flow", FLOWS)
    @pytest.mark.parametrize("kind", TYPES)
    def test_RES_05_in_an_answer_is_refused_for_its_document_type(
        self, kind: str, flow: str, asked_payment: Any, in_context: Context[Any]
    ) -> None:
        body = TYPES[kind] + b"<result><error_code>115</error_code><description>&x;</description></result>"

        asked = getattr(nganluong, flow)(asked_payment(), in_context)

        assert end(asked, an_answer(content=body)) is Outcome.UNKNOWN

    @pytest.mark.parametrize("flow", FLOWS)
    def test_RES_05_is_not_made_text_by_the_repair(
        self, flow: str, asked_payment: Any, in_context: Context[Any]
    ) -> None:
        body = b"<result><error_code>115</error_code><description>&x;</description></result>"

        asked = getattr(nganluong, flow)(asked_payment(), in_context)

        assert end(asked, an_answer(content=body)) is Outcome.UNKNOWN

    @pytest.mark.parametrize("flow", FLOWS)
    def test_RES_05_an_inclusion_is_only_an_element_in_a_wrong_place(
        self, flow: str, asked_payment: Any, in_context: Context[Any]
    ) -> None:
        inclusion = b'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="/etc/passwd"/>'
        body = b"<result><error_code>115</error_code><description>%s</description></result>" % inclusion

        asked = getattr(nganluong, flow)(asked_payment(), in_context)

        assert end(asked, an_answer(content=body)) is Outcome.UNKNOWN


class TestRES06AnEntityBomb:
    @pytest.mark.parametrize("flow", FLOWS)
    @pytest.mark.parametrize(("bomb", "inside"), [(BOMB, b"&a10;"), (QUADRATIC, b"&x;" * 100_000)])
    def test_RES_06_is_refused_at_once(
        self, bomb: bytes, inside: bytes, flow: str, asked_payment: Any, in_context: Context[Any]
    ) -> None:
        body = bomb + b"<result><error_code>115</error_code><description>%s</description></result>" % inside
        asked = getattr(nganluong, flow)(asked_payment(), in_context)
        next(asked)

        begun = process_time()
        assert end(asked, an_answer(content=body)) is Outcome.UNKNOWN
        assert process_time() - begun < 0.05

    @pytest.mark.parametrize(
        "piece", [b"&", b"&a", b"&a;", b"&#", b"<![CDATA[", b"<![CDATA[&]]>", b"&" + b"a" * 1_000]
    )
    def test_RES_06_nor_does_the_repair_take_long(
        self, piece: bytes, asked_payment: Any, in_context: Context[Any]
    ) -> None:
        body = b"<result><error_code>81</error_code><x>" + piece * (100_000 // len(piece)) + b"</x></result>"
        asked = nganluong.query(asked_payment(), in_context)
        next(asked)

        begun = process_time()
        end(asked, an_answer(content=body))
        assert process_time() - begun < 0.5
