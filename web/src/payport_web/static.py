"""The files that browsers fetch: Pico, htmx, the typeface. A host application mounts them beside its own."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Final

from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

__all__ = ["FOLDER", "static"]

FOLDER: Final = Path(str(files("payport_web") / "static"))


def static(package: str) -> list[BaseRoute]:
    """`/static` with the files of a package's folder `static`, and `/static/web` with those of this one."""
    own = StaticFiles(directory=str(files(package) / "static"))
    return [
        Mount("/static/web", StaticFiles(directory=FOLDER)),
        Mount("/static", own, name="static"),
    ]
