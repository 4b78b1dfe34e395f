"""docs/hosts/: a block of Python is the sample's or is run here; each host is served as its page says."""

from __future__ import annotations

import asyncio
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import distribution
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Annotated, Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, String, create_engine, event, select, text
from sqlalchemy.engine import Engine
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from payport import AsyncPayport, BuyerDetails, ConfigurationError, Event, New, Redirect
from payport.rules.order import State
from payport_simulators import serve
from payport_simulators.vnpay import ApiFault, Delivery, Faults, PageError, Simulator, Terminal, app
from tests.docs.pages import blocks, code_names, page, section
from tests.support import sign
from tests.support.hosted import (
    FROM_OUTSIDE,
    INDEX,
    MOST_SECONDS,
    PAGES,
    SECRET,
    buyer_at,
    free_port,
    migrated,
    sample,
    served,
    until,
    written,
)
from tests.support.shop import Shop

SAMPLES = {name: example for example, name in PAGES.items() if name != "django"}
"""Django's blocks are run beside payport-django: its settings are one process's for good."""
NOWHERE = "http://127.0.0.1:9"
BUYER = BuyerDetails(name="Thu Hà", email="ha@example.vn")
BEHIND_A_PROXY = {"X-Forwarded-For": "198.51.100.7, 203.0.113.9"}
"""The proxy, on this machine, adds the address that it saw; the buyer wrote one, too."""
NAMES = {name: example for example, name in PAGES.items()}
_RUN: set[str] = set()


def is_excerpt(code: str, name: str) -> bool:
    return name in SAMPLES and code in sample(SAMPLES[name])


def own(name: str, heading: str) -> str:
    """The one block of Python below a heading that is not the sample's: a test here runs it."""
    found = blocks(section(page(f"hosts/{name}.md"), heading), "python")
    (code,) = [each for each in found if not is_excerpt(each, name)]
    _RUN.add(code)
    return code


ROWS = {name: own(name, "Your own rows in one transaction") for name in ("fastapi", "asgi", "flask")}
TESTS = {name: own(name, "A test") for name in SAMPLES}
PROXY = {name: own(name, "Behind a proxy") for name in ("flask", "wsgi")}
COMMAND = own("flask", "A command")
BY_HAND = own("asgi", "The doors")
TELL = own("index", "Events")
GATEWAY = own("index", "Tests of yours")
EXTENDED = {"flask": f"\n\n{COMMAND}\n\n{PROXY['flask']}"}  # what the page adds to the sample


@pytest.mark.parametrize("name", ["index", *SAMPLES])
def test_no_block_of_python_is_unknown(name: str) -> None:
    found = blocks(page(f"hosts/{name}.md"), "python")

    assert [each for each in found if not is_excerpt(each, name) and each not in _RUN] == []


@pytest.mark.parametrize("name", SAMPLES)
def test_what_a_page_installs_is_there(name: str) -> None:
    program, verb, *distributions = shlex.split(blocks(page(f"hosts/{name}.md"), "sh")[0])

    assert (program, verb) == ("pip", "install")
    assert [distribution(each).name for each in distributions]


