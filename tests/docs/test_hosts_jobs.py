"""docs/hosts/jobs.md: each recipe runs, ends an order that is late, and tells a function where it has one."""

from __future__ import annotations

import configparser
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from payport import BuyerDetails, New, Payport
from payport.service.leasing import LEASE
from tests.docs.pages import blocks, page
from tests.support.hosted import until, written

PAGE = page("hosts/jobs.md")
OWN_PROCESS, CELERY, PROCRASTINATE = blocks(PAGE, "python")
SERVICE, ONCE, TIMER = blocks(PAGE, "ini")
(CRON,) = blocks(PAGE, "cron")
(BY_PROCRASTINATE,) = blocks(PAGE, "sh")
NOWHERE = "http://127.0.0.1:9"
TELLING = """
def tell(event):
    with open("told", "a") as file:
        file.write(f"{event.type} {event.order}\\n")
"""


@dataclass
class Host:
    """A folder as /srv/shop is on the page, with a file of settings beside it."""

    folder: Path
    settings: dict[str, str]

    @property
    def shop(self) -> Payport:
        return Payport.from_config(self.folder / "payport.toml", clock=two_days_ago)

    def late_order(self) -> str:
        """Its time is over, and nobody has ended it."""
        shop = self.shop
        order = shop.place(shop.quote("binh-minh", New(package="standard", months=12)), BUYER)
        shop.close()
        return order.number

    def has_told(self, number: str) -> bool:
        told = self.folder / "told"
        return told.exists() and f"order.expired {number}" in told.read_text(encoding="utf-8")

    def state(self, number: str) -> str:
        shop = self.shop
        state = shop.order(number).state
        shop.close()
        return state

    def here(self, text: str) -> str:
        """The page's paths as they are here."""
        here = text.replace("/srv/shop", str(self.folder))
        return here.replace("/etc/shop/environment", str(self.folder / "environment"))


BUYER = BuyerDetails(name="Thu Hà", email="ha@example.vn")


def two_days_ago() -> datetime:
    return datetime.now(UTC) - timedelta(days=2)


