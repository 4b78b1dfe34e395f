"""Plugins as they are found: the good ones are used, a faulty one is named and harms no other."""

from __future__ import annotations

import importlib.metadata
import re
import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any
from zlib import crc32

import pytest

from payport.errors import PluginRefused
from payport.gateways import registry as registry_module
from payport.gateways.registry import Refused, Registry, discover
from payport.plugin import (
    Choice,
    ContractId,
    ContractNeed,
    GatewaySettings,
    Limits,
    Names,
    Redirect,
    hookimpl,
    vnd,
)
from payport.testing import offered, sample_info, sample_library, sample_plugin


def found(*plugins: ModuleType) -> Registry:
    """These plugins, and a good one beside them."""
    return discover(
        contracts=sample_library(), entry_points=[*offered(*plugins), *offered(sample_plugin("good"))]
    )


def refusal(plugin: ModuleType) -> Refused:
    """Why the plugin is refused. The good one is used all the same."""
    registry = found(plugin)
    assert set(registry.gateways) == {"good"}
    (entry,) = registry.refused
    assert (entry.name, entry.distribution, entry.version) == (plugin.__name__, "payport-sample", "1.0")
    return entry


class TestAGoodPlugin:
    def test_is_used_under_its_id(self) -> None:
        gateway = found(sample_plugin()).gateways["sample"]

        assert gateway.id == "sample"
        assert (gateway.distribution, gateway.version, gateway.notes) == ("payport-sample", "1.0", ())
        assert set(gateway.contracts) == {"sample-ipn", "sample-request"}

    def test_has_the_capabilities_of_its_hooks(self) -> None:
        plugin = sample_plugin(without=["query"], describe=lambda: replace(sample_info(), ask_after=()))

        assert found(plugin).gateways["sample"].capabilities == {
            "describe",
            "initiate",
            "verify_signature",
            "parse_callback",
        }

    def test_may_take_fewer_arguments_than_there_are(self) -> None:
        def initiate(payment: Any) -> Any:
            yield from ()
            return Redirect("https://pay.sample.example")

        assert "sample" in found(sample_plugin(initiate=initiate)).gateways

    def test_may_be_an_object(self) -> None:
        class Gateway:
            __name__ = "sample"

            @hookimpl
            def describe(self) -> Any:
                return replace(sample_info(), contracts=(), ask_after=())

            @hookimpl
            def initiate(self, payment: Any) -> Any:
                yield from ()

        registry = found(Gateway())  # type: ignore[arg-type]

        assert "sample" in registry.gateways

    def test_that_is_not_there_is_named(self) -> None:
        with pytest.raises(PluginRefused, match="plugin nosuch: not installed"):
            found().get("nosuch")

    def test_that_is_refused_is_named_with_the_reason(self) -> None:
        with pytest.raises(PluginRefused, match="describe is missing"):
            found(sample_plugin(without=["describe"])).get("sample")


