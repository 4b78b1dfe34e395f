"""A gateway's message, from Django's request to Payport's doors byte for byte, and the answer back.

Query and headers are the server's own (the WSGI environ, the ASGI scope), never what Django made of them.
The body is read off the request's stream: so a middleware that has read it before has taken nothing away, and
the limits are Payport's, not DATA_UPLOAD_MAX_MEMORY_SIZE.
"""

from __future__ import annotations

from http.client import responses
from typing import TYPE_CHECKING, Any, Final

from asgiref.sync import async_to_sync
from django.core.handlers.asgi import ASGIRequest
from django.db.transaction import non_atomic_requests
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from payport_django.process import opened

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["door"]

_CHUNK: Final = 64 * 1024


@csrf_exempt  # a gateway has no token; its signature is what counts
@never_cache  # "call again" must not be answered out of a cache once money has come
@non_atomic_requests  # what Payport has kept is not to be undone, nor to wait for Django's database
def door(request: HttpRequest, account: str, channel: str) -> HttpResponse:
    """Answer one callback: an IPN in its gateway's words, a return by the way to the order's page."""
    path = f"/{account}/{channel}"
    return _by_scope(request, path) if isinstance(request, ASGIRequest) else _by_environ(request, path)


door.login_required = False  # type: ignore[attr-defined] # LoginRequiredMiddleware would send a gateway to log in


def _by_environ(request: HttpRequest, path: str) -> HttpResponse:
    environ = {**request.META, "PATH_INFO": path.encode().decode("latin-1")}
    if environ.get("CONTENT_LENGTH"):
        environ["wsgi.input"] = request  # without a length Django reads nothing: the stream is as it came
    response = HttpResponse()

    def start_response(
        status: str, headers: list[tuple[str, str]], _: Any = None
    ) -> Callable[[bytes], object]:
        code, _, response.reason_phrase = status.partition(" ")
        response.status_code = int(code)
        for name, value in headers:
            response[name] = value
        return response.write

    response.content = b"".join(opened().wsgi(environ, start_response))
    return response


def _by_scope(request: ASGIRequest, path: str) -> HttpResponse:
    scope = {**request.scope, "path": path, "raw_path": path.encode(), "root_path": ""}
    announced, came = request.META.get("CONTENT_LENGTH", ""), 0
    response = HttpResponse()
    del response["Content-Type"]  # only what the door says

    async def receive() -> dict[str, Any]:
        nonlocal came
        chunk = request.read(_CHUNK)
        came += len(chunk)
        if not chunk and announced.isdecimal() and came < int(announced):  # a part of it was read by another
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": chunk, "more_body": bool(chunk)}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            response.status_code = message["status"]
            response.reason_phrase = responses.get(message["status"], "Answered")
            for name, value in message["headers"]:
                response[name.decode("latin-1")] = value.decode("latin-1")
        else:
            response.write(message.get("body", b""))

    async def answer() -> None:
        await opened().asgi(scope, receive, send)

    async_to_sync(answer)()
    return response
