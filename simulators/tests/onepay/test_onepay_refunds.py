"""Refunds: what is asked, what is done, and what the portal does with one that waits (sheet 9, 11)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from payport_simulators.onepay import (
    REFUND_PATH,
    Faults,
    Payment,
    Product,
    RefundFault,
    RefundState,
    Simulator,
)


@pytest.fixture
def paid(simulator: Simulator, opened: Payment) -> Payment:
    return simulator.settle(opened.token)


@pytest.fixture
def refund(gateway: httpx.Client, signer: Any, fields: Any) -> Any:
    """Ask over HTTP; gives the answer's fields, whose hash fits."""

    def post(**changes: str | None) -> dict[str, str]:
        answer = gateway.post(REFUND_PATH, content=signer.refund(**changes))
        assert answer.status_code == 200
        assert signer.is_right(answer.text)
        return fields(answer.text)

    return post


def code(answer: dict[str, str]) -> str:
    return answer["vpc_TxnResponseCode"]


class TestARefundOfAPaidPayment:
    def test_is_carried_out_and_answered_with_all_it_said(
        self, simulator: Simulator, paid: Payment, refund: Any
    ) -> None:
        answer = refund()

        assert (
            answer.items()
            >= {
                "vpc_Command": "refund",
                "vpc_Version": "2",
                "vpc_Merchant": "TESTUN01",
                "vpc_MerchTxnRef": "R-1001-1",
                "vpc_OrgMerchTxnRef": "P-1001-1",
                "vpc_Amount": "5000000",
                "vpc_Operator": "back-office 3",
                "vpc_TxnResponseCode": "0",
                "vpc_Message": "Refund approved",
            }.items()
        )
        assert answer["vpc_TransactionNo"].startswith("REF-")
        assert [(r.reference, r.amount, r.state) for r in simulator.refunds] == [
            ("R-1001-1", 5_000_000, RefundState.DONE)
        ]

    def test_asked_again_word_for_word_is_answered_again_and_done_once(
        self, simulator: Simulator, paid: Payment, refund: Any
    ) -> None:
        assert refund() == refund()
        assert len(simulator.refunds) == 1

    def test_asked_again_at_the_same_time_is_done_once(
        self, simulator: Simulator, paid: Payment, signer: Any
    ) -> None:
        with ThreadPoolExecutor(8) as pool:
            answers = list(
                pool.map(lambda _: simulator.answer_refund(signer.refund().encode()).body, range(8))
            )

        assert len(set(answers)) == len(simulator.refunds) == 1

    @pytest.mark.parametrize("changes", [{"vpc_Amount": "4900000"}, {"vpc_Operator": "another"}])
    def test_under_a_reference_that_was_used_is_refused(
        self, simulator: Simulator, paid: Payment, refund: Any, changes: Any
    ) -> None:
        refund()

        assert code(refund(**changes)) == "7"
        assert len(simulator.refunds) == 1

    def test_under_the_payments_own_reference_is_refused(self, paid: Payment, refund: Any) -> None:
        assert code(refund(vpc_MerchTxnRef="P-1001-1")) == "7"

    def test_may_be_made_in_parts_up_to_what_was_paid(
        self, simulator: Simulator, paid: Payment, refund: Any
    ) -> None:
        codes = [code(refund(vpc_MerchTxnRef=f"R-{n}")) for n in range(4)]

        assert codes == ["0", "0", "0", "5"]
        assert simulator.payment("P-1001-1").refundable == 0

    def test_of_more_than_was_paid_is_refused(self, simulator: Simulator, paid: Payment, refund: Any) -> None:
        assert code(refund(vpc_Amount="15000100")) == "5"
        assert simulator.refunds == ()

    @pytest.mark.parametrize(
        "changes",
        [
            {"vpc_Command": "pay"},
            {"vpc_Version": "1"},
            {"vpc_MerchTxnRef": None},
            {"vpc_OrgMerchTxnRef": None},
            {"vpc_Amount": "0"},
            {"vpc_Amount": "150"},
            {"vpc_Amount": "-5000000"},
            {"vpc_Operator": None},
        ],
    )
    def test_that_is_not_well_formed_is_refused_and_that_is_signed(
        self, simulator: Simulator, paid: Payment, refund: Any, changes: Any
    ) -> None:
        assert code(refund(**changes)) == "7"
        assert simulator.refunds == ()


class TestARefundOfNothingPaid:
    @pytest.mark.parametrize("ended", [None, "1", "99", "300"])
    def test_is_refused(self, simulator: Simulator, opened: Payment, refund: Any, ended: str | None) -> None:
        if ended:
            simulator.settle(opened.token, ended)

        assert code(refund()) == "7"

    def test_of_an_unknown_payment_is_refused(self, refund: Any) -> None:
        assert code(refund(vpc_OrgMerchTxnRef="P-9")) == "7"


