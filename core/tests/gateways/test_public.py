"""What others import: light for hosts, without a database for gateway authors."""

from __future__ import annotations

import subprocess
import sys

import pytest

import payport
import payport.plugin
import payport.testing


def modules_after(statement: str) -> set[str]:
    """The modules that a fresh interpreter holds after the statement."""
    code = f"{statement}\nimport sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


class TestTheHostsNames:
    def test_are_loaded_only_when_they_are_asked_for(self) -> None:
        ours = {name for name in modules_after("import payport") if name.startswith("payport")}

        assert ours == {"payport"}

    def test_bring_no_database_along_for_money_and_purchases(self) -> None:
        loaded = modules_after("from payport import Callback, New, read_purchase, vnd")

        assert not {"sqlalchemy", "httpx", "pluggy", "alembic"} & loaded

    @pytest.mark.parametrize("name", payport.__all__)
    def test_are_all_there(self, name: str) -> None:
        assert getattr(payport, name) is not None
        assert name in dir(payport)

    def test_that_are_not_there_say_so(self) -> None:
        with pytest.raises(AttributeError, match="has no attribute 'Paypal'"):
            _ = payport.Paypal


@pytest.mark.parametrize("module", ["payport.plugin", "payport.testing"])
def test_the_names_for_gateway_authors_bring_no_database(module: str) -> None:
    loaded = modules_after(f"import {module}")

    assert not {"sqlalchemy", "alembic", "starlette"} & loaded


@pytest.mark.parametrize("module", [payport.plugin, payport.testing], ids=lambda module: module.__name__)
def test_all_offered_names_are_there(module: object) -> None:
    offered = module.__all__  # type: ignore[attr-defined]

    assert all(hasattr(module, name) for name in offered)
    assert offered == sorted(offered, key=lambda name: (not name.isupper(), not name[0].isupper(), name))
