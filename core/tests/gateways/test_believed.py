"""What a plugin gives back, before it is believed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from payport.gateways.believed import believe_checkout, believe_report
from payport.plugin import (
    Instructions,
    Names,
    NoCheckout,
    Outcome,
    PaymentReport,
    PostForm,
    Redirect,
    Row,
    ShowQR,
    vnd,
)

DONE = PaymentReport(
    outcome=Outcome.DONE,
    gateway_code="00",
    merchant_account="SAMPLE01",
    merchant_reference="PP23456789AB",
    amount=vnd(150_000),
    gateway_reference="9001",
)
PENDING = PaymentReport(
    outcome=Outcome.PENDING, gateway_code="01", merchant_account=None, merchant_reference=None, amount=None
)


class TestPLG06AReport:
    def test_PLG_06_that_is_whole_is_believed(self) -> None:
        assert believe_report(DONE) == DONE
        assert believe_report(PENDING) == PENDING
        assert believe_report(replace(PENDING, unpaid=True)).unpaid

    def test_PLG_06_has_its_time_in_utc(self) -> None:
        local = datetime(2026, 11, 25, 10, 0, tzinfo=timezone(timedelta(hours=7)))

        assert believe_report(replace(DONE, paid_at=local)).paid_at == datetime(
            2026, 11, 25, 3, 0, tzinfo=UTC
        )

    @pytest.mark.parametrize(
        "value", [None, {}, "done", Outcome.DONE, Redirect("https://x.example")], ids=repr
    )
    def test_PLG_06_of_another_type_is_refused(self, value: object) -> None:
        with pytest.raises(ValueError, match="where a PaymentReport is due"):
            believe_report(value)

    def test_PLG_06_of_a_subclass_is_refused(self) -> None:
        class Better(PaymentReport): ...

        with pytest.raises(ValueError, match="gave Better"):
            believe_report(Better(Outcome.PENDING, "", None, None, None))

    @pytest.mark.parametrize(
        ("field", "value", "problem"),
        [
            ("outcome", "done", "outcome is str"),
            ("outcome", Outcome.NOT_SENT, "only the core can know"),
            ("amount", 150_000, "amount is int"),
            ("amount", 150_000.0, "amount is float"),
            ("amount", None, "done without amount"),
            ("amount", vnd(0), "amount below 1"),
            ("amount", vnd(-5), "amount below 1"),
            ("gateway_reference", None, "done without gateway_reference"),
            ("gateway_reference", "", "gateway_reference has 0"),
            ("gateway_reference", 9001, "gateway_reference is int"),
            ("merchant_reference", None, "done without merchant_reference"),
            ("merchant_reference", "a\nb", "merchant_reference holds"),
            ("merchant_account", b"SAMPLE01", "merchant_account is bytes"),
            ("gateway_code", 0, "gateway_code is int"),
            ("gateway_code", "0" * 65, "gateway_code has 65"),
            ("paid_with", "\u202eVCB", "paid_with holds"),
            ("paid_at", datetime(2026, 11, 25), "paid_at is not a datetime with a zone"),  # noqa: DTZ001
            ("paid_at", "2026-11-25", "paid_at is not a datetime with a zone"),
            ("paid_at", datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=7))), "paid_at is before or after"),
            ("is_test", "0", "is_test"),
            ("is_test", 0, "is_test"),
            ("unpaid", True, "unpaid is for a pending payment"),
            ("unpaid", None, "unpaid is for a pending payment"),
        ],
    )
    def test_PLG_06_with_a_wrong_field_is_refused_by_its_name(
        self, field: str, value: Any, problem: str
    ) -> None:
        changes: dict[str, Any] = {field: value}

        with pytest.raises(ValueError, match=problem):
            believe_report(replace(DONE, **changes))


class TestPLG06ACheckout:
    @pytest.mark.parametrize(
        "checkout",
        [
            Redirect("https://pay.example/p?a=1"),
            Redirect("http://127.0.0.1:8000/p", checkout_reference="t"),
            PostForm("https://pay.example", {"a": "1", "ghi chú": ""}),
            ShowQR("00020101", Names("Quét mã", "Scan")),
            Instructions(
                (Row(Names("Số tiền", "Amount"), Names("150.000\u00a0₫", "₫150,000"), copy="150000"),),
                qr_payload="0002",
            ),
            NoCheckout(Outcome.DECLINED, gateway_code="24"),
            NoCheckout(Outcome.UNKNOWN),
        ],
        ids=lambda checkout: type(checkout).__name__,
    )
    def test_PLG_06_that_is_whole_is_believed(self, checkout: Any) -> None:
        assert believe_checkout(checkout) is checkout

    @pytest.mark.parametrize(
        ("checkout", "problem"),
        [
            (None, "gave nothing"),
            ("https://pay.example", "gave str"),
            (Redirect("javascript:alert(1)"), "url is not https"),
            (Redirect("http://pay.example"), "url is not https"),
            (Redirect("//pay.example"), "url is not https"),
            (Redirect("https://"), "url is not https"),
            (Redirect("https://pay.example/\r\nSet-Cookie: a"), "url holds"),
            (Redirect("https://pay.example/" + "a" * 9_000), "url has 9020"),
            (Redirect(None), "url is nothing"),  # type: ignore[arg-type]
            (Redirect("https://pay.example", checkout_reference=""), "checkout_reference has 0"),
            (Redirect("https://pay.example", checkout_reference="t" * 256), "checkout_reference has 256"),
            (Redirect("https://pay.example", checkout_reference=5), "checkout_reference is int"),  # type: ignore[arg-type]
            (PostForm("https://pay.example", {"a": 1}), "a value is int"),  # type: ignore[dict-item]
            (PostForm("https://pay.example", [("a", "1")]), "no mapping"),  # type: ignore[arg-type]
            (ShowQR("", Names("a", "b")), "payload has 0"),
            (ShowQR("0002", "scan"), "text is str"),  # type: ignore[arg-type]
            (Instructions(()), "rows is no tuple"),
            (Instructions((("a", "b"),)), "holds tuple, not a Row"),  # type: ignore[arg-type]
            (Instructions((Row("a", Names("b", "b")),)), "a label is str"),  # type: ignore[arg-type]
            (Instructions((Row(Names("a", "a"), "b"),)), "a value is str"),  # type: ignore[arg-type]
            (Instructions((Row(Names("a", "a"), Names("b", "b"), copy="\n"),)), "copy holds a line end"),
            (NoCheckout(Outcome.DONE), "done without a checkout"),
            (NoCheckout(Outcome.NOT_SENT), "only the core can know"),
            (NoCheckout("declined"), "outcome is str"),  # type: ignore[arg-type]
        ],
    )
    def test_PLG_06_with_a_fault_is_refused(self, checkout: Any, problem: str) -> None:
        with pytest.raises(ValueError, match=problem):
            believe_checkout(checkout)
