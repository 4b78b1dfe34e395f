"""Contracts as they are found, and the auditor's list."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from payport.errors import ConfigurationError, ContractError
from payport.gateways.library import ContractLibrary, load_approved

CONTRACT = """
id = "{name}"
version = "{version}"
source = "a test"
direction = "request"
fields = "query"
message = {{ parts = ["field.a", "secret"], join = "|" }}
signature = {{ at = "field.sig", algorithm = "MD5", key = "secret", written = "hex lower" }}
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., EntryPoint]:
    """A package of files, as a distribution would name it."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def make(name: str, files: dict[str, str]) -> EntryPoint:
        for file, text in files.items():
            (tmp_path / name / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name / file).write_bytes(text.encode())
        (tmp_path / name / "__init__.py").touch()
        return EntryPoint("any", name, "payport.contracts")

    return make


def contract(name: str = "some", version: str = "1.0.0") -> str:
    return CONTRACT.format(name=name, version=version)


class TestAPackageOfContracts:
    def test_is_read_at_any_depth_without_vectors_and_approvals(
        self, package: Callable[..., EntryPoint]
    ) -> None:
        point = package(
            "pack_deep",
            {
                "a.toml": contract("a"),
                "one/two/b.toml": contract("b"),
                "one/b.vectors.toml": "nonsense",
                "one/vectors.json": "{}",
                "approved.toml": "[[approved]]",
                "README.md": "#",
            },
        )

        library = ContractLibrary.installed([point])

        assert [found.id for found in library.all] == ["a", "b"]
        assert library.refused == ()

    def test_with_a_faulty_file_keeps_the_others(self, package: Callable[..., EntryPoint]) -> None:
        point = package("pack_faulty", {"a.toml": contract("a"), "b.toml": "id = 7", "c.toml": "no toml"})

        library = ContractLibrary.installed([point])

        assert [found.id for found in library.all] == ["a"]
        assert [entry.source for entry in library.refused] == [
            "unknown unknown, b.toml:1",
            "unknown unknown, c.toml:1",
        ]

    def test_that_is_not_there_harms_no_other(self, package: Callable[..., EntryPoint]) -> None:
        gone = EntryPoint("gone", "nosuch_package", "payport.contracts")
        point = package("pack_beside", {"a.toml": contract("a")})

        library = ContractLibrary.installed([gone, point])

        assert [found.id for found in library.all] == ["a"]
        assert "ModuleNotFoundError" in library.refused[0].reason

    def test_keeps_line_ends_for_the_digest(self, package: Callable[..., EntryPoint]) -> None:
        unix = package("pack_unix", {"a.toml": contract()})
        dos = package("pack_dos", {"a.toml": contract().replace("\n", "\r\n")})

        digests = {ContractLibrary.installed([point]).all[0].digest for point in (unix, dos)}

        assert len(digests) == 2


class TestGettingAContract:
    def test_gives_the_newest_of_a_major_version(self, package: Callable[..., EntryPoint]) -> None:
        versions = ["1.2.0", "1.10.0", "1.9.9", "2.0.0"]
        point = package("pack_versions", {f"{v}.toml": contract(version=v) for v in versions})

        assert ContractLibrary.installed([point]).get("some", 1).version == "1.10.0"

    def test_that_is_not_there_names_it_and_the_remedy(self) -> None:
        with pytest.raises(ContractError, match=r"contract some 1: no installed distribution .* Install"):
            ContractLibrary([]).get("some", 1)

    def test_that_two_claim_is_refused_and_names_both(self, package: Callable[..., EntryPoint]) -> None:
        one = package("pack_one", {"a.toml": contract(), "old.toml": contract(version="1.0.1")})
        two = package("pack_two", {"b.toml": contract(version="1.0.1")})

        library = ContractLibrary.installed([one, two])

        with pytest.raises(ContractError, match=r"some 1.0.1 is claimed by .*old.toml and .*b.toml"):
            library.get("some", 1)  # and not, in silence, the older 1.0.0
        assert len(library.refused) == 2


class TestTheApprovedList:
    line = f"""
[[approved]]
id = "some"
version = "1.0.0"
sha256 = "{"a" * 64}"
who = "Lan"
when = 2026-11-20
"""

    def test_is_looked_up_by_digest(self) -> None:
        approved = load_approved(self.line, source="approved.toml")

        assert approved["a" * 64].who == "Lan"

    @pytest.mark.parametrize(
        ("text", "field"),
        [
            ("[[approved", "approved.toml"),
            (line.replace('who = "Lan"', 'who = ""'), "approved.toml: approved.0.who"),
            (line.replace("a" * 64, "A" * 64), "approved.toml: approved.0.sha256"),
            (line + "note = 1\n", "approved.toml: approved.0.note"),
        ],
    )
    def test_with_a_fault_names_file_and_key(self, text: str, field: str) -> None:
        with pytest.raises(ConfigurationError) as caught:
            load_approved(text, source="approved.toml")

        assert caught.value.field == field
