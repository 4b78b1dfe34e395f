"""Every vector of the repository, by the code that `make vectors` runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from payport_contracts.kit.runner import Outcome, check, read
from payport_contracts.kit.vectors import checkers_for, main

FILES = sorted((Path(__file__).parents[1] / "vectors").glob("*.json"))
VECTORS = [(protocol, vector) for file in FILES for protocol, vectors in [read(file)] for vector in vectors]
NOT_BUILT_YET = {  # these wait for their plugins
    ("onepay", "pay_request"),  # refusals for a value's form
    ("onepay", "querydr_request"),  # the legacy one, which nobody signs
    ("onepay", "querydr_answer"),
    ("onepay", "refund_request"),
    ("onepay", "refund_answer"),
    ("nganluong", "confirm_decision"),
    ("vietqr", "build_payload"),
    ("vietqr", "parse_payload"),
    ("vietqr", "crc16"),
    ("vietqr", "normalize_memo"),
}


@pytest.mark.parametrize(
    ("protocol", "vector"), VECTORS, ids=lambda each: each["id"] if isinstance(each, dict) else each
)
def test_what_is_installed_agrees_with_the_vector(protocol: str, vector: Any) -> None:
    result = check(vector, checkers_for(protocol, vector["operation"]))

    assert not result.problems
    if result.outcome is Outcome.NOT_BUILT:
        assert (protocol, vector["operation"]) in NOT_BUILT_YET


def test_the_files_are_whole() -> None:
    assert [file.name for file in FILES] == ["nganluong.json", "onepay.json", "vietqr.json", "vnpay.json"]
    assert len(VECTORS) == 203


def test_the_command_runs_them_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(file) for file in FILES]) == 0

    printed = capsys.readouterr().out
    assert "FAILED" not in printed
    assert printed.count("in all") == len(FILES)
