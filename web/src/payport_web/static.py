"""The files that browsers fetch: Pico, htmx, the typeface. A host application mounts them beside its own."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Final

from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

__all__ = ["FOLDER", "static"]

FOLDER: Final = Path(str(files("payport_web") / "static"))


def static(package: str) -> list[BaseRoute]:
    """`/static` with the files of a package's folder `static`, and `/static/web` with those of this one."""
    own = _Kept(directory=str(files(package) / "static"))
    return [
        Mount("/static/web", _Kept(directory=FOLDER)),
        Mount("/static", own, name="static"),
    ]


class _Kept(StaticFiles):
    """The browser may keep them, and asks each time whether they are still the same: mostly they are."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["cache-control"] = "no-cache"
        return response
