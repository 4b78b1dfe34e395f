"""Where a request comes from: the socket's address, or what a configured proxy says."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

from starlette.requests import Request

__all__ = ["address_of"]

_NOWHERE: Final = IPv4Address("0.0.0.0")  # noqa: S104 - a value to show, not an address to bind


def address_of(request: Request, trusted: Sequence[IPv4Network | IPv6Network]) -> str:
    """The nearest hop that is not one of our own proxies, read from the right.

    Only what a trusted proxy appended counts: everything left of the first stranger was written by him.
    """
    here = _address(request.client.host if request.client else "")
    forwarded = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
    hops = [hop.strip() for hop in forwarded]
    while here is not None and hops and any(here in network for network in trusted):
        further = _address(hops.pop())
        if further is None:
            break
        here = further
    return str(here or _NOWHERE)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
