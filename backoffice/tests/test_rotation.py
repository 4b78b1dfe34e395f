"""Changing a key: the dates leave no gap, the lines are TOML, and no value stands in them."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from payport import KeyView
from payport_backoffice.rotation import rotation

NOW = datetime(2026, 11, 24, 5, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def key(**changed: Any) -> KeyView:
    facts = {
        "gateway_account": "vnpay-main",
        "role": "hash_secret",
        "id": "2026-11",
        "not_before": None,
        "not_after": None,
        "standing": "signs now",
        "ends_soon": False,
        "last_used_at": None,
    }
    return KeyView(**{**facts, **changed})


@pytest.mark.parametrize("left", [None, timedelta(hours=3), timedelta(days=1), timedelta(days=20)])
def test_the_new_one_begins_before_the_old_one_ends(left: timedelta | None) -> None:
    old = key(not_after=None if left is None else NOW + left)

    plan = rotation("vnpay-main", "hash_secret", [old], now=NOW, zone=ZONE)

    first, second = tomllib.loads(plan.toml)["accounts"]["keys"]
    assert (first["id"], second["id"], plan.new) == ("2026-11", plan.new, second["id"])
    assert second["not_before"] <= first["not_after"]
    assert second["not_before"] >= NOW or left == timedelta(hours=3)
    assert left is None or first["not_after"] == NOW + left, "the end that is configured is kept"
    assert "value" not in first
    assert second["value"] == {"env": plan.variable}


def test_a_role_without_a_valid_key_gets_one_at_once() -> None:
    gone = key(standing="ended", not_after=NOW - timedelta(days=1))

    plan = rotation("vnpay-main", "hash_secret", [gone], now=NOW, zone=ZONE)

    (only,) = tomllib.loads(plan.toml)["accounts"]["keys"]
    assert only == {"role": "hash_secret", "id": "2026-11-2", "value": {"env": plan.variable}}
    assert (plan.old, plan.begins, plan.ends) == (None, None, None)
    assert plan.variable == "VNPAY_MAIN_HASH_SECRET_2026_11_2"


def test_what_signs_is_replaced_where_several_verify() -> None:
    keys = [key(id="a", standing="verifies"), key(id="b")]

    assert rotation("vnpay-main", "hash_secret", keys, now=NOW, zone=ZONE).old == "b"
