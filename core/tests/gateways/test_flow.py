"""Flows over real loopback sockets: what leaves, what may come back, and which outcome it is."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import re
import socket
import ssl
import threading
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest

from payport.errors import ConfigurationError
from payport.gateways.accounts import GatewayAccount
from payport.gateways.exchange import FlowLimits, new_async_client, new_client
from payport.gateways.flow import adrive
from payport.gateways.observers import GatewayCalled, Observer, Observers
from payport.plugin import (
    Flow,
    NoCheckout,
    Outcome,
    PaymentReport,
    Redirect,
    Request,
    get,
    post,
)
from payport.testing import SAMPLE_SECRET, a_context, a_payment, an_account, sample_plugin


def account_at(server: Any, plugin: ModuleType | None = None) -> GatewayAccount:
    return an_account(plugin, settings={"endpoint": server.url})


def initiated(account: GatewayAccount) -> Flow[Any]:
    return account.ready.initiate(a_payment(), a_context(account=account))


def queried(account: GatewayAccount) -> Flow[PaymentReport]:
    return account.ready.query(a_payment(), a_context(account=account))


def asking(*requests: Any) -> ModuleType:
    """A gateway that yields these, whatever is answered, and then is done."""

    def initiate() -> Any:
        yield from requests
        return Redirect("https://pay.sample.example/p/1")

    return sample_plugin(initiate=initiate)


class TestAFlowThatIsAnswered:
    def test_ends_with_its_value_and_what_the_value_says(self, server: Any, run: Any) -> None:
        account = account_at(server)

        called = run(initiated(account), account)

        assert called.value == Redirect("https://pay.sample.example/p/9001", checkout_reference="9001")
        assert (called.outcome, called.problem) == (Outcome.DONE, "")
        assert json.loads(server.requests[0].partition(b"\r\n\r\n")[2])["order_ref"] == "PP23456789AB"

    def test_takes_the_outcome_of_a_checkout_that_is_none(self, server: Any, run: Any) -> None:
        account = account_at(server)
        server.talk = server.answering({"code": "24"})

        called = run(initiated(account), account)

        assert called.value == NoCheckout(Outcome.DECLINED, gateway_code="24")
        assert (called.outcome, called.gateway_code) == (Outcome.DECLINED, "24")

    def test_takes_the_outcome_of_a_report(self, server: Any, run: Any) -> None:
        account = account_at(server)
        server.talk = server.answering({"code": "00", "txn": "77"})

        called = run(queried(account), account, kind="query")

        assert called.outcome is Outcome.DONE
        assert called.value is not None
        assert called.value.gateway_reference == "77"

    def test_is_sent_over_tls_to_a_host_whose_certificate_fits(
        self, certificates: Any, serve: Any, run: Any
    ) -> None:
        server = serve(certificates.serving("localhost"))
        account = account_at(server)

        called = run(initiated(account), account, tls=certificates.trusting)

        assert called.outcome is Outcome.DONE


class TestAnAnswerThatMakesNoSense:
    """Each is unknown: neither a yes nor a no."""

    @pytest.mark.parametrize(
        "body", [b"", b"{}", b'{"code":0}', b"<html>", b"\xff\xfe", b'{"code":"00","code":"24"}']
    )
    def test_is_unknown(self, body: bytes, server: Any, run: Any) -> None:
        account = account_at(server)
        server.talk = server.saying(server.http(body))

        called = run(initiated(account), account)

        assert (called.value, called.outcome) == (None, Outcome.UNKNOWN)

    @pytest.mark.parametrize("status", ["400 Bad", "404 No", "429 Slow", "500 Oh", "503 Busy"])
    def test_with_an_error_status_is_unknown(self, status: str, server: Any, run: Any) -> None:
        account = account_at(server)
        server.talk = server.saying(server.http(b'{"code":"00"}', status=status))

        assert run(initiated(account), account).outcome is Outcome.UNKNOWN

    @pytest.mark.parametrize(
        "pieces",
        [
            [b""],
            [b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", b'{"code":"00"'],
            [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"5\r\n{", b""],
            [b"not http at all\r\n\r\n"],
            [b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"],
        ],
        ids=["nothing", "half a body", "half a chunk", "no http", "two lengths"],
    )
    def test_that_breaks_off_is_unknown(self, pieces: list[bytes], server: Any, run: Any) -> None:
        account = account_at(server, asking(post(server.url, "/orders", json={})))
        server.talk = server.saying(*pieces)

        called = run(initiated(account), account)

        assert called.outcome is Outcome.UNKNOWN
        assert "problem" in called.transcript[0]


class TestNotSent:
    """Only where no connection came about, in the whole call."""

    def test_is_proven_when_nobody_listens(self, run: Any) -> None:
        account = an_account(settings={"endpoint": f"http://127.0.0.1:{free_port()}"})

        called = run(initiated(account), account)

        assert called.outcome is Outcome.NOT_SENT
        assert len(called.transcript) == 3  # repeatable: three attempts, and none of them left

    def test_is_not_proven_once_an_earlier_attempt_may_have_left(self, server: Any, run: Any) -> None:
        account = account_at(server)

        def cut_and_stop_listening(connection: socket.socket, request: bytes) -> None:
            server.stop_listening()

        server.talk = cut_and_stop_listening
        called = run(initiated(account), account)

        assert [entry["problem"] for entry in called.transcript][1:] == ["ConnectError", "ConnectError"]
        assert called.outcome is Outcome.UNKNOWN

    def test_is_not_proven_once_an_earlier_request_of_the_call_was_answered(
        self, server: Any, run: Any
    ) -> None:
        account = account_at(server, asking(post(server.url, "/1", json={}), post(server.url, "/2", json={})))

        def answer_and_stop_listening(connection: socket.socket, request: bytes) -> None:
            server.stop_listening()
            server.answering({})(connection, request)

        server.talk = answer_and_stop_listening

        assert run(initiated(account), account).outcome is Outcome.UNKNOWN

    def test_is_nothing_that_a_plugin_can_raise(self, run: Any) -> None:
        import httpx

        def initiate() -> Any:
            yield from ()
            raise httpx.ConnectError("no")

        account = an_account(sample_plugin(initiate=initiate))

        assert run(initiated(account), account).outcome is Outcome.UNKNOWN


class TestRepeating:
    def test_is_done_only_where_the_request_says_so(self, server: Any, run: Any) -> None:
        account = account_at(server, asking(post(server.url, "/orders", json={}, repeatable=False)))
        server.talk = server.saying(b"")

        called = run(initiated(account), account)

        assert (called.outcome, len(server.requests), run.pauses) == (Outcome.UNKNOWN, 1, [])

    def test_waits_longer_each_time_and_takes_the_first_answer(self, server: Any, run: Any) -> None:
        account = account_at(server)
        server.talk = server.in_turn(server.saying(b""), server.saying(b""), server.answering(server.page))

        called = run(initiated(account), account)

        assert (called.outcome, len(server.requests), len(run.pauses)) == (Outcome.DONE, 3, 2)
        first = FlowLimits().pause
        assert first <= run.pauses[0] <= 2 * first, (
            "as long as the limits say, and by chance up to twice that"
        )
        assert 2 * first <= run.pauses[1] <= 3 * first

    def test_sends_the_very_same_bytes(self, server: Any, run: Any) -> None:
        account = account_at(server)
        server.talk = server.in_turn(server.saying(b""), server.answering(server.page))

        run(initiated(account), account)

        assert server.requests[0] == server.requests[1]

    def test_of_an_answer_that_came_is_never_done(self, server: Any, run: Any) -> None:
        account = account_at(server)
        server.talk = server.saying(server.http(b"", status="503 Busy"))

        run(initiated(account), account)

        assert len(server.requests) == 1


class TestCHN11OutgoingTlsAndRedirects:
    @pytest.mark.parametrize(
        "status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent", "304 Same"]
    )
    def test_CHN_11_a_redirect_is_not_followed_and_is_unknown(
        self, status: str, server: Any, serve: Any, run: Any
    ) -> None:
        elsewhere = serve()
        account = account_at(server)
        server.talk = server.saying(
            server.http(b"", status=status, headers=f"Location: {elsewhere.url}/\r\n")
        )

        called = run(initiated(account), account)

        assert called.outcome is Outcome.UNKNOWN
        assert elsewhere.requests == []
        assert "not followed" in called.problem

    def test_CHN_11_no_credential_leaves_to_a_host_whose_certificate_names_another(
        self, certificates: Any, serve: Any, run: Any
    ) -> None:
        server = serve(certificates.serving("other.example"))
        account = account_at(server)

        called = run(initiated(account), account, tls=certificates.trusting)

        assert (called.outcome, server.requests) == (Outcome.UNKNOWN, [])

    def test_CHN_11_no_credential_leaves_to_a_host_whose_root_is_not_trusted(
        self, certificates: Any, serve: Any, run: Any
    ) -> None:
        server = serve(certificates.serving("localhost"))
        account = account_at(server)

        called = run(initiated(account), account)

        assert (called.outcome, server.requests) == (Outcome.UNKNOWN, [])

    def test_CHN_11_plain_http_where_https_is_configured_is_another_host(self, server: Any, run: Any) -> None:
        account = an_account(
            asking(post(server.url, "/orders", json={})),
            settings={"endpoint": f"https://localhost:{server.port}"},
        )

        called = run(initiated(account), account)

        assert (called.outcome, server.requests) == (Outcome.UNKNOWN, [])

    @pytest.mark.parametrize("make", [new_client, new_async_client])
    def test_CHN_11_a_context_that_verifies_nothing_is_refused(self, make: Any) -> None:
        context = ssl.create_default_context()
        context.check_hostname = False

        with pytest.raises(ConfigurationError, match="does not verify"):
            make(context)

    def test_CHN_11_no_proxy_of_the_environment_is_asked(
        self, server: Any, run: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("HTTP_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
        account = account_at(server)

        assert run(initiated(account), account).outcome is Outcome.DONE


class TestRES09LargeAndPackedAnswers:
    @pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "gzip, gzip", "GZIP"])
    def test_RES_09_a_packed_answer_is_refused_unopened(self, encoding: str, server: Any, run: Any) -> None:
        account = account_at(server)
        bomb = gzip.compress(b"0" * 50_000_000)
        server.talk = server.saying(server.http(bomb, headers=f"Content-Encoding: {encoding}\r\n"))

        called = run(initiated(account), account)

        assert called.outcome is Outcome.UNKNOWN
        assert "encoded" in called.problem
        assert b"accept-encoding: identity\r\n" in server.requests[0].lower()

    def test_RES_09_a_body_above_the_limit_is_refused_by_its_length_alone(
        self, server: Any, run: Any
    ) -> None:
        account = account_at(server)
        server.talk = server.saying(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n")

        called = run(initiated(account), account)

        assert "larger than" in called.problem

    def test_RES_09_a_body_without_a_length_is_cut_at_the_limit(self, server: Any, run: Any) -> None:
        account = account_at(server)
        sent = threading.Event()

        def pour(connection: socket.socket, request: bytes) -> None:
            connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
            try:
                while not server.over.is_set():
                    connection.sendall(b" " * 65_536)
            finally:
                sent.set()

        server.talk = pour
        called = run(initiated(account), account)

        assert called.outcome is Outcome.UNKNOWN
        assert "larger than 1048576 bytes" in called.problem
        assert sent.wait(5)  # we hung up

    def test_RES_09_a_head_without_end_is_cut(self, server: Any, run: Any) -> None:
        account = account_at(server, asking(post(server.url, json={})))

        def pour(connection: socket.socket, request: bytes) -> None:
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            while not server.over.is_set():
                connection.sendall(b"X-Filler: " + b"x" * 1_000 + b"\r\n")

        server.talk = pour

        assert run(initiated(account), account).outcome is Outcome.UNKNOWN


class TestASlowGateway:
    quick = FlowLimits(seconds=0.4, connect=0.2, silence=0.2, step=0.2)

    def test_that_says_nothing_is_given_up(self, server: Any, run: Any) -> None:
        account = account_at(server, asking(post(server.url, json={})))
        server.talk = server.silent

        called = run(initiated(account), account, limits=self.quick)

        assert called.outcome is Outcome.UNKNOWN
        assert called.duration < timedelta(seconds=2)

    def test_that_drips_its_head_is_given_up_at_the_total_limit(self, server: Any, run: Any) -> None:
        account = account_at(server, asking(post(server.url, json={})))

        def drip(connection: socket.socket, request: bytes) -> None:
            for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 1_000:
                if server.over.wait(0.05):
                    return
                connection.sendall(bytes([byte]))

        server.talk = drip
        called = run(initiated(account), account, limits=self.quick)

        assert called.outcome is Outcome.UNKNOWN
        assert "not back within" in called.problem
        assert called.duration < timedelta(seconds=2)

    def test_is_hung_up_on_so_that_nobody_waits_for_it_any_more(
        self, certificates: Any, serve: Any, run: Any
    ) -> None:
        server = serve(certificates.serving("localhost"))
        account = account_at(server, asking(post(server.url, json={})))
        hung_up = threading.Event()

        def drip(connection: socket.socket, request: bytes) -> None:
            try:
                while not server.over.wait(0.05):
                    connection.sendall(b"H")
            except OSError:
                hung_up.set()

        server.talk = drip
        run(initiated(account), account, limits=self.quick, tls=certificates.trusting)

        assert hung_up.wait(5)
        for call in list(account.line._late):
            call.ends_within(5)
        assert (account.line.abandoned, account.guard.abandoned) == (0, 0)

    def test_is_not_asked_again_when_the_time_of_the_call_is_over(self, server: Any, run: Any) -> None:
        account = account_at(server)
        server.talk = server.silent

        called = run(initiated(account), account, limits=FlowLimits(seconds=0.3, silence=5))

        assert len(called.transcript) == 1


class TestPLG10EndlessAndUnrulyFlows:
    def test_PLG_10_a_flow_that_asks_for_ever_is_cut(self, server: Any, run: Any) -> None:
        def initiate() -> Any:
            while True:
                yield get(server.url, "/again")

        account = account_at(server, sample_plugin(initiate=initiate))

        called = run(initiated(account), account)

        assert (called.outcome, len(server.requests)) == (Outcome.UNKNOWN, 5)
        assert "more than 5 requests" in called.problem

    @pytest.mark.parametrize("thing", [None, "https://pay.sample.example", 7, b"GET /"], ids=repr)
    def test_PLG_10_a_flow_that_yields_something_else_is_cut(self, thing: object, run: Any) -> None:
        account = an_account(asking(thing))

        called = run(initiated(account), account)

        assert called.outcome is Outcome.UNKNOWN
        assert "not a request" in called.problem

    @pytest.mark.parametrize(
        "url",
        [
            "https://evil.example/v2",
            "http://pay.sample.example/v2",
            "https://pay.sample.example:8443/v2",
            "https://pay.sample.example.evil.example/",
            "https://pay.sample.example@evil.example/",
            "https://evil.example/?https://pay.sample.example",
            "https://PAY.sample.example.:443/",
            "ftp://pay.sample.example/",
        ],
    )
    def test_PLG_10_a_host_outside_the_accounts_settings_is_refused(self, url: str, run: Any) -> None:
        account = an_account(asking(Request("POST", url, content=b"secret")))

        called = run(initiated(account), account)

        assert (called.outcome, called.transcript) == (Outcome.UNKNOWN, ())
        assert "no host of its account" in called.problem

    def test_PLG_10_a_name_and_password_in_the_url_are_refused(self, run: Any) -> None:
        account = an_account(asking(Request("GET", "https://a:b@pay.sample.example/")))

        assert "password" in run(initiated(account), account).problem

    def test_PLG_10_a_flow_that_catches_its_end_is_left(self, run: Any) -> None:
        def initiate() -> Any:
            try:
                yield "nonsense"
            except GeneratorExit:
                yield "more of it"

        account = an_account(sample_plugin(initiate=initiate))

        assert run(initiated(account), account).outcome is Outcome.UNKNOWN

    def test_PLG_10_a_flow_that_never_comes_back_is_left_and_counted(self, server: Any, run: Any) -> None:
        over = threading.Event()

        def initiate() -> Any:
            over.wait(20)
            yield get(server.url)

        account = account_at(server, sample_plugin(initiate=initiate))

        called = run(initiated(account), account, limits=FlowLimits(step=0.1))

        assert (called.outcome, account.guard.abandoned) == (Outcome.UNKNOWN, 1)
        assert "not back within" in called.problem
        over.set()

    @pytest.mark.parametrize("error", [ValueError, SystemExit, KeyboardInterrupt, GeneratorExit, MemoryError])
    def test_PLG_01_whatever_a_flow_raises_is_unknown(self, error: type[BaseException], run: Any) -> None:
        def initiate() -> Any:
            yield from ()
            raise error(SAMPLE_SECRET)

        account = an_account(sample_plugin(initiate=initiate))

        called = run(initiated(account), account)

        assert called.outcome is Outcome.UNKNOWN
        assert error.__name__ in called.problem
        assert SAMPLE_SECRET not in called.problem

    @pytest.mark.parametrize("value", [None, True, "https://pay.sample.example", Outcome.DONE], ids=repr)
    def test_PLG_06_a_flow_that_ends_with_something_else_is_unknown(self, value: object, run: Any) -> None:
        def initiate() -> Any:
            yield from ()
            return value

        account = an_account(sample_plugin(initiate=initiate))

        called = run(initiated(account), account)

        assert (called.value, called.outcome) == (None, Outcome.UNKNOWN)
        assert "where a Checkout is due" in called.problem


class TestWhatAPluginHidesInARequest:
    def test_does_not_leave(self, server: Any, run: Any) -> None:
        request = Request(
            "POST",
            f"{server.url}/orders",
            content=b"{}",
            headers={"Host": "evil.example", "Cookie": "a=b", "Accept-Encoding": "gzip", "X-Api": "1"},
            extensions={"sni_hostname": "evil.example", "timeout": {"read": 1e9}},
        )
        account = account_at(server, asking(request))

        run(initiated(account), account)

        head = server.requests[0].lower()
        assert b"evil.example" not in head
        assert b"cookie" not in head
        assert b"gzip" not in head
        assert b"x-api: 1\r\n" in head

    def test_as_a_stream_is_refused(self, server: Any, run: Any) -> None:
        account = account_at(server, asking(Request("POST", server.url, content=iter([b"x"]))))

        assert "stream" in run(initiated(account), account).problem

    def test_is_refused_if_too_large(self, server: Any, run: Any) -> None:
        account = account_at(server, asking(post(server.url, form={"x": "y" * 2_000_000})))

        assert "1048576 are allowed" in run(initiated(account), account).problem

    def test_is_refused_with_another_method(self, server: Any, run: Any) -> None:
        account = account_at(server, asking(Request("CONNECT", server.url)))

        assert "method" in run(initiated(account), account).problem


class TestTheTranscript:
    def test_SEC_01_holds_names_sizes_and_times_and_no_value(self, server: Any, run: Any) -> None:
        account = account_at(
            server, asking(post(server.url, "/v2/orders?token=t0ken", json={"order_ref": "PP1"}))
        )
        server.talk = server.answering({"code": "00", "card": "9704 0000"})

        called = run(initiated(account), account)

        (entry,) = called.transcript
        assert entry.pop("milliseconds") >= 0
        assert entry == {
            "method": "POST",
            "host": "localhost",
            "path": "/v2/orders",
            "query_fields": ["token"],
            "sent_bytes": 19,
            "sent_fields": ["order_ref"],
            "status": 200,
            "received_bytes": 35,
            "received_fields": ["code", "card"],
        }
        assert not {"t0ken", "PP1", "9704"} & set(json.dumps(called.transcript).replace('"', " ").split())

    def test_SEC_01_never_holds_a_key_that_is_echoed_as_a_name(self, server: Any, run: Any) -> None:
        secret = "abcdefghij"
        account = an_account(
            asking(post(server.url, f"/{secret}", form={secret: "1"})),
            settings={"endpoint": server.url},
            keys=[{"role": "sample_secret", "id": "1", "value": secret}],
        )
        server.talk = server.answering({secret: 1})

        called = run(initiated(account), account)

        assert secret not in json.dumps(called.transcript)

    def test_SEC_01_nor_is_a_code_kept_that_a_gateway_made_of_our_key(self, server: Any, run: Any) -> None:
        def initiate() -> Any:
            answer = yield post(server.url, "/orders", form={"key": SAMPLE_SECRET})
            return NoCheckout(Outcome.DECLINED, gateway_code=answer.json()["message"])

        account = account_at(server, sample_plugin(initiate=initiate))
        server.talk = server.answering({"message": f"bad key {SAMPLE_SECRET}"})

        called = run(initiated(account), account)

        assert (called.outcome, called.gateway_code) == (Outcome.DECLINED, "")
        assert SAMPLE_SECRET not in repr(called)

    def test_SEC_01_is_all_that_is_kept_even_where_everything_is_logged(
        self, server: Any, run: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        account = account_at(server, asking(get(server.url, "/state", query={"token": "t0ken"})))
        server.talk = server.saying(server.http(b"{}", headers="Set-Cookie: session=c00kie\r\n"))

        with caplog.at_level(logging.DEBUG):
            run(initiated(account), account)

        assert not {"t0ken", "c00kie", SAMPLE_SECRET} & set(re.split(r"\W+", caplog.text))


class TestAHostThatStopsWaiting:
    def test_closes_the_flow(self, server: Any) -> None:
        closed, asked = [], threading.Event()

        def initiate() -> Any:
            try:
                yield get(server.url)
            finally:
                closed.append(True)

        def never_answer(connection: socket.socket, request: bytes) -> None:
            asked.set()
            server.silent(connection, request)

        server.talk = never_answer
        account = account_at(server, sample_plugin(initiate=initiate))

        async def give_up() -> None:
            async with new_async_client() as client:
                call = asyncio.create_task(
                    adrive(initiated(account), client=client, account=account, kind="initiate")
                )
                await asyncio.to_thread(asked.wait, 5)
                call.cancel()
                await call

        with pytest.raises(asyncio.CancelledError):
            asyncio.run(give_up())
        assert closed == [True]


class TestObserversOfACall:
    def test_are_told_the_outcome_and_the_duration(self, server: Any, run: Any) -> None:
        heard: list[GatewayCalled] = []

        class Listening(Observer):
            def gateway_called(self, fact: GatewayCalled) -> None:
                heard.append(fact)
                raise RuntimeError

        account = account_at(server)

        called = run(initiated(account), account, observers=Observers([Listening()]))

        assert called.outcome is Outcome.DONE
        assert heard == [
            GatewayCalled(
                account="sample-main",
                gateway="sample",
                kind="initiate",
                outcome=Outcome.DONE,
                duration=called.duration,
                requests=1,
            )
        ]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
