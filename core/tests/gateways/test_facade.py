"""Calls of one gateway: typed, timed, and with every fault of the plugin contained and named."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from payport.errors import Defect, Incomplete, RequestRefused
from payport.gateways import facade
from payport.gateways.facade import Gateway
from payport.gateways.registry import discover
from payport.plugin import ContractId, Outcome, Verified, vnd
from payport.testing import (
    SAMPLE_SECRET,
    a_callback,
    a_context,
    a_payment,
    offered,
    sample_library,
    sample_plugin,
)

VERIFIED = Verified("sample-ipn 1.0.0", "2026-11", {"status": "00"})


def gateway(**hooks: Any) -> Gateway:
    plugin = sample_plugin(**hooks)
    return discover(contracts=sample_library(), entry_points=offered(plugin)).get("sample")


class TestAGatewayThatWorks:
    def test_names_the_contract_of_a_door(self) -> None:
        assert gateway().contract_for(a_callback()).id == "sample-ipn"

    def test_reports_what_was_signed(self) -> None:
        fields = {
            "merchant": "SAMPLE01",
            "order_ref": "PP23456789AB",
            "amount": "150000",
            "status": "00",
            "txn": "9001",
            "paid_at": "20261125100000",
        }

        report = gateway().parse(Verified("sample-ipn 1.0.0", "2026-11", fields))

        assert (report.outcome, report.amount) == (Outcome.DONE, vnd(150_000))

    def test_says_which_field_has_not_the_sheets_form(self) -> None:
        with pytest.raises(Incomplete, match="merchant: not among the signed fields"):
            gateway().parse(VERIFIED)

    def test_is_not_asked_for_what_it_has_not(self) -> None:
        with pytest.raises(RequestRefused, match=r"sample\.refund: this gateway has no such hook"):
            gateway()._call("refund")


class TestPLG01AHookThatRaises:
    errors = (ValueError, KeyError, SystemExit, KeyboardInterrupt, GeneratorExit, StopIteration, MemoryError)

    @pytest.mark.parametrize("error", errors)
    def test_PLG_01_in_verify_signature_is_contained_and_named(self, error: type[BaseException]) -> None:
        def verify_signature() -> Any:
            raise error(SAMPLE_SECRET)

        with pytest.raises(Defect) as caught:
            gateway(verify_signature=verify_signature).contract_for(a_callback())

        _names_the_fault(caught.value, "sample.verify_signature", error)

    @pytest.mark.parametrize("error", errors)
    def test_PLG_01_in_parse_callback_is_contained_and_named(self, error: type[BaseException]) -> None:
        def parse_callback(verified: Verified) -> Any:
            raise error(SAMPLE_SECRET)

        with pytest.raises(Defect) as caught:
            gateway(parse_callback=parse_callback).parse(VERIFIED)

        _names_the_fault(caught.value, "sample.parse_callback", error)


def _names_the_fault(error: Defect, field: str, kind: type[BaseException]) -> None:
    assert error.field == field
    assert kind.__name__ in error.problem
    assert "test_facade.py" in error.problem
    assert "payport-sample 1.0" in error.remedy
    assert SAMPLE_SECRET not in str(error)
    assert error.__cause__ is None
    assert error.__suppress_context__


class TestPLG02AHookThatHangs:
    def test_PLG_02_is_cut_named_and_at_last_not_called_any_more(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        over, calls = threading.Event(), []
        monkeypatch.setattr(facade, "_SECONDS", 0.02)

        def parse_callback(verified: Verified) -> Any:
            calls.append(1)
            over.wait(20)

        hanging = gateway(parse_callback=parse_callback)

        for _ in range(8):
            with pytest.raises(Defect, match=r"sample\.parse_callback: not back within 0\.02 s"):
                hanging.parse(VERIFIED)
        with pytest.raises(Defect, match="8 calls never returned"):
            hanging.parse(VERIFIED)
        assert (len(calls), hanging.guard.abandoned) == (8, 8)

        over.set()
        for call in list(hanging.guard._late):
            call.ends_within(5)
        assert hanging.guard.abandoned == 0

    def test_PLG_02_leaves_daemons_only(self, monkeypatch: pytest.MonkeyPatch) -> None:
        over = threading.Event()
        monkeypatch.setattr(facade, "_SECONDS", 0.02)
        hanging = gateway(verify_signature=lambda: over.wait(20))

        with pytest.raises(Defect):
            hanging.contract_for(a_callback())

        assert all(thread.daemon for thread in threading.enumerate() if thread.name == "payport gateway")
        over.set()


class TestPLG06AHookThatGivesSomethingElse:
    @pytest.mark.parametrize("value", [None, "", "nosuch", 7, b"sample-ipn", ["sample-ipn"]], ids=repr)
    def test_PLG_06_no_contract_that_describe_lists(self, value: object) -> None:
        with pytest.raises(Defect, match="named no contract that describe"):
            gateway(verify_signature=lambda: value).contract_for(a_callback())

    def test_PLG_06_a_contract_that_is_for_no_callback(self) -> None:
        with pytest.raises(Defect, match="sample-request, which is for no callback"):
            gateway(verify_signature=lambda: ContractId("sample-request")).contract_for(a_callback())

    @pytest.mark.parametrize("value", [None, True, {"outcome": "done"}], ids=repr)
    def test_PLG_06_no_report(self, value: object) -> None:
        with pytest.raises(Defect, match="where a PaymentReport is due"):
            gateway(parse_callback=lambda verified: value).parse(VERIFIED)

    def test_PLG_06_no_flow(self) -> None:
        def initiate(payment: Any) -> Any:
            yield from ()

        sample = gateway(initiate=initiate)
        sample.hooks.initiate.get_hookimpls()[0].function = lambda payment: [payment]

        with pytest.raises(Defect, match="gave no generator"):
            sample.initiate(a_payment(), a_context())
