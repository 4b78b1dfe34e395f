"""`payport new-plugin`: an installable distribution that is found, passes the kit, and sells a package."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from payport.doors.cli import main
from payport.errors import RequestRefused
from payport_contracts.kit.scaffold import write_plugin
from tests.docs.pages import ROOT


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A new plugin, installed into a folder of its own; and the environment in which it is found."""
    folder = tmp_path_factory.mktemp("author")
    write_plugin("saomai", title="Sao Mai", folder=folder / "payport-saomai")
    site = folder / "site"
    command = ["pip", "install", "--quiet", "--no-deps", "--offline", "--python", sys.executable]
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([uv, *command, "--target", site, folder / "payport-saomai"], check=True, timeout=60)
    return folder / "payport-saomai", {**os.environ, "PYTHONPATH": str(site)}


def run(made: tuple[Path, dict[str, str]], *command: str) -> str:
    folder, environment = made
    ran = subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, env=environment, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_its_own_tests_pass_as_it_is_made_the_kits_among_them(made: tuple[Path, dict[str, str]]) -> None:
    said = run(made, "pytest", "-q", "-p", "no:cacheprovider", "-W", "error")

    assert "27 passed, 1 skipped" in said


def test_it_is_formatted_and_says_nothing_that_a_linter_minds(made: tuple[Path, dict[str, str]]) -> None:
    configuration = str(ROOT / "pyproject.toml")
    for what in (["check"], ["format", "--check"]):
        run(made, "ruff", *what, "--quiet", "--no-cache", "--config", configuration, ".")


def test_it_is_strictly_typed(made: tuple[Path, dict[str, str]], tmp_path: Path) -> None:
    run(made, "mypy", "--strict", "--cache-dir", str(ROOT / ".mypy_cache"), "src")


def test_its_vectors_lie_beside_its_contracts_as_its_own_script_writes_them(
    made: tuple[Path, dict[str, str]],
) -> None:
    beside = made[0] / "src/payport_saomai/contracts"
    as_made = {file.name: file.read_bytes() for file in beside.glob("*.vectors.json")}

    subprocess.run([sys.executable, "tests/genuine.py"], cwd=made[0], check=True, timeout=20)

    assert sorted(as_made) == ["ipn.vectors.json", "request.vectors.json"]
    assert as_made == {file.name: file.read_bytes() for file in beside.glob("*.vectors.json")}


def test_nothing_but_the_standard_library_makes_them(made: tuple[Path, dict[str, str]]) -> None:
    text = (made[0] / "tests/genuine.py").read_text(encoding="utf-8")

    imported = set(re.findall(r"^(?:import|from) (\w+)", text, re.MULTILINE))
    assert imported <= sys.stdlib_module_names


def test_no_mark_of_the_template_is_left(made: tuple[Path, dict[str, str]]) -> None:
    for file in made[0].rglob("*"):
        if file.is_file() and file.suffix in {".py", ".toml", ".md"}:
            text = file.read_text(encoding="utf-8")
            assert "[[ " not in text, file
            assert "NAME" not in file.name


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        "name",
        [
            "",
            "a",
            "Sao",
            "sao-mai",
            "sao mai",
            "1sao",
            "vnpay",
            "x" * 32,
            "../x",
            "é",
            "class",
            "django",
            "simulators",
            "storefront",
        ],
    )
    def test_a_name_that_no_gateway_has(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(RequestRefused, match="NAME"):
            write_plugin(name, title="Sao Mai", folder=tmp_path / "x")
        assert not (tmp_path / "x").exists()

    @pytest.mark.parametrize("title", ["", " ", "N" * 31, 'a"b', "a\nb", "{{x}}", "[[ name ]]", "'''"])
    def test_a_title_that_breaks_what_is_written(self, tmp_path: Path, title: str) -> None:
        with pytest.raises(RequestRefused, match="--title"):
            write_plugin("saomai", title=title, folder=tmp_path / "x")
        assert not (tmp_path / "x").exists()

    def test_a_folder_that_is_there(self, tmp_path: Path) -> None:
        (tmp_path / "mine").write_text("kept")

        with pytest.raises(RequestRefused, match="--folder"):
            write_plugin("saomai", title="Sao Mai", folder=tmp_path)
        assert (tmp_path / "mine").read_text() == "kept"


def test_the_command_says_what_comes_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    assert main(["new-plugin", "saomai", "--title", "Sao Mai"]) == 0
    assert "python -m pytest && payport gateways" in capsys.readouterr().out
    assert main(["new-plugin", "saomai"]) == 1
    assert "is there already" in capsys.readouterr().err