class TestWhoIsNotTheMerchant:
    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"vpc_Merchant": "NOSUCH01"}, "7"),
            ({"vpc_Merchant": "TESTND01", "vpc_AccessCode": "D0ND0001"}, "7"),  # not of the unified page
            ({"vpc_AccessCode": "D0UN0009"}, "7"),
            ({"vpc_Merchant": "NOREFUND", "vpc_AccessCode": "D0UN0002"}, "255"),
        ],
    )
    def test_hears_two_fields_and_no_hash(
        self, simulator: Simulator, paid: Payment, signer: Any, fields: Any, changes: Any, expected: str
    ) -> None:
        answer = simulator.answer_refund(signer.refund(**changes).encode())

        assert fields(answer.body).keys() == {"vpc_TxnResponseCode", "vpc_Message"}
        assert code(fields(answer.body)) == expected
        assert simulator.refunds == ()

    @pytest.mark.parametrize(
        "spoil", [lambda body: body.rpartition("&")[0], lambda body: body.replace("5000000", "9000000")]
    )
    def test_hears_a_255_for_the_hash(
        self, simulator: Simulator, paid: Payment, signer: Any, fields: Any, spoil: Any
    ) -> None:
        answer = simulator.answer_refund(spoil(signer.refund()).encode())

        assert code(fields(answer.body)) == "255"
        assert simulator.refunds == ()


class TestARefundThatWaits:
    @pytest.fixture
    def waiting(self, simulator: Simulator, paid: Payment, refund: Any) -> dict[str, str]:
        simulator.set_faults(Faults(refund=RefundFault.WAITS), merchant="TESTUN01")
        return refund()

    def test_is_answered_with_300_and_holds_its_amount(
        self, simulator: Simulator, waiting: dict[str, str]
    ) -> None:
        assert (code(waiting), waiting["vpc_Message"]) == ("300", "Pending")
        assert simulator.payment("P-1001-1").refundable == 10_000_000

    def test_is_done_once_it_is_approved(
        self, simulator: Simulator, waiting: dict[str, str], refund: Any
    ) -> None:
        approved = simulator.approve_refund("R-1001-1")

        assert approved.state is RefundState.DONE
        assert code(refund()) == "0"

    def test_gives_its_amount_back_once_it_is_rejected(
        self, simulator: Simulator, waiting: dict[str, str], refund: Any
    ) -> None:
        simulator.reject_refund("R-1001-1")

        assert code(refund()) == "1"
        assert simulator.payment("P-1001-1").refundable == 15_000_000

    def test_is_decided_once(self, simulator: Simulator, waiting: dict[str, str]) -> None:
        simulator.approve_refund("R-1001-1")

        with pytest.raises(ValueError, match="R-1001-1 is done"):
            simulator.reject_refund("R-1001-1")

    @pytest.mark.parametrize(
        ("action", "words", "state"),
        [("approve", "Đã hoàn", RefundState.DONE), ("reject", "Bị từ chối", RefundState.REJECTED)],
    )
    def test_is_decided_in_the_portal(
        self,
        simulator: Simulator,
        waiting: dict[str, str],
        gateway: httpx.Client,
        action: str,
        words: str,
        state: RefundState,
    ) -> None:
        assert f'value="{action}:R-1001-1"' in gateway.get("/portal/refunds").text

        answer = gateway.post("/portal/refunds", data={"action": f"{action}:R-1001-1"})

        text = gateway.get(answer.headers["location"]).text
        assert words in text
        assert "action" not in text.partition("<dl")[2]  # no button is left
        assert simulator.refunds[0].state is state

    def test_is_shown_in_english_too(self, waiting: dict[str, str], gateway: httpx.Client) -> None:
        assert "Waiting for approval" in gateway.get("/portal/refunds?locale=en").text

    @pytest.mark.parametrize("action", ["approve:R-9", "sell:R-1001-1", ""])
    def test_is_not_decided_by_another_press(
        self, simulator: Simulator, waiting: dict[str, str], gateway: httpx.Client, action: str
    ) -> None:
        assert gateway.post("/portal/refunds", data={"action": action}).status_code == 404
        assert simulator.refunds[0].state is RefundState.WAITING


def test_a_portal_without_refunds_says_so(gateway: httpx.Client) -> None:
    assert "Chưa có yêu cầu hoàn tiền nào." in gateway.get("/portal/refunds").text


def test_an_old_page_has_no_refunds(gateway: httpx.Client, signer: Any, arrive: Any) -> None:
    arrive(Product.DOMESTIC)

    assert gateway.post("/onecomm-pay/refund.op", content=signer.refund()).status_code == 404
