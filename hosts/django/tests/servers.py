"""A message handed to the whole project as a server hands it over: a WSGI environ, or an ASGI scope."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler

__all__ = ["SERVERS", "Answer", "Server", "over_asgi", "over_wsgi"]

Headers = Sequence[tuple[bytes, bytes]]
HOST: Headers = ((b"host", b"testserver"),)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


Server = Callable[..., Answer]


def over_wsgi(
    path: str,
    query: bytes = b"",
    *,
    method: str = "GET",
    headers: Headers = HOST,
    body: bytes = b"",
    app: Any = None,
    environ: Mapping[str, Any] | None = None,
) -> Answer:
    """A repeated header comes with a comma, as PEP 3333 has it. `app`: another than the project."""
    found: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query.decode("latin-1"),
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in headers:
        key = name.decode("latin-1").upper().replace("-", "_")
        key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
        found[key] = f"{found[key]},{value.decode('latin-1')}" if key in found else value.decode("latin-1")
    if body and "CONTENT_LENGTH" not in found:
        found["CONTENT_LENGTH"] = str(len(body))
    told: list[Any] = []

    def start_response(*answer: Any) -> Any:
        told.append(answer)

    given = (app or WSGIHandler())({**found, **(environ or {})}, start_response)
    content = b"".join(given)
    if hasattr(given, "close"):
        given.close()
    return Answer(int(told[0][0][:3]), {name.lower(): value for name, value in told[0][1]}, content)


def over_asgi(
    path: str, query: bytes = b"", *, method: str = "GET", headers: Headers = HOST, body: bytes = b""
) -> Answer:
    """In two parts, if there is a body."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query,
        "headers": list(headers),
        "client": ("127.0.0.1", 1),
        "server": ("testserver", 80),
    }
    half = len(body) // 2
    parts = [
        {"type": "http.request", "body": body[:half], "more_body": True},
        {"type": "http.request", "body": body[half:], "more_body": False},
    ]
    sent: list[dict[str, Any]] = []

    async def receive() -> Any:
        if parts:
            return parts.pop(0)
        return await asyncio.sleep(60)  # the sender waits for its answer

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(ASGIHandler()(scope, receive, send))
    names = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
    return Answer(sent[0]["status"], names, b"".join(part.get("body", b"") for part in sent[1:]))


SERVERS = {"wsgi": over_wsgi, "asgi": over_asgi}
