"""The command line as a whole: the installed script, exit statuses, one-line errors, no secret anywhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, NoReturn

import pytest

from payport.doors.cli.app import COMMANDS
from payport.doors.cli.brought import KIT
from payport.doors.cli.printing import plain, table
from tests.support.shop import write_configuration
from tests.support.sign import SECRET, ipn_query

PAYPORT = Path(sys.executable).with_name("payport")
DOCS = Path(__file__).parents[3] / "docs" / "cli.md"
MARKER = "MARKERSECRETMARKER"


def script(*arguments: object, stdin: bytes = b"", folder: Path, **environ: str) -> Any:
    clean = {name: value for name, value in os.environ.items() if name not in {"PAYPORT_CONFIG", "COLUMNS"}}
    return subprocess.run(
        [PAYPORT, *map(str, arguments)],
        input=stdin,
        cwd=folder,
        env={**clean, **environ},
        capture_output=True,
        timeout=60,
        check=False,
    )


class TestTheInstalledScript:
    def test_takes_a_shop_from_nothing_to_a_clean_bill(self, tmp_path: Path) -> None:
        write_configuration(tmp_path, "sqlite:///payport.sqlite")

        steps = ("check", "migrate", "doctor", "gateways", "contracts")
        statuses = {step: script(step, folder=tmp_path).returncode for step in steps}

        assert statuses == dict.fromkeys(steps, 0)

    def test_works_where_nothing_is_configured(self, tmp_path: Path) -> None:
        ran = script("gateways", folder=tmp_path)

        assert (ran.returncode, ran.stderr) == (0, b"")
        assert b"\nvnpay  " in ran.stdout

    @pytest.mark.parametrize(("amount", "status"), [(1_100_000, 0), (1_100_001, 1)])
    def test_verifies_what_stands_on_standard_input(self, tmp_path: Path, amount: int, status: int) -> None:
        (tmp_path / "key").write_text(SECRET)
        genuine = ipn_query("SVAAAA222233", 1_100_000)

        ran = script(
            *("verify", "--contract", "vnpay-ipn", "--key", "hash_secret=@key"),
            stdin=genuine.replace(b"110000000", str(amount * 100).encode()),
            folder=tmp_path,
        )

        assert (ran.returncode, ran.stderr) == (status, b"")

    def test_writes_to_a_terminal_that_knows_ascii_alone(self, tmp_path: Path) -> None:
        write_configuration(tmp_path, "sqlite:///payport.sqlite")

        ran = script("check", folder=tmp_path, PYTHONIOENCODING="ascii")

        assert ran.returncode == 0
        assert b"Sao Vi\\u1ec7t" in ran.stdout

    def test_ends_quietly_when_its_reader_goes(self, tmp_path: Path) -> None:
        ran = subprocess.run(
            ["bash", "-c", f"{PAYPORT} contracts | true; exit ${{PIPESTATUS[0]}}"],
            cwd=tmp_path,
            capture_output=True,
            check=False,
        )

        assert ran.stderr == b""

    @pytest.mark.parametrize(
        "arguments", [["--version"], ["--help"], ["order", "--help"], ["verify", "--help"]]
    )
    def test_loads_nothing_heavy_to_start(self, arguments: list[str]) -> None:
        """Its start-up is cyclopts's alone. Modules are counted, not seconds: machines differ."""
        code = (
            f"import sys; from payport.doors.cli import main; main({arguments!r});"
            "print(sorted({name.split('.')[0] for name in sys.modules}"
            " & {'sqlalchemy', 'pydantic', 'httpx', 'alembic', 'starlette', 'cryptography'}))"
        )

        ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)

        assert ran.stdout.splitlines()[-1] == "[]"


