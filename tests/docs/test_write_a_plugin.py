"""docs/tutorials/write-a-plugin.md: done step by step here, from the sheet to a purchase.

Offline: `pip install -e '.[test]'` becomes an installation without its dependencies, which are here already,
into a folder of the test's own; the source comes first on the path, so that a changed file counts at once.
Ports that the page names become free ones. What ends in `&` is a server: it runs until the test is over.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, blocks, change, page, parts

PAGE = page("tutorials/write-a-plugin.md")
SHEET = page("tutorials/saomai.md")
STEPS = re.findall(r'^```(\w+)(?: title="(\S+)")?\n(.*?)^```$', PAGE, re.DOTALL | re.MULTILINE)
PORTS = ("8799", "8700")


class Author:
    """Somebody with a terminal in an empty folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.here = folder, folder
        self.site = folder / "site"
        self.ports = {each: str(_free_port()) for each in PORTS}
        self.servers: list[subprocess.Popen[bytes]] = []
        path = os.pathsep.join((str(folder / "payport-saomai/src"), str(self.site)))
        bin_folder = str(Path(sys.executable).parent)
        self.environment = {
            **{
                name: text
                for name, text in os.environ.items()
                if not name.startswith(("PAYPORT_", "PYTEST_"))
            },
            "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": path,
            "PYTHONDONTWRITEBYTECODE": "1",
            "COLUMNS": "110",
        }

    def write(self, name: str, text: str) -> None:
        file = self.here / name
        with file.open("a", encoding="utf-8") as opened:
            opened.write(self._with_ports(text))

    def change(self, name: str, text: str) -> None:
        change(self.here / name, self._with_ports(text))

    def run(self, command: str) -> str:
        """What one line in the terminal prints."""
        command = self._with_ports(command)
        if command.startswith("cd "):
            self.here = (self.here / command.removeprefix("cd ")).resolve()
            return ""
        if command.startswith("pip install -e "):
            self._install()
            (self.folder / "catalog.toml").rename(self.here / "catalog.toml")
            return ""
        if command.startswith("export "):
            name, _, value = command.removeprefix("export ").partition("=")
            self.environment[name] = value.strip("'")
            return ""
        if command.endswith(" &"):
            self._serve(command.removesuffix(" &"))
            return ""
        ran = subprocess.run(
            command, shell=True, cwd=self.here, env=self.environment, capture_output=True, text=True,
            timeout=120, check=False,
        )  # fmt: skip
        return self._without_ports(ran.stdout + ran.stderr)

    def end(self) -> None:
        for server in self.servers:
            server.terminate()
            server.wait(10)

    def _install(self) -> None:
        uv = str(Path(sys.executable).with_name("uv"))
        command = [uv, "pip", "install", "--quiet", "--no-deps", "--offline", "--python", sys.executable]
        subprocess.run([*command, "--target", self.site, self.here], check=True, timeout=60)

    def _serve(self, command: str) -> None:
        port = next(each for each in self.ports.values() if each in command)
        self.servers.append(
            subprocess.Popen(
                command.split(),
                cwd=self.here,
                env=self.environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )
        until = time.monotonic() + 20
        while not _answers(int(port)):
            assert time.monotonic() < until, f"{command} did not start"
            time.sleep(0.05)

    def _with_ports(self, text: str) -> str:
        for named, free in self.ports.items():
            text = re.sub(rf"\b{named}\b", free, text)
        return text

    def _without_ports(self, text: str) -> str:
        for named, free in self.ports.items():
            text = re.sub(rf"\b{free}\b", named, text)
        return text


@pytest.fixture
def author(tmp_path: Path) -> Iterator[Author]:
    author = Author(tmp_path)
    catalog, _ = blocks(page("start-here.md"), "toml")
    (tmp_path / "catalog.toml").write_text(catalog, encoding="utf-8")
    yield author
    author.end()


def test_every_step_does_what_the_page_shows(author: Author) -> None:
    for kind, name, body in STEPS:
        if kind == "diff":
            author.change(name, body)
        elif kind == "console":
            for command, shown in _commands(body):
                out = author.run(command)
                _assert_shows(command, out, shown)
        elif name:
            author.write(name, body)
        else:
            assert body.strip() in SHEET or _is_shown(body, author.folder), body


def test_every_step_is_one_that_is_done() -> None:
    assert len(STEPS) == len(re.findall(r"^```\w", PAGE, re.MULTILINE))
    assert len([kind for kind, _, _ in STEPS if kind == "console"]) > 10


def test_the_page_teaches_what_the_template_does_not_have() -> None:
    """Else an author would learn to run it, and not where to change it."""
    template = "".join(
        file.read_text(encoding="utf-8")
        for file in (ROOT / "contracts/src/payport_contracts/kit/scaffold/template").rglob("*.jinja")
    )
    for needed in ("query_refund", "paid_at", "bank_name", "not_covered", "def finish"):
        assert needed in PAGE
        assert needed not in template


def test_the_sheets_example_is_right() -> None:
    """By nothing of ours: an author checks a contract by it."""
    said, signed = (each.strip() for each in blocks(SHEET, "text"))
    digest = subprocess.run(
        ["openssl", "dgst", "-sha256", "-hmac", "saomai-example-key"],
        input=signed.encode(),
        capture_output=True,
        check=True,
    ).stdout.decode()

    assert said.partition("&sig=")[2] == digest.rpartition("= ")[2].strip()


def _commands(body: str) -> Iterator[tuple[str, str]]:
    """Each line after `$ `, and what it shows."""
    for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        yield command, shown


def _is_shown(body: str, folder: Path) -> bool:
    """It stands in a file that was made or changed."""
    files = (file for file in (folder / "payport-saomai").rglob("*.*") if file.suffix in (".py", ".toml"))
    return any(body.strip() in file.read_text(encoding="utf-8") for file in files)


def _assert_shows(command: str, out: str, shown: str) -> None:
    """What the page shows, in its order; a line "…" leaves lines out, "…" in one what differs."""
    if not shown.strip():
        return
    pattern = "".join(
        (r"(?s:.*?)" if number else "") + re.escape(part).replace("…", ".*?")
        for number, part in enumerate(parts(shown))
    )
    assert re.search(pattern, out), f"$ {command}\n{out}\n\nis not\n\n{shown}"


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def _answers(port: int) -> bool:
    with socket.socket() as asked:
        return asked.connect_ex(("127.0.0.1", port)) == 0
