"""Commands that other distributions bring."""

from __future__ import annotations

from pathlib import Path

import pytest

from payport.doors.cli import main
from payport.doors.cli.app import COMMANDS
from payport.doors.cli.brought import GROUP, KIT


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of `sys.path` to install into."""
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def _install(site: Path, name: str, code: str, **commands: str) -> None:
    (site / f"{name}.py").write_text(code, encoding="utf-8")
    folder = site / f"{name}-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    lines = [f"{command} = {name}:{attribute}" for command, attribute in commands.items()]
    (folder / "entry_points.txt").write_text("\n".join([f"[{GROUP}]", *lines]))


def test_a_distribution_brings_a_command_that_runs_as_ours_do(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = "def greet(whom: str) -> int:\n    print('hello', whom)\n    return 1\n"
    _install(site, "greeter_of_tests", code, greet="greet")

    assert main(["greet", "world"]) == 1
    assert capsys.readouterr().out == "hello world\n"


def test_a_command_that_is_an_application_has_commands_of_its_own(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = (
        "from cyclopts import App\napp = App(name='zoo')\n"
        "@app.command\ndef feed(whom: str) -> None:\n    print('fed', whom)\n"
    )
    _install(site, "zoo_of_tests", code, zoo="app")

    assert main(["zoo", "feed", "bears"]) == 0
    assert capsys.readouterr().out == "fed bears\n"


def test_help_names_every_command_and_loads_none(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _install(site, "loud_of_tests", "raise RuntimeError('loaded')", loud="run")

    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert "loud: Comes with loud_of_tests 1.0." in shown
    assert all(f"{name}: " in shown for name in (*COMMANDS, *KIT))


def test_one_that_cannot_be_loaded_is_named_and_harms_no_other(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _install(site, "broken_of_tests", "raise RuntimeError('sk_live_1')", broken="run")
    _install(site, "lacking_of_tests", "import nothing_of_that_name", lacking="run")

    assert main(["broken"]) == 1
    said = capsys.readouterr().err
    assert "broken_of_tests 1.0 cannot be loaded: RuntimeError at broken_of_tests.py:1" in said
    assert "sk_live_1" not in said
    assert main(["lacking"]) == 1
    assert "lacks the module nothing_of_that_name" in capsys.readouterr().err
    assert main(["--help", "lacking"]) == 1
    assert "lacks the module nothing_of_that_name" in capsys.readouterr().err
    assert main(["gateways"]) == 0


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("run = 5", "offers int, which cannot be called"),
        ("import json as run", "offers module, which cannot be called"),
        ("raise SystemExit(0)", "cannot be loaded: SystemExit"),
    ],
)
def test_what_is_no_command_is_its_authors_fault(
    site: Path, capsys: pytest.CaptureFixture[str], code: str, said: str
) -> None:
    name = f"odd_{len(code)}_of_tests"  # a module of its own
    _install(site, name, code, odd="run")

    assert main(["odd"]) == 1
    assert f"{name} 1.0 {said}" in capsys.readouterr().err


def test_a_name_that_could_be_an_option_is_no_commands(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (site / "flag_of_tests.py").write_text("def run(): print('taken')")
    folder = site / "flag_of_tests-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: flag_of_tests\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text(f"[{GROUP}]\n--help = flag_of_tests:run\n")

    assert main(["--help"]) == 0
    assert "Look after a Payport installation" in capsys.readouterr().out


def test_of_two_that_bring_the_same_name_neither_is_used(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _install(site, "one_of_tests", "def run(): print('one')", same="run")
    _install(site, "two_of_tests", "def run(): print('two')", same="run")

    assert main(["same"]) == 1
    said = capsys.readouterr()
    assert "one_of_tests 1.0 and two_of_tests 1.0; none of them is used" in said.err
    assert said.out == ""
    assert main(["--help", "same"]) == 1


def test_a_name_of_ours_is_never_theirs(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _install(site, "thief_of_tests", "def run(): print('stolen')", gateways="run")

    assert main(["gateways"]) == 0
    assert "stolen" not in capsys.readouterr().out
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert "thief_of_tests" not in shown
    assert shown.count("gateways: ") == 1


def test_without_the_kit_its_commands_say_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("payport.doors.cli.brought.installed", lambda _group: ())

    for name in KIT:
        for asked in ([name], ["--help", name]):
            assert main(asked) == 1
            assert "Install payport-contracts[kit]" in capsys.readouterr().err
