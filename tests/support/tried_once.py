"""Result codes are tried once for a test process: what is installed does not change in it, and each report
would try them anew."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pytest

from payport.gateways.facade import Gateway
from payport_contracts.kit.audit import gateway_rows
from payport_contracts.kit.audit.result_codes import code_tables

__all__ = ["codes_tried_once"]

_tried: Final[dict[tuple[str, str, str], Any]] = {}


@pytest.fixture(scope="module", autouse=True)
def codes_tried_once() -> Iterator[None]:
    """For the module that imports it."""

    def once(gateway: Gateway, vectors: Any) -> Any:
        key = (gateway.id, gateway.distribution, gateway.version)
        if key not in _tried:
            _tried[key] = code_tables(gateway, vectors)
        return _tried[key]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(gateway_rows, "code_tables", once)
        yield