class TestAHostThatIsServedAsItsPageSays:
    """By the page's own command, in processes of its own, with secrets and database from the environment."""

    @pytest.mark.parametrize("name", PAGES.values())
    def test_sells_hears_and_ends_with_the_work_in_hand(self, name: str, tmp_path: Path) -> None:
        simulator, port = Simulator({"DEMOTMN1": Terminal("DEMOTMN1", SECRET)}), free_port()
        address = f"http://127.0.0.1:{port}"
        simulator.set_ipn_url("DEMOTMN1", f"{address}/pay/vnpay-main/ipn")
        with serve(app(simulator)) as gateway:
            environment = the_host(tmp_path, name, ours=address, gateway=gateway)
            deployed(tmp_path, environment) if name == "flask" else migrated(environment)
            with (
                served(NAMES[name], port, tmp_path, environment) as server,
                a_worker(name, tmp_path, environment) as worker,
                buyer_at(address, **BEHIND_A_PROXY) as buyer,
            ):
                forged = buyer.get("/pay/vnpay-main/ipn")
                placed, paid = bought(buyer, simulator)
                until(lambda: told(tmp_path) == [paid.number])
                statuses = [ended_by_a_signal(each) for each in (server, worker) if each is not None]

        assert '{"RspCode":"99",' in forged.text
        assert '`{"RspCode":"99",…}`' in INDEX
        assert (placed.state, placed.looks_again) == ("placed", True)
        assert (paid.state, paid.looks_again) == ("paid", False)
        assert placed.buyer_ip == ("127.0.0.1" if name in ("wsgi", "django") else "203.0.113.9")
        assert set(statuses) <= {0, -signal.SIGTERM}
        assert "Traceback" not in (tmp_path / "log").read_text(encoding="utf-8")
        assert told(tmp_path) == [paid.number]

    def test_takes_commands_where_flasks_people_expect_them(self, tmp_path: Path) -> None:
        environment = the_host(tmp_path, "flask")
        migrated(environment)

        def flask(*words: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                [sys.executable, "-m", "flask", "--app", "shop", "payport", *words],
                cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False,
            )  # fmt: skip

        listed = flask("work", "--json")
        assert (listed.returncode, listed.stdout.strip()) == (0, "[]"), listed.stderr
        assert flask("work", "--no-such-option").returncode == 2


_KEEPS = """with open("told", "a") as file:
            file.write(f"{event.order}\\n")"""


def the_host(folder: Path, name: str, *, ours: str = NOWHERE, gateway: str = NOWHERE) -> dict[str, str]:
    """The sample with what its page adds; its subscriber keeps in a file what it was told."""
    code = sample(NAMES[name]).replace("paid.append(event.order)", _KEEPS) + EXTENDED.get(name, "")
    return written(folder, code, ours=ours, gateway=gateway)


@contextmanager
def a_worker(
    name: str, folder: Path, environment: dict[str, str]
) -> Iterator[subprocess.Popen[bytes] | None]:
    """Django's sample has its work done by a process of its own; the others do it themselves."""
    if name != "django":
        yield None
        return
    command = [sys.executable, "shop.py", "payport_worker", "--every", "0.2"]
    with (folder / "log").open("a") as log:
        worker = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
        try:
            yield worker
        finally:
            worker.kill()
            worker.wait()


def ended_by_a_signal(process: subprocess.Popen[bytes]) -> int:
    process.send_signal(signal.SIGTERM)
    return process.wait(MOST_SECONDS)


def deployed(folder: Path, environment: dict[str, str]) -> None:
    (commands,) = blocks(section(INDEX, "Deploy"), "sh")
    subprocess.run(["bash", "-e", "-c", commands], cwd=folder, env=environment, timeout=60, check=True)


def bought(buyer: httpx.Client, simulator: Simulator) -> tuple[SimpleNamespace, SimpleNamespace]:
    """What the result page shows before the gateway called, and after. It answers no questions meanwhile."""
    simulator.set_faults(Faults(delivery=Delivery.RETURN_FIRST, api=ApiFault.SERVER_ERROR))
    sent = buyer.post("/buy", data={"name": "Nguyễn Thu Hà", "email": "ha@example.vn"})
    assert sent.status_code == 303, sent.text
    asked = urlsplit(sent.headers["location"]).query
    opened = simulator.open(asked.encode())
    assert not isinstance(opened, PageError)
    simulator.settle(opened.token, "00")
    back = buyer.get(simulator.return_url(opened.token) or "")
    assert back.status_code == 303, back.text
    before = shown(buyer, back.headers["location"])
    simulator.deliver_due(simulator.clock())
    after = shown(buyer, back.headers["location"])
    before.buyer_ip = parse_qs(asked)["vnp_IpAddr"][0]
    return before, after


def shown(buyer: httpx.Client, address: str) -> SimpleNamespace:
    answer = buyer.get(address)
    ((number, state),) = re.findall(r"Order (\w+): <b>(\w+)</b>", answer.text)
    return SimpleNamespace(number=number, state=state, looks_again=answer.headers.get("Refresh") == "3")


def told(folder: Path) -> list[str]:
    kept = folder / "told"
    return kept.read_text(encoding="utf-8").split() if kept.exists() else []


