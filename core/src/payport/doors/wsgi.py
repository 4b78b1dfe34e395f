"""The two doors for callbacks, as a WSGI app: for Flask, Django on WSGI, and hosts without a framework.

The same as asgi.py, as far as WSGI tells: a server that puts a repeated header together hands on one with a
comma, which no contract takes for one.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from payport.doors.neutral import NEUTRAL_PAGE, NO_STORE
from payport.errors import ConfigurationError
from payport.service.receiving import MOST_BODY, MOST_HEADERS, MOST_QUERY, receive
from payport.service.seller import Seller
from payport.signing.received import Callback, Channel

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["doors"]

_DOOR: Final = re.compile(r"/([^/]+)/(ipn|return)")
_REASONS: Final = {
    200: "OK", 303: "See Other", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed",
    411: "Length Required", 413: "Content Too Large", 503: "Service Unavailable",
}  # fmt: skip
_UNPREFIXED: Final = ("CONTENT_TYPE", "CONTENT_LENGTH")
_OF_THIS_PROCESS: Final = "HTTP_PROXY"
"""wsgiref and CGI mix the environment in: this may hold a password, and no gateway sends a header Proxy."""
_log = logging.getLogger("payport.doors")


class _Refused(Exception):
    def __init__(self, status: int) -> None:
        self.status = status


def doors(seller: Seller) -> WSGIApplication:
    """Mount it where `seller.public_url` points: SCRIPT_NAME is the host's, PATH_INFO ours."""

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            status, headers, body = _answered(seller, environ)
        except _Refused as refused:  # its body is not read; to hang up is the server's own (PEP 3333)
            status, headers, body = refused.status, {**NO_STORE}, b""
        except Exception as error:
            _log.error(
                "a door failed: %s", error if isinstance(error, ConfigurationError) else type(error).__name__
            )
            status, headers, body = 503, {**NO_STORE}, b""
        line = f"{status} {_REASONS.get(status, 'Answered')}"
        kind = headers.pop("Content-Type", "text/plain")  # WSGI wants one, even of nothing
        length = ("Content-Length", str(len(body)))
        start_response(line, [("Content-Type", kind), length, *headers.items()])
        return [body]

    return app


def _answered(seller: Seller, environ: WSGIEnvironment) -> tuple[int, dict[str, str], bytes]:
    callback = _callback(seller, environ)
    receipt = receive(seller, callback)
    if callback.channel is Channel.IPN:
        reply = receipt.reply
        return reply.status, {**NO_STORE, "Content-Type": reply.content_type}, reply.body
    if receipt.order_token is None:
        return 200, {**NO_STORE, "Content-Type": "text/html; charset=utf-8"}, NEUTRAL_PAGE.encode()
    return 303, {**NO_STORE, "Location": seller.order_url(receipt.order_token)}, b""


def _callback(seller: Seller, environ: WSGIEnvironment) -> Callback:
    """The message as it came, as far as the server tells. Raises _Refused for what is not kept."""
    door = _DOOR.fullmatch(environ.get("PATH_INFO", ""))
    if door is None or door[1] not in seller.accounts:
        raise _Refused(404)
    method = environ["REQUEST_METHOD"]
    if method not in ("GET", "POST"):
        raise _Refused(405)
    query = environ.get("QUERY_STRING", "").encode("latin-1")
    headers = tuple(_headers(environ))
    if len(query) > MOST_QUERY or sum(len(name) + len(value) for name, value in headers) > MOST_HEADERS:
        raise _Refused(413)
    return Callback(
        method=method,
        query=query,
        headers=headers,
        body=_body(environ),
        received_at=seller.clock(),
        account=door[1],
        channel=Channel(door[2]),
    )


def _headers(environ: WSGIEnvironment) -> Iterable[tuple[bytes, bytes]]:
    for name, value in environ.items():
        if name == _OF_THIS_PROCESS:
            continue
        if name.startswith("HTTP_") or (name in _UNPREFIXED and value):
            plain = name.removeprefix("HTTP_").replace("_", "-").lower()
            yield plain.encode("latin-1"), value.encode("latin-1")


def _body(environ: WSGIEnvironment) -> bytes:
    """All that was announced and not a byte more; of one that ends by itself, as much as we take.

    One that comes in chunks, and whose end the server does not know, is refused: it would be taken for empty.
    So is one of both kinds, whose end a proxy may see elsewhere (RFC 9112, 6.1 and 6.3).
    """
    announced = environ.get("CONTENT_LENGTH") or ""
    in_chunks = "HTTP_TRANSFER_ENCODING" in environ
    source: Any = environ["wsgi.input"]
    if announced and in_chunks:
        raise _Refused(400)
    if in_chunks and not environ.get("wsgi.input_terminated"):
        raise _Refused(411)
    if not announced:
        body: bytes = source.read(MOST_BODY + 1) if environ.get("wsgi.input_terminated") else b""
    elif not announced.isdecimal():  # of Latin-1, which WSGI's text is, that is 0 to 9
        raise _Refused(400)
    elif len(announced) > len(str(MOST_BODY)) or int(announced) > MOST_BODY:
        raise _Refused(413)
    else:
        body = source.read(int(announced))
        if len(body) < int(announced):
            raise _Refused(400)
    if len(body) > MOST_BODY:
        raise _Refused(413)
    return body
