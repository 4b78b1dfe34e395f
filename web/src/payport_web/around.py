"""What stands around every page: a log line, headers, our own host names, a way out of failures, bounds."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from payport_web.bounds import Bounds
from payport_web.failsafe import ErrorPage, Failsafe
from payport_web.headers import SecurityHeaders
from payport_web.visits import VisitLog

__all__ = ["around"]


def around(
    *, hosts: Sequence[str], secure: bool, error: ErrorPage, known_by: Sequence[Middleware] = ()
) -> list[Middleware]:
    """From the outermost to the innermost.

    Args:
        hosts: names in `Host` that are ours; any other is refused.
        secure: whether HSTS is said; False is for a loopback address only.
        error: the page for what nobody expected, and for requests beyond the bounds.
        known_by: what finds out who is there; what it puts in `request.state`, the error page may use.
    """
    return [
        Middleware(VisitLog),
        Middleware(SecurityHeaders, secure=secure),
        Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False),
        *known_by,
        Middleware(Failsafe, page=error),
        Middleware(Bounds, page=error),
    ]
