"""Where a web hook may point: outward, by https. One that points inward would call our own network for us.

An address is judged once resolved, so however it is written: decimal, hexadecimal, mapped into IPv6, behind a
name. The connection is then made to the very address that was judged (see webhook_sending): a name that
resolves to another one a moment later gains nothing.
"""

from __future__ import annotations

import re
import socket
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import urlsplit

from payport.errors import PayportError, RequestRefused
from payport.gateways.guard import Guard

__all__ = ["Target", "addresses", "is_allowed", "read_target", "refuse_if_inward"]

_URL: Final = re.compile(r"[!-~]+")  # no blanks, no controls, no letters that are written in two ways
_HOST: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9.])?|[0-9A-Fa-f:.]+")
_FORBIDDEN: Final = frozenset("\\@#")
_MOST_LENGTH: Final = 2000
_RESOLVING_S: Final = 3.0
_NAT64: Final = IPv6Network("64:ff9b::/96")
_UNICAST: Final = IPv6Network("2000::/3")  # all that IPv6 routes
_RESERVED: Final = (  # what `is_global` of some Python lets through
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.88.99.0/24"),
    IPv4Network("168.63.129.16/32"),  # a cloud's own services, at a public number
    IPv6Network("2001::/23"),
    IPv6Network("3fff::/20"),
)
_PORTS: Final = {"https": 443, "http": 80}
_resolver: Final = Guard("the name server")


@dataclass(frozen=True, slots=True)
class Target:
    """A URL in parts, as it is both judged and called: nothing reads it a second time."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """As the `Host` header names it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    def at(self, address: str) -> str:
        """The URL with the address in the place of the name."""
        host = f"[{address}]" if ":" in address else address
        return f"{self.scheme}://{host}:{self.port}{self.path}"


def read_target(url: str, *, sandbox: bool) -> Target:
    """Raises RequestRefused. Plain http only in the sandbox, where the address must then be this machine."""
    if len(url) > _MOST_LENGTH or not _URL.fullmatch(url) or _FORBIDDEN & set(url):
        raise _refused("not a plain web address without name, password and fragment")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").removesuffix("."), parts.port
    except ValueError:
        raise _refused("not a web address") from None
    if parts.scheme not in (_PORTS if sandbox else {"https"}):
        raise _refused("not https")
    if not _HOST.fullmatch(host) or port == 0:
        raise _refused("names no host in plain letters")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port or _PORTS[parts.scheme], path)


def addresses(target: Target, *, sandbox: bool) -> tuple[str, ...]:
    """What the host resolves to now; all of it points outward, or RequestRefused is raised.

    Raises: OSError where it does not resolve (in time).
    """
    found = _resolve(target.host, target.port)
    for each in found:
        loopback_alone = target.scheme == "http"
        if not is_allowed(each, sandbox=sandbox, loopback_alone=loopback_alone):
            raise _refused("plain http beyond this machine" if loopback_alone else "points inward")
    return found


def refuse_if_inward(target: Target, *, sandbox: bool) -> None:
    """For a start-up: as `addresses`, and a name that does not resolve now is judged at sending."""
    with suppress(OSError):
        addresses(target, sandbox=sandbox)


def is_allowed(address: str, *, sandbox: bool, loopback_alone: bool = False) -> bool:
    """Whether a connection may go there: the open internet; in the sandbox, this machine too."""
    ip = _meant(ip_address(address.partition("%")[0]))
    if ip.is_loopback:
        return sandbox
    return not loopback_alone and _is_outside(ip)


def _meant(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 address carries, if it is made to carry one."""
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped is not None:
            return ip.ipv4_mapped
        if ip.sixtofour is not None:
            return ip.sixtofour
        if ip in _NAT64:
            return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip


def _is_outside(ip: IPv4Address | IPv6Address) -> bool:
    if isinstance(ip, IPv6Address) and ip not in _UNICAST:
        return False
    if any(ip in network for network in _RESERVED):
        return False
    return ip.is_global and not (
        ip.is_private or ip.is_multicast or ip.is_reserved or ip.is_link_local or ip.is_unspecified
    )


def _resolve(host: str, port: int) -> tuple[str, ...]:
    """In time: a name server that does not answer is the same as one that knows nothing."""
    try:
        found = _resolver.within(
            _RESOLVING_S, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        )
    except (PayportError, UnicodeError) as error:
        raise OSError("the name does not resolve") from error
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


def _refused(problem: str) -> RequestRefused:
    return RequestRefused(
        field="url",
        problem=problem,
        remedy="Name an https address of the open internet, as it is reached there",
    )
