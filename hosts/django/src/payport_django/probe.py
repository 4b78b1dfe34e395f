"""What this project answers to a request from outside: asked in this process, through all middleware."""

from __future__ import annotations

import io
import sys
from typing import Any
from urllib.parse import SplitResult

from django.core.handlers.wsgi import WSGIHandler

__all__ = ["answer_of"]


def answer_of(url: SplitResult, path: str, method: str = "HEAD") -> tuple[int, str]:
    """Status, and where it leads if it is a redirect. A server asked like this has no body to read."""
    port = url.port or (443 if url.scheme == "https" else 80)
    environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path.encode().decode("latin-1"),
        "QUERY_STRING": "",
        "SERVER_NAME": url.hostname or "",
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": url.netloc,
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": url.scheme,
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    told: list[tuple[int, str]] = []

    def start_response(status: str, headers: list[tuple[str, str]], _: Any = None) -> Any:
        told.append((int(status[:3]), dict(headers).get("Location", "")))

    response = WSGIHandler()(environ, start_response)
    response.close()
    return told[0]
