"""Which hosts a gateway account may call: those of the URLs among its settings, and no other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from pydantic import AnyUrl

from payport.gateways.believed import LOOPBACK
from payport.gateways.http import Request
from payport.gateways.types import Environment, GatewaySettings

__all__ = ["Origin", "origin_of", "origins", "unfit_url", "urls"]

_PORTS: Final = {"https": 443, "http": 80}


class Origin(NamedTuple):
    """Scheme, host and port: what a certificate and a socket belong to."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}"


def origin_of(request: Request) -> Origin:
    """Its host as it goes over the wire: a name in other letters as `xn--…`."""
    url = request.url
    return Origin(url.scheme, url.raw_host.decode("ascii"), url.port or _PORTS.get(url.scheme, 0))


def origins(settings: GatewaySettings) -> frozenset[Origin]:
    return frozenset(
        Origin(url.scheme, (url.host or "").strip("[]"), url.port or _PORTS.get(url.scheme, 0))
        for _, url in urls(settings)
    )


def urls(settings: GatewaySettings) -> Iterator[tuple[str, AnyUrl]]:
    """Each URL among the settings, with the name of its field."""
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        for entry in value if isinstance(value, tuple | list | frozenset) else (value,):
            if isinstance(entry, AnyUrl):
                yield name, entry


def unfit_url(url: AnyUrl, environment: Environment) -> str | None:
    """Why this account may not call it; None if it may."""
    if url.username or url.password:
        return "holds a name or a password"
    if url.scheme == "https":
        return None
    if url.scheme != "http":
        return "is not https"
    if environment is Environment.LIVE:
        return "is plain http in live"
    return (
        None
        if (url.host or "").strip("[]") in LOOPBACK
        else "is plain http, and its host is no loopback host"
    )
