"""The runner sees a difference, says where, and never what a secret is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from payport_contracts.kit.runner import Disagreement, Outcome, Unreadable, check, read
from payport_contracts.kit.vectors import checkers_for, main

VECTORS = Path(__file__).parents[1] / "vectors"
SECRET = "TEST-nl-secret-alpha"


def a_vector(**changes: Any) -> dict[str, Any]:
    return {"id": "x-1", "operation": "o", "valid": True, "expected": {"outcome": "paid"}} | changes


def problems(vector: Mapping[str, Any], **facts: Any) -> tuple[str, ...]:
    return check(vector, [lambda _: facts]).problems


class TestAnAgreement:
    def test_on_everything_that_both_name(self) -> None:
        result = check(a_vector(), [lambda _: {"valid": True, "outcome": "paid", "unheard_of": 1}])

        assert (result.outcome, result.problems) == (Outcome.PASSED, ())

    def test_on_a_part_alone_is_said_so(self) -> None:
        assert check(a_vector(), [lambda _: {"outcome": "paid"}]).outcome is Outcome.SIGNATURE

    def test_of_nobody_is_not_built(self) -> None:
        assert check(a_vector(), []).outcome is Outcome.NOT_BUILT
        assert check(a_vector(), [lambda _: None]).outcome is Outcome.NOT_BUILT

    def test_does_not_hang_on_words_that_only_inform(self) -> None:
        vector = a_vector(
            expected={"reason": "bad_signature", "body": {"RspCode": "97", "Message": "Invalid"}}
        )

        assert not problems(vector, valid=True, reason="mismatch", body={"RspCode": "97", "Message": "Wrong"})

    def test_takes_any_right_query_for_the_one_that_is_given(self) -> None:
        assert not problems(a_vector(expected={"url_query": "a=1&b=x+y"}), url_query="b=x%20y&a=1")


class TestADifference:
    @pytest.mark.parametrize(
        ("facts", "told"),
        [
            ({"valid": False, "reason": "mismatch"}, "valid: expected true, came false (mismatch)"),
            ({"outcome": "pending"}, 'outcome: expected "paid", came "pending"'),
            ({"outcome": None}, 'outcome: expected "paid", came null'),
        ],
    )
    def test_is_told_with_both_sides(self, facts: dict[str, Any], told: str) -> None:
        assert problems(a_vector(), **facts) == (told,)

    def test_of_type_is_one(self) -> None:
        assert problems(a_vector(expected={"amount": 1}), amount=True)
        assert problems(a_vector(expected={"verified": True}), verified=1)

    def test_inside_an_object_is_one(self) -> None:
        expected = {"fields": {"vpc_Amount": "1"}}

        assert problems(a_vector(expected=expected), fields={"vpc_Amount": "2"})
        assert problems(a_vector(expected=expected), fields={})
        assert not problems(a_vector(expected=expected), fields={"vpc_Amount": "1", "vpc_Version": "2"})

    @pytest.mark.parametrize("place", ["canonical", "canonical_recomputed_from_received"])
    def test_of_the_signed_text_is_told_by_its_place(self, place: str) -> None:
        vector = a_vector(**{place: f"a|{SECRET}|b"})

        (problem,) = problems(vector, canonical=f"a|{SECRET}|c")

        assert problem == "canonical: differs from character 23 on (24 expected, 24 came)"

    def test_in_one_checker_is_enough(self) -> None:
        result = check(a_vector(), [lambda _: {"valid": True}, lambda _: {"outcome": "failed"}])

        assert result.outcome is Outcome.FAILED

    def test_holds_no_secret_of_the_vector(self) -> None:
        vector = a_vector(secret={"merchant": "M1", "keys": {"secure_pass": SECRET}}, expected={"text": "x"})

        (problem,) = problems(vector, text=SECRET)

        assert problem == 'text: expected "x", came "[secret]"'

    def test_may_be_said_by_the_checker_itself(self) -> None:
        def disagree(_: object) -> None:
            raise Disagreement("signature: expected to be refused, was believed")

        assert check(a_vector(), [disagree]).problems == ("signature: expected to be refused, was believed",)

    def test_is_a_check_that_breaks_and_its_words_are_not_shown(self) -> None:
        def fall(_: object) -> None:
            raise RuntimeError(SECRET)

        assert check(a_vector(), [fall]).problems == ("the check raised RuntimeError",)


class TestEveryVectorBites:
    """Turn the verdict, or one character of the hash or of the text, and the vector must fail."""

    @staticmethod
    def judged() -> Iterator[tuple[str, dict[str, Any]]]:
        for file in ("vnpay", "onepay", "nganluong"):
            protocol, vectors = read(VECTORS / f"{file}.json")
            for vector in vectors:
                found = check(vector, checkers_for(protocol, vector["operation"]))
                told_by_a_simulator = vector["operation"] == "pay_request_verify"
                if found.outcome is Outcome.PASSED and not told_by_a_simulator:
                    yield protocol, deepcopy(dict(vector))

    def test_on_its_verdict(self) -> None:
        for protocol, vector in self.judged():
            vector["valid"] = not vector["valid"]
            result = check(vector, checkers_for(protocol, vector["operation"]))

            assert result.outcome is not Outcome.PASSED, vector["id"]

    def test_on_its_hash_and_its_text(self) -> None:
        turned = 0
        for protocol, vector in self.judged():
            for place in (vector["expected"], vector):
                for name in ("vnp_SecureHash", "vpc_SecureHash", "secure_code", "checksum", "canonical"):
                    if isinstance(place.get(name), str) and vector["valid"]:
                        true = place[name]
                        place[name] = "~" + true[1:]
                        result = check(vector, checkers_for(protocol, vector["operation"]))
                        place[name] = true
                        assert result.outcome is Outcome.FAILED, (vector["id"], name)
                        turned += 1

        assert turned > 60


class TestAFile:
    @pytest.mark.parametrize(
        ("content", "told"),
        [
            ("{", "not JSON"),
            ("[]", "protocol"),
            ('{"protocol": "vnpay"}', "vectors"),
            ('{"protocol": "vnpay", "vectors": []}', "vectors"),
            ('{"protocol": "vnpay", "vectors": [{"id": "x"}]}', "vector 0"),
            ('{"protocol": "vnpay", "vectors": [{"id": "x", "operation": "o", "valid": 1}]}', "x lacks"),
        ],
    )
    def test_that_is_no_vector_file_ends_with_2(
        self, content: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = tmp_path / "broken.json"
        file.write_text(content)

        assert main([str(file)]) == 2

        printed = capsys.readouterr().err
        assert told in printed
        assert "broken.json" in printed

    def test_that_is_missing_ends_with_2(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main([str(tmp_path / "none.json")]) == 2
        assert "none.json" in capsys.readouterr().err
        with pytest.raises(Unreadable):
            read(tmp_path)

    def test_with_one_false_vector_ends_with_1_and_names_it(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        document = json.loads((VECTORS / "nganluong.json").read_text())
        document["vectors"][0]["expected"]["secure_code"] = "0" * 32
        file = tmp_path / "false.json"
        file.write_text(json.dumps(document))

        assert main([str(file)]) == 1

        printed = capsys.readouterr().out
        assert "FAILED nl-std-001 standard_checkout: secure_code: differs from character 0" in printed
        assert "5 passed, 1 failed" in printed
        assert SECRET not in printed

    def test_of_an_unknown_protocol_is_listed_and_passes(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = tmp_path / "other.json"
        file.write_text(json.dumps({"protocol": "saomai", "vectors": [a_vector()]}))

        assert main([str(file)]) == 0
        assert "1 not built" in capsys.readouterr().out


def test_no_file_at_all_is_told_how(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "FILE" in capsys.readouterr().err
