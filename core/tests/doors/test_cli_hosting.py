"""The command line run by a host: by its file, and with its functions; and what is wrong, as values."""

from __future__ import annotations

from pathlib import Path

import pytest

from payport import ConfigurationError, Event, configuration_problems, run_command
from tests.support.shop import open_shop, write_configuration
from tests.support.sign import SECRET


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "configured"
    folder.mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PAYPORT_CONFIG", raising=False)
    return write_configuration(folder, "sqlite:///payport.sqlite")


class TestACommandOfAHost:
    def test_is_run_by_the_hosts_file_and_by_another_where_that_is_named(
        self, file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("PAYPORT_CONFIG", "not-this-one.toml")

        assert run_command(["check"], config=file) == 0
        assert "payport.toml and all that it names is right." in capsys.readouterr().out
        assert run_command(["gateways"], config=file) == 0
        assert "vnpay-main" in capsys.readouterr().out
        assert run_command(["check", "--config", "a-third-one.toml"], config=file) == 1
        assert "a-third-one.toml cannot be read" in capsys.readouterr().out

    def test_leaves_nothing_behind(self, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
        from payport.doors.cli import main

        run_command(["check"], config=file)

        assert main(["check"]) == 1
        assert "payport.toml cannot be read" in capsys.readouterr().out

    def test_that_works_tells_the_hosts_own_functions(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        told: list[Event] = []
        shop = open_shop(tmp_path, "sqlite:///payport.sqlite", accounts='[[subscribers]]\nname = "crm"\n')
        shop.payport.migrate()
        order = shop.order()
        shop.payport.close()

        status = run_command(
            ["worker", "--once"], config=tmp_path / "payport.toml", subscribers={"crm": told.append}
        )

        assert status == 0
        assert "failed 0" in capsys.readouterr().out
        assert (told[0].type, told[0].order) == ("order.placed", order.number)

    def test_that_is_refused_says_so_by_its_status(
        self, file: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run_command(["work"], config=file) == 1  # no tables yet
        assert run_command(["no-such-command"], config=file) == 2
        assert "Run `payport migrate`" in capsys.readouterr().err


class TestProblemsOfAConfiguration:
    def test_are_none_where_all_is_right(self, file: Path) -> None:
        assert configuration_problems(file) == ()

    def test_are_told_at_once_with_their_remedies_and_without_a_secret(self, file: Path) -> None:
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace('"SV"', '"sv"').replace("sqlite:///payport.sqlite", SECRET))
        (file.parent / "catalog.toml").write_text("version = 1\n", encoding="utf-8")

        problems = configuration_problems(str(file))

        assert all(isinstance(problem, ConfigurationError) for problem in problems)
        assert {problem.field.split(":")[0] for problem in problems} >= {"payport.toml", "catalog.toml"}
        assert all(problem.remedy for problem in problems)
        assert SECRET not in "".join(map(str, problems))

    def test_are_also_what_a_configuration_may_say_and_an_installation_should_not(self, file: Path) -> None:
        key = f'value = "{SECRET}"'
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace(key, f"{key}, not_after = 2000-01-01T00:00:00Z"), encoding="utf-8")

        (problem,) = configuration_problems(file)

        assert (problem.field, problem.remedy) == ("account vnpay-main", "Add one, or correct its dates")