class TestPLG03TheSameIdTwice:
    def test_PLG_03_neither_of_two_distributions_is_used_and_both_are_named(self) -> None:
        points = [
            *offered(sample_plugin(), distribution="payport-one", version="1.0"),
            *offered(sample_plugin(), distribution="payport-two", version="2.1"),
            *offered(sample_plugin("good")),
        ]

        registry = discover(contracts=sample_library(), entry_points=points)

        assert set(registry.gateways) == {"good"}
        assert [entry.distribution for entry in registry.refused] == ["payport-one", "payport-two"]
        assert all("payport-one 1.0 and payport-two 2.1" in entry.reason for entry in registry.refused)

    def test_PLG_03_neither_of_them_is_imported(self) -> None:
        points = [importlib.metadata.EntryPoint("sample", "nosuch_module", "payport.gateways")] * 2

        registry = discover(contracts=sample_library(), entry_points=points)

        assert all("offered by" in entry.reason for entry in registry.refused)

    def test_PLG_03_one_distribution_in_two_places_is_seen_twice(
        self, install: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        install("payport-twice", "twice", GOOD, folder="one")
        install("payport-twice", "twice", GOOD, folder="two")

        registry = discover(contracts=sample_library())

        assert "twice" not in registry.gateways
        assert [entry.name for entry in registry.refused if entry.name == "twice"] == ["twice", "twice"]

    def test_PLG_03_a_plugin_that_pushes_itself_first_answers_for_no_other(self) -> None:
        @hookimpl(tryfirst=True)
        def describe() -> Any:
            return replace(sample_info("pushy"), names=Names("của tôi", "mine"))

        registry = found(sample_plugin("pushy", describe=describe))

        assert registry.gateways["good"].info.names.en == "Sample wallet"
        assert registry.gateways["pushy"].info.names.en == "mine"

    def test_PLG_03_a_plugin_that_calls_itself_as_another_is_refused_alone(self) -> None:
        plugin = sample_plugin("thief", describe=lambda: sample_info("good"))

        assert "id is not thief" in refusal(plugin).reason

    def test_PLG_03_a_wrapper_is_refused(self) -> None:
        @hookimpl(wrapper=True)
        def parse_callback(verified: Any) -> Any:
            return (yield)

        assert "parse_callback is a wrapper" in refusal(sample_plugin(parse_callback=parse_callback)).reason


class TestPLG04AnotherVersionOfTheHookSpec:
    def test_PLG_04_a_hook_of_a_newer_payport_is_refused_with_the_reason(self) -> None:
        entry = refusal(sample_plugin(settle=lambda payment: None))

        assert entry.reason == "settle is no hook of this payport"
        assert "parse_callback, query, query_refund, refund, verify_signature" in entry.remedy

    def test_PLG_04_an_argument_of_a_newer_payport_is_refused_with_the_reason(self) -> None:
        def initiate(payment: Any, context: Any, instalments: Any) -> Any:
            yield from ()

        entry = refusal(sample_plugin(initiate=initiate))

        assert "initiate takes an argument instalments" in entry.reason
        assert "payment, context" in entry.remedy

    def test_PLG_04_a_newer_hook_that_is_marked_optional_is_no_fault(self) -> None:
        @hookimpl(optionalhook=True)
        def settle(payment: Any) -> None: ...

        assert "settle" not in found(sample_plugin(settle=settle)).gateways["sample"].capabilities

    def test_PLG_04_an_argument_with_a_default_is_left_at_it(self) -> None:
        def verify_signature(callback: Any, mode: str = "old") -> ContractId:
            return ContractId("sample-ipn")

        assert "sample" in found(sample_plugin(verify_signature=verify_signature)).gateways


class TestPLG05WrongShapes:
    @pytest.mark.parametrize("hook", ["describe", "initiate"])
    def test_PLG_05_a_required_hook_that_is_missing(self, hook: str) -> None:
        assert f"{hook} is missing" in refusal(sample_plugin(without=[hook])).reason

    def test_PLG_05_a_generator_where_a_value_is_due(self) -> None:
        def describe() -> Any:
            yield sample_info()

        assert "describe is a generator" in refusal(sample_plugin(describe=describe)).reason

    @pytest.mark.parametrize("hook", ["initiate", "query"])
    def test_PLG_05_a_value_where_a_generator_is_due(self, hook: str) -> None:
        entry = refusal(sample_plugin(**{hook: lambda payment: Redirect("https://x.example")}))

        assert entry.reason == f"{hook} is no generator"
        assert "yield from ()" in entry.remedy

    def test_PLG_05_a_coroutine(self) -> None:
        async def query(payment: Any) -> None: ...

        assert "query is async" in refusal(sample_plugin(query=query)).reason

    def test_PLG_05_parse_callback_without_verify_signature(self) -> None:
        plugin = sample_plugin(without=["verify_signature"])

        assert "parse_callback without verify_signature" in refusal(plugin).reason

    def test_PLG_05_a_proof_that_nobody_reads(self) -> None:
        plugin = sample_plugin(without=["parse_callback"])

        assert "nothing reads what sample-ipn proves" in refusal(plugin).reason

    def test_PLG_05_a_module_without_any_hook(self) -> None:
        assert "describe is missing" in refusal(ModuleType("empty")).reason

    def test_PLG_05_one_hook_under_two_names(self) -> None:
        @hookimpl(specname="query")
        def ask(payment: Any) -> Any:
            yield from ()

        assert "query is there twice" in refusal(sample_plugin(ask=ask)).reason


class TestPLG06WhatDescribeGives:
    @pytest.mark.parametrize("value", [None, {"id": "sample"}, "sample", 7], ids=repr)
    def test_PLG_06_another_type_is_refused(self, value: object) -> None:
        assert "describe() gave" in refusal(sample_plugin(describe=lambda: value)).reason

    @pytest.mark.parametrize(
        ("field", "value", "reason"),
        [
            ("id", "Sample!", "id is not made of"),
            ("id", 7, "id is not made of"),
            ("names", "Sample", "names is str"),
            ("names", Names("", "x"), "names.vi"),
            ("explanation", Names("một\ndòng", "x"), "explanation.vi holds"),
            ("method", "Wallet", "method is not made of"),
            ("limits", (), "limits is no tuple"),
            ("limits", ((1, 2),), "limits holds"),
            ("limits", (Limits(vnd(0), vnd(5)),), "least is below 1"),
            ("limits", (Limits(vnd(6), vnd(5)),), "above most"),
            ("limits", (Limits(vnd(1), vnd(5)), Limits(vnd(1), vnd(5))), "currency twice"),
            ("window", timedelta(0), "window is no timedelta above zero"),
            ("window", timedelta(seconds=-1), "window is no timedelta above zero"),
            ("window", 900, "window is no timedelta above zero"),
            ("ask_gap", timedelta(0), "ask_gap is no timedelta above zero"),
            ("ask_after", [timedelta(1)], "ask_after is no tuple"),
            ("ask_after", (timedelta(2), timedelta(1)), "ask_after does not rise"),
            ("ask_after", (timedelta(minutes=15),), "ask_after ends while a buyer can still pay"),
            ("answers", None, "answers is no Answers"),
            ("choices", (Choice("VCB", Names("a", "b")),) * 2, "a code is there twice"),
            ("choices", (Choice("V B", Names("a", "b")),), "a code is not"),
            ("choices", ("VCB",), "choices is no tuple of Choice"),
            ("settings", dict, "no subclass of GatewaySettings"),
            ("settings", GatewaySettings, "does not say its merchant_account"),
            ("contracts", (ContractNeed(ContractId("nosuch"), 1),), "contract nosuch 1: no installed"),
            (
                "contracts",
                (ContractNeed(ContractId("sample-ipn"), 2),),
                "contract sample-ipn 2: no installed",
            ),
            ("contracts", (ContractNeed(ContractId("sample-ipn"), 1),) * 2, "sample-ipn@1 twice"),
            ("contracts", [], "contracts is no tuple"),
            ("partial_refund", 1, "partial_refund is no bool"),
            ("published_samples", frozenset({"secret"}), "published_samples is no frozenset"),
        ],
    )
    def test_PLG_06_a_wrong_field_is_named(self, field: str, value: object, reason: str) -> None:
        changes: dict[str, Any] = {field: value}
        plugin = sample_plugin(describe=lambda: replace(sample_info(), **changes))

        assert reason in refusal(plugin).reason

    @pytest.mark.parametrize(
        "changes",
        [{"status": 99}, {"body": "text"}, {"content_type": "a\r\nb"}, {"content_type": "é"}],
        ids=repr,
    )
    def test_PLG_06_a_reply_that_cannot_be_sent_is_named(self, changes: dict[str, Any]) -> None:
        answers = sample_info().answers
        wrong = replace(answers, to_review=replace(answers.to_review, **changes))
        plugin = sample_plugin(describe=lambda: replace(sample_info(), answers=wrong))

        assert "answers.to_review" in refusal(plugin).reason

    def test_PLG_06_asking_without_the_hook_query_is_refused(self) -> None:
        assert "ask_after without the hook query" in refusal(sample_plugin(without=["query"])).reason


class TestPLG01DescribeThatFails:
    @pytest.mark.parametrize(
        "error", [ValueError, SystemExit, KeyboardInterrupt, GeneratorExit, RecursionError, MemoryError]
    )
    def test_PLG_01_whatever_it_raises(self, error: type[BaseException]) -> None:
        def describe() -> Any:
            raise error("s3cret")

        reason = refusal(sample_plugin(describe=describe)).reason

        assert error.__name__ in reason
        assert "test_discovery.py" in reason
        assert "s3cret" not in reason

    def test_PLG_01_being_an_object_that_cannot_be_looked_at(self) -> None:
        class Evil(ModuleType):
            def __dir__(self) -> Any:
                raise RuntimeError("s3cret")

        reason = refusal(Evil("evil")).reason

        assert "cannot be examined: RuntimeError at test_discovery.py" in reason

    def test_PLG_02_never_coming_back(self, monkeypatch: pytest.MonkeyPatch) -> None:
        over = threading.Event()
        monkeypatch.setattr(registry_module, "_SECONDS", 0.1)

        reason = refusal(sample_plugin(describe=lambda: over.wait(20))).reason

        over.set()
        assert "not back within 0.1 s" in reason


GOOD = """
from dataclasses import replace
from payport.plugin import *
from payport.testing import sample_info
@hookimpl
def describe(): return replace(sample_info(__name__), contracts=(), ask_after=())
@hookimpl
def initiate(payment):
    yield from ()
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Puts a distribution with one gateway on the path, as an installer would."""

    def make(distribution: str, name: str, source: str, *, folder: str = "site") -> Path:
        site = tmp_path / folder
        metadata = site / f"{distribution.replace('-', '_')}-1.0.dist-info"
        metadata.mkdir(parents=True)
        (site / f"{name}.py").write_text(source)
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
        (metadata / "entry_points.txt").write_text(f"[payport.gateways]\n{name} = {name}\n")
        monkeypatch.syspath_prepend(str(site))
        return site

    return make


class TestPLG07ImportTrouble:
    """Installed distributions, and imports that are really done."""

    def test_PLG_07_an_installed_plugin_is_found(self, install: Callable[..., Path]) -> None:
        install("payport-fine", "fine_one", GOOD)

        gateway = discover(contracts=sample_library()).get("fine_one")

        assert (gateway.distribution, gateway.version) == ("payport-fine", "1.0")

    @pytest.mark.parametrize(
        ("name", "line", "reason"),
        [
            ("raises", "raise RuntimeError('s3cret')", "its import raised RuntimeError at raises.py:1"),
            ("exits", "raise SystemExit(0)", "raised SystemExit at exits.py:1"),
            ("interrupts", "raise KeyboardInterrupt", "raised KeyboardInterrupt at interrupts.py:1"),
            ("wants", "import nosuch_module", "its import raised ModuleNotFoundError"),
            ("broken", "def (", "its import raised SyntaxError"),
        ],
    )
    def test_PLG_07_one_whose_import_fails_is_refused_and_the_others_start(
        self, name: str, line: str, reason: str, install: Callable[..., Path]
    ) -> None:
        install("payport-broken", name, line)
        install("payport-fine", "fine_two", GOOD, folder="other")

        registry = discover(contracts=sample_library())

        assert "fine_two" in registry.gateways
        (entry,) = [entry for entry in registry.refused if entry.name == name]
        assert reason in entry.reason
        assert "s3cret" not in entry.reason

    def test_PLG_07_one_that_prints_is_used_and_reported(
        self, install: Callable[..., Path], capsys: pytest.CaptureFixture[str]
    ) -> None:
        install("payport-noisy", "noisy", f"print('hello')\n{GOOD}")

        gateway = discover(contracts=sample_library()).get("noisy")

        assert gateway.notes == ("its import prints",)
        assert capsys.readouterr().out == ""

    @pytest.mark.parametrize(
        ("line", "calls"),
        [
            ("socket.create_connection(('127.0.0.1', 9), 1)", "getaddrinfo, connect"),
            ("with socket.socket() as it: it.connect_ex(('127.0.0.1', 9))", "connect_ex"),
            ("with socket.socket(type=socket.SOCK_DGRAM) as it: it.sendto(b'x', ('127.0.0.1', 9))", "sendto"),
            ("urllib.request.urlopen('http://127.0.0.1:9/')", "getaddrinfo, connect"),
            ("socket.getaddrinfo('localhost', 80)", "getaddrinfo"),
        ],
    )
    def test_PLG_07_one_that_reads_the_network_is_used_and_reported(
        self, line: str, calls: str, install: Callable[..., Path]
    ) -> None:
        own = dict(vars(socket.socket)), socket.getaddrinfo
        name = f"online_{crc32(line.encode())}"  # a module of its own: one is imported once
        start = f"import contextlib, socket, urllib.request\nwith contextlib.suppress(OSError):\n    {line}\n"
        install("payport-online", name, start + GOOD)

        gateway = discover(contracts=sample_library()).get(name)

        assert gateway.notes == (f"its import reaches for the network ({calls})",)
        assert (dict(vars(socket.socket)), socket.getaddrinfo) == own, "nothing is left in anybody's way"

    def test_PLG_07_what_others_do_meanwhile_is_not_held_against_it(
        self, install: Callable[..., Path]
    ) -> None:
        install("payport-calm", "calm_one", f"import time\ntime.sleep(0.3)\n{GOOD}")
        over = threading.Event()

        def ask() -> None:
            while not over.is_set():
                socket.getaddrinfo("localhost", 80)

        host = threading.Thread(target=ask)
        host.start()
        gateway = discover(contracts=sample_library()).get("calm_one")
        over.set()
        host.join()

        assert not any("network" in note for note in gateway.notes)

    def test_PLG_07_one_that_is_slow_is_used_and_reported(
        self, install: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(registry_module, "_SLOW", 0.0)
        install("payport-slow", "slow_one", GOOD)

        (note,) = discover(contracts=sample_library()).get("slow_one").notes

        assert re.fullmatch(r"its import took \d+\.\d s", note)

    def test_PLG_07_one_whose_import_never_ends_is_refused(
        self, install: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(registry_module, "_SECONDS", 0.2)
        install("payport-stuck", "stuck", "import threading; threading.Event().wait(3)")

        (entry,) = [entry for entry in discover(contracts=sample_library()).refused if entry.name == "stuck"]

        assert "not back within 0.2 s" in entry.reason


def test_every_entry_point_is_found_that_the_standard_library_finds() -> None:
    from payport.gateways.installed import installed

    known = importlib.metadata.entry_points(group="payport.gateways")

    assert {point.name for point in installed("payport.gateways")} == {point.name for point in known}
