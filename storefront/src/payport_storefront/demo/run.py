"""Puts the demo together and runs it: one process, one address, until it is stopped."""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from ipaddress import IPv4Address
from pathlib import Path
from typing import Final

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Mount, Route

from payport import AsyncPayport
from payport.logs import Clean
from payport_backoffice import Settings as DeskSettings
from payport_backoffice import create_app as create_desk
from payport_storefront.app import create_app
from payport_storefront.demo.clock import DemoClock
from payport_storefront.demo.customers import FIRST, DemoCustomers
from payport_storefront.demo.folder import DemoFolder, DemoRefused, prepare
from payport_storefront.demo.gateways import Gateways
from payport_storefront.demo.meter import Meter
from payport_storefront.demo.operators import DESK, SIGN_IN, StaffLogin
from payport_storefront.demo.panel import PATH, Panel
from payport_storefront.demo.stage import Stage
from payport_storefront.settings import Settings, Tools

__all__ = ["listen", "make_app", "run"]

_log = structlog.get_logger()
_ROUND_SECONDS: Final = 1.0


def run(*, port: int, host: str | None, path: Path, fresh: bool, say: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM. Raises: DemoRefused."""
    host = host or "127.0.0.1"
    name = _name(host)
    with listen(host, port) as listener:
        url = f"http://{name}:{listener.getsockname()[1]}"
        folder = prepare(path, url, fresh=fresh)
        app = make_app(folder, url)
        say(
            f"Sao Việt Suite, a shop that sells through Payport:  {url}\n"
            f"  the back office, for the seller's people:         {url}{DESK}/\n"
            f"  demo controls (customers, clock, gateways, bank): {url}{PATH}\n"
            f"  configuration, catalog, database:                 {folder.path}\n"
            f"  is its journal whole?  payport journal check --config {folder.configuration}\n"
            "Stop with Ctrl-C. Orders and customers are kept; --fresh begins anew."
        )
        config = uvicorn.Config(
            app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=2
        )
        _log_lines()
        uvicorn.Server(config).run(sockets=[listener])


def _name(host: str) -> str:
    """What to call this machine in addresses. Raises: DemoRefused for what Payport takes over https only."""
    try:
        address = IPv4Address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        raise DemoRefused(f"--host {host}: give an IPv4 address, as 127.0.0.1") from None
    if address.is_unspecified:  # everywhere, as in a container whose port is forwarded to its owner's machine
        return "127.0.0.1"
    if not address.is_loopback:
        raise DemoRefused(
            f"--host {host}: plain http stays on this machine. Take 127.0.0.1, or 0.0.0.0 in a container"
        )
    return str(address)


def listen(host: str, port: int) -> socket.socket:
    """Take the port before anything is made. Raises: DemoRefused."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()  # whoever comes before the shop is up waits, and is not turned away
    except OSError as error:
        listener.close()
        raise DemoRefused(f"port {port}: {error.strerror}. Choose another: --port {port + 1}") from None
    return listener


def make_app(folder: DemoFolder, url: str) -> Starlette:
    """Shop, back office, Payport's doors, simulated gateways and a bank under one address, with a lifespan.

    All of them go by one clock. Raises: DemoRefused.
    """
    clock = DemoClock(folder.clock)
    shop = AsyncPayport.from_config(folder.configuration, clock=clock)
    gateways = Gateways(url, folder.keys, clock)
    meter = Meter(shop)
    stage = Stage(shop, gateways, clock, meter)
    settings = Settings(
        customers=DemoCustomers(),
        session_key=folder.session_key,
        hosts=("127.0.0.1", "localhost", url.partition("://")[2].rpartition(":")[0]),
        secure=False,
        measure=meter.measure,
        tools=Tools(PATH, clock),
    )

    login = StaffLogin(key=folder.session_key, secure=False)
    desk = DeskSettings(login.who, folder.session_key, settings.hosts, secure=False, sign_in=SIGN_IN)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await asyncio.to_thread(shop.migrate)
        if (await shop.entitlement(FIRST.account)).version == 0:
            await stage.welcome(FIRST)
        tasks = [asyncio.create_task(_work(shop)), asyncio.create_task(gateways.keep_delivering())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            gateways.close()
            await shop.close()

    store = create_app(
        shop,
        settings,
        clock=clock,
        also=lambda site: [*Panel(site, gateways, clock, stage).routes(), *login.routes(site)],
    )
    return Starlette(
        routes=[
            Mount("/pay", shop.asgi()),
            *gateways.routes(),
            Route(DESK, _to_desk),  # the shop below would take it for a page of its own
            Mount(DESK, create_desk(shop, desk, clock=clock)),
            Mount("/", store),
        ],
        lifespan=lifespan,
    )


async def _to_desk(_: Request) -> RedirectResponse:
    return RedirectResponse(f"{DESK}/")


async def _work(shop: AsyncPayport) -> None:
    """What `payport worker` does, on the demo's own loop."""
    while True:
        try:
            await shop.work()
        except Exception:
            _log.exception("no_work_done")
        await asyncio.sleep(_ROUND_SECONDS)


def _log_lines() -> None:
    """One JSON line on stderr for each event; of what others log, warnings and worse."""
    common: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.processors.format_exc_info,
    ]
    line = structlog.processors.JSONRenderer(ensure_ascii=False)
    structlog.configure(processors=[*common, line], logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(Clean())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=common,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, line],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
