"""docs/work.md: what it says of leases and tries is what is done, and its recipe for procrastinate works."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

from payport.rules.order import State
from payport.service.leasing import LEASE, MOST_TRIES
from tests.docs.pages import blocks, page
from tests.support.postgres import Postgres
from tests.support.shop import open_shop

PAGE = page("work.md")
CELERY, PROCRASTINATE = blocks(PAGE, "python")


def test_its_numbers_are_those_of_the_code() -> None:
    assert f"a lease of {LEASE.total_seconds():.0f} seconds" in PAGE
    assert "after five tries" in PAGE
    assert MOST_TRIES == 5


def test_the_recipe_for_celery_is_python() -> None:
    """Celery itself is not among the test tools."""
    assert "shop.work(limit=20)" in ast.unparse(ast.parse(CELERY))


def test_JOB_09_a_task_of_procrastinate_does_the_work_that_is_due(
    postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgres.fresh() as url:
        shop = open_shop(tmp_path, url)
        order = shop.order()
        shop.clock.forward(hours=25)
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("DATABASE_URL", url.replace("postgresql+psycopg", "postgresql"))
        names: dict[str, Any] = {}
        exec(compile(PROCRASTINATE, "<docs/work.md>", "exec"), names)
        object.__setattr__(names["shop"].seller, "clock", shop.clock)

        with names["app"].open() as app:
            app.schema_manager.apply_schema()
            names["payport_work"].defer(timestamp=0)
            app.run_worker(wait=False, listen_notify=False, install_signal_handlers=False)

        assert shop.payport.order(order.number).state is State.EXPIRED
        names["shop"].close()
        shop.payport.close()
