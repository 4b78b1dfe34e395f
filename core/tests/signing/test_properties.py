"""What a gateway sends is read as it was meant; what an attacker changes is refused or changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from payport.errors import CallbackRejected
from payport.signing.message import php_form
from payport.signing.received import Received, Verified

if TYPE_CHECKING:
    from conftest import Sender

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40)
FEW = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(params=["vnpay", "onepay"])
def gateway(request: pytest.FixtureRequest) -> Sender:
    return request.getfixturevalue(request.param)


@given(TEXT)
def test_php_form_is_quote_plus_but_for_the_tilde(text: str) -> None:
    assert php_form(text) == quote_plus(text, safe="").replace("~", "%7E")


class TestAGenuineMessage:
    @FEW
    @given(st.data())
    def test_is_read_as_it_was_meant(self, gateway: Sender, data: Any) -> None:
        text = data.draw(TEXT.filter(lambda value: "&" not in value or gateway.text != "vpc_Message"))
        fields = {**gateway.fields, gateway.text: text}

        result = gateway.judge(gateway.message(fields))

        assert isinstance(result, Verified)
        assert result.get(gateway.text) == text


class TestAChangedMessage:
    @FEW
    @given(st.data())
    def test_is_refused_or_means_the_same(self, gateway: Sender, data: Any) -> None:
        genuine = gateway.message()
        raw = bytearray(genuine.query)
        for _ in range(data.draw(st.integers(1, 3))):
            place = data.draw(st.integers(0, len(raw) - 1))
            piece = data.draw(
                st.sampled_from([b"", b"&", b"=", b"%", b"+", b"%20", b"0", b"&x=1", b"\xff", b"A"])
            )
            raw[place : place + data.draw(st.integers(0, 2))] = piece

        try:
            result = gateway.judge(gateway.deliver(bytes(raw)))
        except CallbackRejected:
            return

        assert isinstance(result, Verified)
        assert result.fields == gateway.judge(genuine).fields

    @FEW
    @given(raw=st.binary(max_size=300))
    def test_that_is_mere_noise_is_refused(self, sender: Sender, raw: bytes) -> None:
        for method in ("GET", "POST", "PUT"):
            with pytest.raises(CallbackRejected):
                sender.judge(Received(method, raw, (), raw, sender.message().received_at))
