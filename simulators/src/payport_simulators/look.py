"""What the pages of all simulated gateways have in common: templates, style sheet, the way to write money."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib.resources import files

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response

__all__ = ["money", "mount_path", "redirect", "style_sheet", "templates"]


def templates(package: str) -> Environment:
    """The templates of one gateway, over those that all of them share.

    `base.html` asks every page for `lang`, `style` (a path) and `t` with the words `title`, `simulation`,
    `no_money` and `skip`.
    """
    return Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader("payport_simulators")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )


def style_sheet(tint: str = "") -> Callable[[Request], Awaitable[Response]]:
    """An endpoint with the shared style sheet; `tint` is CSS after it, for a gateway's own colours."""
    text = files("payport_simulators").joinpath("assets/simulator.css").read_text("utf-8") + tint

    async def style(_: Request) -> Response:
        return Response(text, media_type="text/css")

    return style


def mount_path(request: Request) -> str:
    """Where the app is mounted: empty, or a path without a final slash."""
    return str(request.scope.get("root_path", "")).rstrip("/")


def redirect(path: str) -> Response:
    """To another page of ours, to be fetched with GET."""
    return Response(status_code=303, headers={"location": path})


def money(amount: int, lang: str) -> str:
    """An amount in hundredths of a đồng: 150.000 ₫ or ₫150,000."""
    dong, rest = divmod(amount, 100)
    figure = f"{dong:,}" + (f".{rest:02d}" if rest else "")
    if lang == "en":
        return f"₫{figure}"
    return figure.translate(str.maketrans(",.", ".,")) + "\N{NO-BREAK SPACE}₫"
