"""What a host decides about its back office: who is there, which key signs forms, what it is called."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import NoReturn, TypeAlias

from starlette.requests import Request

from payport_backoffice.operator import Operator
from payport_web.signing import check_key

__all__ = ["Settings", "Who"]

Who: TypeAlias = Callable[[Request], Operator | Awaitable[Operator | None] | None]
"""The host's own login: who sent this request, or None. Asked once for each; it alone is believed."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that differs between two installations.

    Args:
        who: see Who. What it raises is an error page, and nobody is let in.
        form_key: at least 32 random bytes, kept between restarts and the same in every process; signs form
            tokens and the cookie that they are bound to.
        hosts: names in `Host` that are ours; any other is refused.
        secure: cookies only over https, and HSTS. False is for a loopback address only.
        sign_in: where the host's login is, to which whoever is not signed in is led.
    Raises: ValueError, naming the setting.
    """

    who: Who
    form_key: bytes = field(repr=False)
    hosts: tuple[str, ...]
    secure: bool = True
    sign_in: str | None = None

    def __post_init__(self) -> None:
        check_key("form_key", self.form_key)
        if not self.hosts:
            raise ValueError("hosts: none is named, so that every request would be refused")

    def __reduce__(self) -> NoReturn:
        raise TypeError("settings hold a key and are never serialised")
