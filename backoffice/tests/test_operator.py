"""Roles and what they may do."""

from __future__ import annotations

import pickle

import pytest

from payport_backoffice import Operator, Right, Role, Settings
from payport_backoffice.operator import RIGHTS


def test_everybody_reads_and_only_who_acts_approves() -> None:
    assert set(RIGHTS) == set(Role)
    assert {role for role in Role if Right.READ in RIGHTS[role]} == set(Role)
    assert {role for role in Role if Right.ACT in RIGHTS[role]} == {Role.OPERATOR, Role.APPROVER}
    assert {role for role in Role if Right.APPROVE in RIGHTS[role]} == {Role.APPROVER}


def test_who_audits_acts_on_nothing() -> None:
    assert RIGHTS[Role.AUDITOR] == {Right.READ, Right.AUDIT, Right.EXPORT}


def test_who_audits_is_not_told_who_a_buyer_is() -> None:
    assert {role for role in Role if Right.BUYER not in RIGHTS[role]} == {Role.AUDITOR}


def test_a_role_that_is_not_one_lets_nobody_in() -> None:
    with pytest.raises(ValueError, match="admin"):
        Operator("ha", "admin")  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 101, "ha\x1b[31m"])
def test_SEC_02_a_name_that_is_no_line_of_text_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="name:"):
        Operator(name, Role.OPERATOR)


def test_a_vietnamese_name_is_known_by_its_last_two_words() -> None:
    assert Operator("Nguyễn Thu Hà", Role.VIEWER).initials == "TH"


def test_SEC_07_settings_never_show_their_key() -> None:
    settings = Settings(who=lambda _: None, form_key=b"planted-marker-secret" * 2, hosts=("desk.example",))

    assert "planted-marker" not in repr(settings)
    with pytest.raises(TypeError, match="never serialised"):
        pickle.dumps(settings)
    with pytest.raises(ValueError, match="form_key"):
        Settings(who=lambda _: None, form_key=b"short", hosts=("desk.example",))
    with pytest.raises(ValueError, match="hosts"):
        Settings(who=lambda _: None, form_key=b"k" * 32, hosts=())