@pytest.fixture
def host(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    environment = written(tmp_path, TELLING, ours=NOWHERE, gateway=NOWHERE)
    (tmp_path / "shop.py").rename(tmp_path / "telling.py")
    with (tmp_path / "payport.toml").open("a") as file:
        file.write('\n[[subscribers]]\nname = "crm"\n')
    settings = {name: environment[name] for name in ("PAYPORT_CONFIG", "VNPAY_HASH_SECRET")}
    settings["PAYPORT_DATABASE"] = database_url
    lines = [f'{name}="{value}"\n' for name, value in settings.items()]
    (tmp_path / "environment").write_text("".join(lines), encoding="utf-8")
    (tmp_path / ".venv").symlink_to(sys.prefix)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return Host(tmp_path, settings)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
class TestARecipeThatIsAProcess:
    def test_of_cron_runs_with_the_little_that_cron_gives(self, host: Host) -> None:
        number = host.late_order()
        *times, line = host.here(CRON).split(maxsplit=5)

        ran = subprocess.run(["/bin/sh", "-c", line], env=BARE, capture_output=True, timeout=60, check=True)

        assert times == ["*"] * 5
        assert ran.stdout == b""
        assert host.state(number) == "expired"

    def test_of_a_timer_runs_once(self, host: Host) -> None:
        number = host.late_order()

        ran = started(host, ONCE)
        assert ran.wait(60) == 0

        assert host.state(number) == "expired"

    def test_of_a_service_works_until_it_is_stopped(self, host: Host) -> None:
        number = host.late_order()

        with started(host, SERVICE) as ran:
            until(lambda: host.state(number) == "expired")
            ran.send_signal(signal.SIGHUP)
            ran.send_signal(signal.SIGTERM)
            assert ran.wait(60) == 0

    def test_of_a_process_of_ones_own_tells_ones_functions(self, host: Host) -> None:
        number = host.late_order()
        (host.folder / "worker.py").write_text(OWN_PROCESS, encoding="utf-8")

        line = re.findall(r"`ExecStart=(.*? worker\.py)`", PAGE)[0]
        with started(host, f"[Service]\nWorkingDirectory=/srv/shop\nExecStart={line}\n") as ran:
            until(lambda: host.has_told(number))
            ran.send_signal(signal.SIGTERM)
            assert ran.wait(60) == 0
        once = [f"{host.folder}/.venv/bin/python", "worker.py", "--once"]
        assert subprocess.run(once, cwd=host.folder, timeout=60, check=True).returncode == 0


BARE = {"PATH": "/usr/bin:/bin"}


def started(host: Host, unit: str) -> subprocess.Popen[bytes]:
    """As systemd would: the program, its folder, the file of its environment, and hardly anything else."""
    service = read(host.here(unit))["Service"]
    named = (
        Path(service["EnvironmentFile"]).read_text(encoding="utf-8") if "EnvironmentFile" in service else ""
    )
    environment = dict(each.split("=", 1) for each in shlex.split(named)) or host.settings
    return subprocess.Popen(
        shlex.split(service["ExecStart"]), cwd=service["WorkingDirectory"], env={**BARE, **environment}
    )


def read(unit: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(unit)
    return parser


class TestAUnitOfSystemd:
    def test_waits_longer_at_its_end_than_a_unit_of_work_takes(self) -> None:
        assert int(read(SERVICE)["Service"]["TimeoutStopSec"]) > LEASE.total_seconds()
        assert set(read(TIMER)) == {"DEFAULT", "Timer", "Install"}

    @pytest.mark.parametrize("unit", [SERVICE, ONCE, TIMER], ids=["service", "once", "timer"])
    def test_is_understood_by_systemd(self, unit: str, tmp_path: Path) -> None:
        """Where it is installed; the tests above read the units for themselves."""
        analyze = shutil.which("systemd-analyze")
        if analyze is None:
            return
        for text in (ONCE, unit):
            named = Path(text.splitlines()[0].removeprefix("# ")).name
            here = re.sub(r"^User=.*\n", "", text, flags=re.MULTILINE)  # nobody of that name
            (tmp_path / named).write_text(here.replace("=/srv/shop/.venv/bin/", "=/bin/true "))
        ran = subprocess.run(
            [analyze, "verify", tmp_path / named], capture_output=True, text=True, timeout=60, check=False
        )

        assert [line for line in ran.stderr.splitlines() if str(tmp_path) in line] == []


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
class TestATaskOfCelery:
    def test_is_sent_by_beat_and_does_the_work(self, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
        from celery.beat import Service  # type: ignore[import-untyped]
        from celery.contrib.testing.worker import start_worker  # type: ignore[import-untyped]

        number = host.late_order()
        monkeypatch.setenv("CELERY_BROKER", "memory://")
        names = loaded(host, CELERY.replace('"schedule": 5.0', '"schedule": 0.2'), monkeypatch)
        beat = Service(names["app"], max_interval=0.2, schedule_filename=str(host.folder / "beat"))
        beating = Thread(target=beat.start, daemon=True)
        with start_worker(names["app"], perform_ping_check=False, pool="solo", shutdown_timeout=30):
            beating.start()
            until(lambda: host.has_told(number))
            beat.stop()
            beating.join(10)
        names["shop"]().close()

        assert host.state(number) == "expired"


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
class TestATaskOfProcrastinate:
    def test_JOB_09_is_deferred_by_its_worker_and_does_the_work(self, host: Host, database_url: str) -> None:
        number = host.late_order()
        (host.folder / "jobs.py").write_text(PROCRASTINATE, encoding="utf-8")
        plain = database_url.replace("postgresql+psycopg", "postgresql")
        path = f"{Path(sys.prefix) / 'bin'}:{os.environ['PATH']}"
        environment = {**os.environ, "DATABASE_URL": plain, "PATH": path}
        export, schema, worker = BY_PROCRASTINATE.splitlines()

        def shell(line: str) -> subprocess.Popen[bytes]:
            return subprocess.Popen(
                ["bash", "-c", f"{export}; exec {line}"], cwd=host.folder, env=environment
            )

        with shell(schema) as applied:
            assert applied.wait(60) == 0
        with shell(worker) as ran:
            until(lambda: host.has_told(number))
            ran.send_signal(signal.SIGTERM)
            assert ran.wait(60) == 0

        assert host.state(number) == "expired"


def loaded(host: Host, code: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The page's module, with the host's own beside it."""
    monkeypatch.chdir(host.folder)
    monkeypatch.syspath_prepend(host.folder)
    monkeypatch.delitem(sys.modules, "telling", raising=False)
    names: dict[str, Any] = {"__name__": "jobs"}
    exec(compile(code, "<docs/hosts/jobs.md>", "exec"), names)
    return names
