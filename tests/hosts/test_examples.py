"""A package is bought through each sample host, over real HTTP, from a simulated gateway.

Django's settings are one process's for good: its sample is served by its page's command, in
tests/docs/test_hosts_pages.py.
"""

from __future__ import annotations

import importlib.util
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import ThreadingMixIn
from time import monotonic, sleep
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import httpx
import pytest

from payport_simulators import serve
from payport_simulators.vnpay import Simulator, Terminal, app
from tests.docs.pages import ROOT, page
from tests.support.hosted import EXAMPLES, FROM_OUTSIDE, SECRET, free_port, migrated, written
from tests.support.plain_http import TRUSTS_NOBODY

MOST_SECONDS = 15.0


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Silent(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None: ...


@contextmanager
def serve_wsgi(application: Any, port: int) -> Iterator[str]:
    with make_server("127.0.0.1", port, application, _Server, _Silent) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{port}"
        server.shutdown()
        thread.join()


def loaded(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"example_{name}", ROOT / "examples" / name / "shop.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(params=[each for each in EXAMPLES if each != "django"])
def host(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[str, ModuleType, Simulator]]:
    """The address of the sample, its module, and the gateway that it sells through."""
    simulator, port = Simulator({"DEMOTMN1": Terminal("DEMOTMN1", SECRET)}), free_port()
    with serve(app(simulator)) as gateway:
        ours = f"http://127.0.0.1:{port}"
        environment = written(tmp_path, "", ours=ours, gateway=gateway)
        for name in FROM_OUTSIDE:
            monkeypatch.setenv(name, environment[name])
        migrated(environment)
        simulator.set_ipn_url("DEMOTMN1", f"{ours}/pay/vnpay-main/ipn")
        sample = loaded(request.param)
        running: Callable[..., Any] = serve if request.param in ("starlette", "fastapi") else serve_wsgi
        with running(sample.app, port) as address:
            yield address, sample, simulator
        if running is serve_wsgi:  # those of ASGI end with their server
            sample.stopping.set()
            sleep(0.05)
            sample.shop.close()


def test_a_package_is_bought_through_each_sample(host: tuple[str, ModuleType, Simulator]) -> None:
    address, sample, simulator = host
    with httpx.Client(base_url=address, verify=TRUSTS_NOBODY) as buyer:
        assert "<form" in buyer.get("/").text
        sent = buyer.post("/buy", data={"name": "Nguyễn Thu Hà", "email": "ha@example.vn"})
        assert sent.status_code == 303, sent.text
        opened = simulator.open(urlsplit(sent.headers["location"]).query.encode())
        simulator.settle(opened.token, "00")
        back = buyer.get(simulator.return_url(opened.token))
        assert back.status_code == 303
        shown = buyer.get(back.headers["location"])

    assert "<b>paid</b>" in shown.text
    (number,) = re.findall(r"Order (\w+):", shown.text)
    until = monotonic() + MOST_SECONDS
    while number not in sample.paid and monotonic() < until:
        sleep(0.05)
    assert sample.paid == [number]


def test_an_order_that_is_not_there_shows_nothing(host: tuple[str, ModuleType, Simulator]) -> None:
    with httpx.Client(base_url=host[0], verify=TRUSTS_NOBODY) as buyer:
        assert buyer.get("/result/nothing").status_code == 404


def test_a_sample_is_small_enough_to_read() -> None:
    for name in EXAMPLES:
        lines = (ROOT / "examples" / name / "shop.py").read_text(encoding="utf-8").splitlines()
        assert len([line for line in lines if line.strip()]) <= 90, name


def test_the_page_and_the_readme_name_each_sample() -> None:
    for text in (page("hosts/index.md"), (ROOT / "examples" / "README.md").read_text(encoding="utf-8")):
        assert sorted(re.findall(r"(\w+)/shop\.py", text)) == EXAMPLES
