"""The one place where httpx is imported: moving to its maintained fork is a change of one line here.

Also how a plugin writes a request and reads an answer, so that no plugin imports an HTTP library.
"""

from __future__ import annotations

import json as json_text
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

import httpx as http
from pydantic import BaseModel, ConfigDict, ValidationError

from payport.errors import Malformed

__all__ = [
    "AnyHttp",
    "Request",
    "Response",
    "WireModel",
    "get",
    "http",
    "is_repeatable",
    "post",
    "read",
    "rebuilt",
    "unique_names",
    "unlogged",
]

Request = http.Request
Response = http.Response
AnyHttp = http.Client | http.AsyncClient

_REPEATABLE: Final = "payport.repeatable"
_OURS_TO_SET: Final = frozenset(
    {"accept-encoding", "connection", "content-length", "cookie", "expect", "host", "keep-alive"}
    | {
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
    }
)
_SILENT: Final[ContextVar[bool]] = ContextVar("payport.silent", default=False)
_Model = TypeVar("_Model", bound="WireModel")


class WireModel(BaseModel):
    """Body of an answer. Strict types; fields unknown to us are ignored; errors never show a value."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", hide_input_in_errors=True)


def post(
    url: object,
    path: str = "",
    *,
    json: Mapping[str, Any] | None = None,
    form: Mapping[str, str] | None = None,
    repeatable: bool = False,
) -> Request:
    """A POST with a JSON or a form body. `repeatable=True` only where the sheet says that asking twice
    is the same as asking once: the core then retries it."""
    if json is not None:
        content = json_text.dumps(json, ensure_ascii=False, separators=(",", ":")).encode()
        kind = "application/json"
    else:
        content = urlencode(form or {}).encode("ascii")
        kind = "application/x-www-form-urlencoded"
    return http.Request(
        "POST",
        f"{str(url).rstrip('/')}{path}",
        content=content,
        headers={"Content-Type": kind, "Accept-Encoding": "identity"},
        extensions={_REPEATABLE: repeatable},
    )


def get(
    url: object, path: str = "", *, query: Mapping[str, str] | None = None, repeatable: bool = False
) -> Request:
    """A GET; see `post`."""
    text = f"?{urlencode(query)}" if query else ""
    return http.Request(
        "GET",
        f"{str(url).rstrip('/')}{path}{text}",
        headers={"Accept-Encoding": "identity"},
        extensions={_REPEATABLE: repeatable},
    )


def is_repeatable(request: Request) -> bool:
    return request.extensions.get(_REPEATABLE) is True


def rebuilt(request: Request) -> Request:
    """The same request without what a plugin could have hidden in it: another Host, another name for the
    certificate, its own time-outs, cookies. An answer may come in no encoding."""
    headers = [(name, text) for name, text in request.headers.multi_items() if name not in _OURS_TO_SET]
    return http.Request(
        request.method,
        request.url,
        content=request.content,
        headers=[*headers, ("Accept-Encoding", "identity"), ("User-Agent", "payport")],
        extensions={_REPEATABLE: is_repeatable(request)},
    )


def read(model: type[_Model], response: Response) -> _Model:
    """A 200 with one JSON object of the model's shape, in UTF-8. Anything else raises Malformed, which is
    `unknown`."""
    if response.status_code != 200:
        raise Malformed(
            field="status",
            problem=f"HTTP {response.status_code}",
            remedy="Ask again later",
            reason="malformed",
        )
    try:
        document = json_text.loads(response.content.decode("utf-8-sig"), object_pairs_hook=unique_names)
        return model.model_validate(document)
    except (ValueError, RecursionError, ValidationError):
        raise Malformed(
            field="body",
            problem="not a JSON answer of the sheet's form",
            remedy="Ask again later",
            reason="malformed",
        ) from None


@contextmanager
def unlogged() -> Iterator[None]:
    """Inside, the HTTP library does not log URLs and headers: the transcript holds what may be known."""
    token = _SILENT.set(True)
    try:
        yield
    finally:
        _SILENT.reset(token)


def _is_logged(_: logging.LogRecord) -> bool:
    return not _SILENT.get()


for _name in ("httpx", "httpcore.connection", "httpcore.http11"):
    logging.getLogger(_name).addFilter(_is_logged)


def unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """For `json.loads`: a name given twice raises ValueError, since readers differ on which one counts."""
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a name is repeated")
    return result