class TestACallThatIsNotUnderstood:
    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (("gatways",), "argument 1: is no command. Perhaps gateways was meant."),
            (
                ("verify", "--contract", "x", "--kye", "y"),
                "argument 4: is no option of `payport verify`. Perhaps --key was meant.",
            ),
            (("verify",), "--contract: is not given, or has no value. "),
            (("order",), "NUMBER: is not given, or has no value. `payport order --help` "),
            (("order", "A", "B"), "argument 3: is more than `payport order` takes. "),
            (("contracts", "diff", "vnpay-ipn"), "SECOND: is not given, or has no value. "),
            (("worker", "--every", "x"), "--every: has a value of another kind. "),
            (("verify", "--contract"), "--contract: is not given, or has no value. "),
            (("gateways", "--config", "a", "--config", "b"), "--config: is given twice. "),
        ],
    )
    def test_is_named_on_one_line_with_exit_status_2(
        self, cli: Any, arguments: tuple[str, ...], words: str
    ) -> None:
        ran = cli(*arguments)

        assert (ran.status, ran.out) == (2, "")
        assert ran.err.startswith(words)
        assert ran.err.count("\n") == 1

    def test_and_a_call_for_help_is(self, cli: Any) -> None:
        ran = cli("--help")

        assert ran.status == 0
        assert all(ran.lines(f"{name}: ") for name in COMMANDS)


