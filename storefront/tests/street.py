"""A town whose shop is reached by browsers: on a port of this machine, at a clock that a test sets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from payport_storefront.demo.run import listen
from payport_storefront.settings import Customer
from storefront.tests.town import BOUGHT, Town, open_town
from tests.support.shop import Clock

__all__ = ["Street", "open_street"]


class _Anybody:
    """Whoever signs in is a business of that name."""

    def signed_in(self, account: str | None) -> Customer | None:
        return Customer(account, "Công ty Bình Minh") if account else None


@dataclass(frozen=True)
class Street:
    url: str
    town: Town


@contextmanager
def open_street(folder: Path, *, more: str = "", migrated: Path | None = None) -> Iterator[Street]:
    """Serve shop, Payport's doors and the gateway until the block ends.

    Args:
        more: of the configuration.
        migrated: an empty database to copy; else the town makes its own.
    """
    with listen("127.0.0.1", 0) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with open_town(
            folder,
            Clock(BOUGHT),
            origin=url,
            customers=_Anybody(),
            more=more,
            told=True,
            migrated=migrated,
        ) as town:
            app = Starlette(
                routes=[
                    Mount("/pay", town.payport.asgi()),
                    *town.gateways.routes(),
                    Mount("/", town.app),
                ]
            )
            server = uvicorn.Server(
                uvicorn.Config(app, log_config=None, access_log=False, timeout_keep_alive=60)
            )
            thread = Thread(target=server.run, kwargs={"sockets": [listener]})
            thread.start()
            try:
                yield Street(url, town)
            finally:
                server.should_exit = True
                thread.join(timeout=20)
