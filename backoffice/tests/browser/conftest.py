"""A back office on a port of this machine, for browsers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from backoffice.tests.office import PEOPLE
from backoffice.tests.town import Town, settle
from payport_backoffice import Settings, create_app
from payport_simulators import serve
from tests.support.browsing import language, window, windows

__all__ = ["language", "window", "windows"]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Town:
    return settle(tmp_path_factory.mktemp("town"), migrated_sqlite)


@pytest.fixture(scope="module")
def desk(town: Town) -> Iterator[str]:
    """The address of a host that knows two people by the path that they take: /huy and /bao."""
    mounts = [
        Mount(
            f"/{name}",
            create_app(
                town.seller,
                Settings(lambda _, name=name: PEOPLE[name], b"k" * 32, ("127.0.0.1",), secure=False),
            ),
        )
        for name in ("huy", "bao")
    ]
    with serve(Starlette(routes=mounts)) as served:
        yield served