class TestNoSecretComesOut:
    """SEC-07: neither in output, nor in errors, nor in an echo of the arguments."""

    @pytest.mark.parametrize(
        "arguments",
        [
            (MARKER,),
            (f"hash_secret={MARKER}",),
            (f"--key=hash_secret={MARKER}",),
            ("verify", MARKER),
            ("verify", f"hash_secret={MARKER}"),
            ("verify", "--contract", "vnpay-ipn", "--kye", f"hash_secret={MARKER}"),
            ("verify", "--contract", "vnpay-ipn", f"--kye=hash_secret={MARKER}"),
            ("verify", "--contract", "vnpay-ipn", f"--{MARKER}"),
            ("verify", "--contract", "vnpay-ipn", "--key", MARKER),
            ("verify", "--contract", "vnpay-ipn", "--key", f"{MARKER}=="),
            ("verify", "--contract", "vnpay-ipn", "--key", f"{MARKER}=hash_secret"),
            ("verify", "--contract", "vnpay-ipn", "--key", f"hash_secret= {MARKER} "),
            ("verify", "--contract", "vnpay-ipn", "--key", f"hash_secret=@{MARKER}"),
            ("verify", "--contract", "vnpay-ipn", "--key", f"hash_secret=env:{MARKER}"),
            ("verify", "--contract", "vnpay-ipn", "--key", f"hash_secret={MARKER}"),
            ("verify", "--contract", "vnpay-ipn", "--key", f"hash_secret={MARKER}", "--at", MARKER),
            ("verify", "--contract", "vnpay-ipn", "--key", f"hash_secret={MARKER}", "--door-method", MARKER),
            ("verify", "--contract", "onepay-callback", "--key", f"secure_secret={MARKER}"),
            ("verify", "--contract", MARKER),
            ("gateways", f"--josn={MARKER}"),
            ("worker", "--every", MARKER),
        ],
    )
    def test_SEC_07_of_an_argument_in_whatever_place(self, cli: Any, arguments: tuple[str, ...]) -> None:
        ran = cli(*arguments, stdin=ipn_query("SVAAAA222233", 1_100_000))

        assert ran.status in {1, 2}
        assert MARKER not in ran.out + ran.err

    def test_SEC_07_of_a_key_that_fits(self, cli: Any) -> None:
        ran = cli(
            *("verify", "--contract", "vnpay-ipn", "--key", f"hash_secret={MARKER}", "--write-text", "text"),
            stdin=ipn_query("SVAAAA222233", 1_100_000, secret=MARKER),
        )

        assert ran.status == 0
        assert MARKER not in ran.out + ran.err + Path("text").read_text()
        assert "stands in the process list" in ran.err

    @pytest.mark.parametrize("command", ["check", "doctor", "migrate", "gateways", "contracts"])
    @pytest.mark.parametrize(
        ("before", "after"),
        [
            (SECRET, MARKER),
            (f'"{SECRET}"', f'["{MARKER}"]'),
            (f'value = "{SECRET}"', f'valeu = "{MARKER}"'),
            (f'value = "{SECRET}"', f'value = "{MARKER}'),
            ("sqlite:///payport.sqlite", f"postgresql+psycopg://u:{MARKER}@127.0.0.1:9/x?connect_timeout=2"),
            ("sqlite:///payport.sqlite", f"oracle://u:{MARKER}@h/x"),
            ("sqlite:///payport.sqlite", f"{MARKER}"),
        ],
    )
    def test_SEC_07_of_the_configuration(
        self, cli: Any, tmp_path: Path, command: str, before: str, after: str
    ) -> None:
        file = write_configuration(tmp_path, "sqlite:///payport.sqlite")
        file.write_text(file.read_text().replace(before, after))

        ran = cli(command)

        assert MARKER not in ran.out + ran.err
        assert "Traceback" not in ran.err

    def test_SEC_04_of_a_fault_of_our_own(self, cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail() -> NoReturn:
            raise RuntimeError(MARKER)

        monkeypatch.setattr("payport.doors.cli.shelf.load_shelf", fail)

        ran = cli("contracts")

        assert ran.status == 1
        assert re.fullmatch(
            r"payport: failed by a fault of its own \(RuntimeError, test_cli\.py:\d+\)\. .*\n", ran.err
        )

    def test_an_interrupt_is_no_fault(self, cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        def interrupt() -> NoReturn:
            raise KeyboardInterrupt

        monkeypatch.setattr("payport.doors.cli.shelf.load_shelf", interrupt)

        ran = cli("contracts")

        assert (ran.status, ran.err) == (130, "")


class TestOutput:
    def test_is_as_wide_as_the_terminal(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("COLUMNS", "50")

        table(("id", "why"), [("vnpay-querydr-request", "because " * 20), ("vnpay-ipn", "x" * 70)])

        lines = capsys.readouterr().out.splitlines()
        assert max(map(len, lines)) <= 50
        assert "".join(line[23:] for line in lines[1:] if "x" in line).replace(" ", "").endswith("x" * 70)
        assert any(line.startswith("vnpay-querydr-request  because") for line in lines)

    def test_stays_on_one_line_in_a_pipe(self, cli: Any) -> None:
        ran = cli("contracts")

        assert len(ran.lines("nganluong-classic-checkout")) == 1

    def test_aligns_letters_with_marks(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.delenv("COLUMNS", raising=False)
        table(("gói", "giá"), [("Tiêu chuẩn", 1), ("Standard", 22)])

        assert capsys.readouterr().out == "gói         giá\nTiêu chuẩn  1\nStandard    22\n"

    @pytest.mark.parametrize(
        ("given", "shown"),
        [
            ("Tiêu chuẩn ₫", "Tiêu chuẩn ₫"),
            ("3.550.000\u00a0₫", "3.550.000 ₫"),
            ("a\r\nb", "a\\r\\nb"),
            ("\x1b[31mred", "\\x1b[31mred"),
            ("abc\u202edef", "abc\\u202edef"),
            ("\udc80", "\\udc80"),
            ("[bold]:smile:", "[bold]:smile:"),
        ],
    )
    def test_SEC_02_escapes_what_could_draw(self, given: str, shown: str) -> None:
        assert plain(given) == shown


class TestTheDocument:
    TEXT = DOCS.read_text(encoding="utf-8")

    @pytest.mark.parametrize("name", COMMANDS)
    def test_names_every_command_with_an_example(self, name: str) -> None:
        assert f"## `payport {name}" in self.TEXT
        assert re.search(rf"^\$ payport {name}\b", self.TEXT, re.MULTILINE)

    def test_names_no_command_that_is_not_there(self) -> None:
        assert set(re.findall(r"payport ([a-z]+(?:-[a-z]+)*)", self.TEXT)) <= {*COMMANDS, *KIT}

    @pytest.mark.parametrize("name", COMMANDS)
    def test_names_every_option(self, cli: Any, name: str) -> None:
        section = re.split(rf"## `payport {name}\b", self.TEXT)[1].partition("\n## ")[0]
        common = self.TEXT.partition("\n## ")[0]

        options = set(re.findall(r"(?<![\w-])--[a-z-]+", cli(name, "--help").out)) - {"--help"}

        assert {option for option in options if option not in section + common} == set()