class TestWhatAPageTestsBy:
    @pytest.mark.parametrize("name", SAMPLES)
    def test_is_a_sale_without_a_network(
        self, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        environment = the_host(tmp_path, name)
        (tmp_path / "gateway.py").write_text(GATEWAY, encoding="utf-8")
        migrated(environment)
        monkeypatch.chdir(tmp_path)
        monkeypatch.syspath_prepend(tmp_path)
        for variable in FROM_OUTSIDE:
            monkeypatch.setenv(variable, environment[variable])
        names: dict[str, Any] = {}
        try:
            exec(compile(TESTS[name], f"<docs/hosts/{name}.md>", "exec"), names)
            names["test_a_package_is_sold"]()
        finally:
            del sys.modules["gateway"]
            ended(sys.modules.pop("shop"))

    @pytest.mark.parametrize("name", SAMPLES)
    def test_does_not_start_where_nobody_has_migrated(
        self, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        environment = the_host(tmp_path, name)
        for variable in FROM_OUTSIDE:
            monkeypatch.setenv(variable, environment[variable])

        def start() -> None:
            names: dict[str, Any] = {"__name__": "shop"}
            exec(compile((tmp_path / "shop.py").read_text(encoding="utf-8"), "shop.py", "exec"), names)
            TestClient(names["app"]).__enter__()  # those of ASGI start with their server

        with pytest.raises(ConfigurationError, match="payport migrate"):
            start()


def ended(host: ModuleType) -> None:
    """A host of WSGI ends with its process; one of ASGI ended with its lifespan."""
    if hasattr(host, "stop"):
        host.stop()
        host.shop.close()


class TestTheResultPage:
    def test_has_words_for_each_state_of_an_order(self) -> None:
        assert set(code_names(section(INDEX, "The result page"))) == set(State)

    def test_may_offer_to_pay_again_after_a_payment_that_failed(self, shop: Shop) -> None:
        names: dict[str, Any] = {}
        exec(GATEWAY.replace(SECRET, sign.SECRET).replace("DEMOTMN1", sign.TMN_CODE), names)
        shop.clock.now = datetime.now(UTC)  # the gateway's page has a time, too
        order, ip = shop.order(), "203.0.113.9"
        checkout = shop.payport.pay(order.number, "domestic_card", buyer_ip=ip)
        assert isinstance(checkout, Redirect)
        door = httpx.WSGITransport(shop.payport.wsgi())
        with httpx.Client(transport=door, base_url="http://shop.test") as gateway:
            gateway.get("/" + names["answer_to"](checkout.url, "51"))

        failed = shop.payport.order(order.number)
        again = shop.payport.pay(order.number, "domestic_card", buyer_ip=ip)

        assert (failed.state, failed.payments[-1].state) == ("placed", "failed")
        assert isinstance(again, Redirect)
        assert again.url != checkout.url


class TestABuyersAddressBehindAProxy:
    def test_is_the_last_in_the_header_on_plain_WSGI(self) -> None:
        names: dict[str, Any] = {}
        exec(PROXY["wsgi"], names)

        assert names["buyer_ip"]({"HTTP_X_FORWARDED_FOR": "198.51.100.7, 203.0.113.9"}) == "203.0.113.9"
        assert names["buyer_ip"]({}) == ""

    @pytest.mark.parametrize(("trusted", "taken"), [("127.0.0.1", "203.0.113.9"), ("*", "198.51.100.7")])
    def test_is_what_uvicorn_takes_as_the_page_says(self, trusted: str, taken: str) -> None:
        async def told(scope: Scope, receive: Receive, send: Send) -> None:
            await PlainTextResponse(scope["client"][0])(scope, receive, send)

        buyer = TestClient(ProxyHeadersMiddleware(told, trusted), client=("127.0.0.1", 1))  # type: ignore[arg-type]

        assert buyer.get("/", headers=BEHIND_A_PROXY).text == taken


class TestDoorsThatAFrameworkOfItsOwnMounts:
    def test_hear_below_their_path_and_the_pages_hear_the_rest(self, shop: Shop) -> None:
        names: dict[str, Any] = {
            "Scope": Scope, "Receive": Receive, "Send": Send,
            "doors": shop.payport.asgi(), "pages": PlainTextResponse("a page"),
        }  # fmt: skip
        exec(BY_HAND, names)
        client = TestClient(names["app"])

        assert client.get("/anything").text == "a page"
        assert client.get("/pay/vnpay-main/ipn").json()["RspCode"] == "99"


class TestASubscriberThatKnowsEachEventAgain:
    def test_acts_once_for_two_tellings(self, shop: Shop) -> None:
        engine = create_engine("sqlite://")
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE told (id VARCHAR(64) PRIMARY KEY)"))
            connection.execute(text("CREATE TABLE parcels (number VARCHAR(64))"))
        names: dict[str, Any] = {"Event": Event, "engine": engine, "text": text}
        exec(TELL, names)
        payment = shop.pay(shop.order())
        shop.ipn(payment)
        (paid,) = [each.event for each in shop.payport.events("binh-minh") if each.event.type == "order.paid"]

        names["tell"](paid)
        names["tell"](paid)

        with engine.begin() as connection:
            assert connection.execute(text("SELECT number FROM parcels")).all() == [(paid.order,)]
        engine.dispose()


class _Rows(DeclarativeBase): ...


class _Lead(_Rows):
    __tablename__ = "leads"
    number: Mapped[str] = mapped_column(String(64), primary_key=True)


@pytest.fixture
def leads(shop: Shop) -> Iterator[Engine]:
    """The host's own tables in the shop's database."""
    engine = create_engine(shop.payport.seller.database.engine.url)
    if engine.dialect.name == "sqlite":
        exec(blocks(page("hosts/embedding.md"), "python")[1], {"event": event, "engine": engine})
    _Rows.metadata.create_all(engine)
    yield engine
    _Rows.metadata.drop_all(engine)
    engine.dispose()


def kept(engine: Engine) -> list[str]:
    with Session(engine) as session:
        return list(session.scalars(select(_Lead.number)))


class TestAnOrderInATransactionOfTheHosts:
    """By the session that its framework's people use."""

    def test_of_a_dependency_of_FastAPI(self, shop: Shop, leads: Engine) -> None:
        def opened() -> Iterator[Session]:
            with Session(leads) as session:
                yield session

        host = FastAPI()
        names: dict[str, Any] = {
            "app": host, "shop": AsyncPayport(shop.payport.seller, shop.payport.configuration),
            "Annotated": Annotated, "Depends": Depends, "Session": Session, "New": New, "Lead": _Lead,
            "buyer": BUYER, "opened": opened,
        }  # fmt: skip
        exec(ROWS["fastapi"].replace("months=12", "months=1"), names)

        number = TestClient(host).post("/lead").json()

        assert kept(leads) == [number]
        assert shop.payport.order(number).state == "placed"

    @pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
    def test_of_an_AsyncSession(self, shop: Shop, leads: Engine) -> None:
        names: dict[str, Any] = {
            "shop": AsyncPayport(shop.payport.seller, shop.payport.configuration),
            "AsyncSession": AsyncSession, "Connection": Connection, "New": New, "Lead": _Lead, "buyer": BUYER,
        }  # fmt: skip
        exec(ROWS["asgi"].replace("months=12", "months=1"), names)

        async def placed() -> str:
            engine = create_async_engine(leads.url)
            async with AsyncSession(engine) as session:
                number: str = await names["placed"](session)
            await engine.dispose()
            return number

        number = asyncio.run(placed())

        assert kept(leads) == [number]
        assert shop.payport.order(number).state == "placed"

    def test_of_Flask_SQLAlchemy(self, shop: Shop, leads: Engine) -> None:
        host = Flask("host")
        host.config["SQLALCHEMY_DATABASE_URI"] = leads.url
        db = SQLAlchemy(host, model_class=_Rows)
        with host.app_context():
            if leads.dialect.name == "sqlite":
                exec(blocks(page("hosts/embedding.md"), "python")[1], {"event": event, "engine": db.engine})
        names: dict[str, Any] = {
            "app": host, "db": db, "shop": shop.payport, "Lead": _Lead, "New": New,
            "account": "hoa-sua", "buyer": BUYER, "ip": "203.0.113.9",
        }  # fmt: skip

        exec(ROWS["flask"].replace("months=12", "months=1"), names)

        assert kept(leads) == [names["order"].number]
        assert "vpcpay" in names["checkout"].url
        with host.app_context():
            db.engine.dispose()
