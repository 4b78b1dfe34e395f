from __future__ import annotations

from ipaddress import ip_network

import pytest
from starlette.requests import Request

from payport_storefront.visitor import address_of

PROXIES = (ip_network("10.0.0.0/8"),)


def _request(peer: str | None, *forwarded: str) -> Request:
    return Request(
        {
            "type": "http",
            "client": (peer, 50000) if peer else None,
            "headers": [(b"x-forwarded-for", hop.encode()) for hop in forwarded],
        }
    )


class TestAVisitorWhoComesDirectly:
    def test_CHN_10_has_the_address_of_the_socket_whatever_the_headers_say(self) -> None:
        assert address_of(_request("203.0.113.9", "198.51.100.1"), PROXIES) == "203.0.113.9"
        assert address_of(_request("10.0.0.1", "198.51.100.1"), ()) == "10.0.0.1"

    def test_over_ipv6_mapped_ipv4_has_the_ipv4_address(self) -> None:
        assert address_of(_request("::ffff:203.0.113.9"), ()) == "203.0.113.9"


class TestAVisitorBehindOurProxy:
    def test_CHN_10_has_the_address_that_the_proxy_appended(self) -> None:
        assert address_of(_request("10.0.0.1", "203.0.113.9"), PROXIES) == "203.0.113.9"

    def test_CHN_10_cannot_put_another_address_in_front(self) -> None:
        assert address_of(_request("10.0.0.1", "198.51.100.1, 203.0.113.9"), PROXIES) == "203.0.113.9"
        assert (
            address_of(_request("10.0.0.1", "198.51.100.1", "203.0.113.9, 10.0.0.2"), PROXIES)
            == "203.0.113.9"
        )

    @pytest.mark.parametrize("forwarded", ["", "unknown", "203.0.113.9:8080", "'; drop"])
    def test_CHN_10_keeps_the_proxy_address_where_nothing_readable_was_appended(self, forwarded: str) -> None:
        assert address_of(_request("10.0.0.1", forwarded), PROXIES) == "10.0.0.1"


def test_no_socket_address_is_no_address() -> None:
    assert address_of(_request(None), PROXIES) == "0.0.0.0"
