"""The wheels: what must be in them, and that a plugin appears and vanishes with its own and touches no other.

Dependencies are those of the lock, out of uv's cache; only where that is cold, out of the registry.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from configparser import ConfigParser
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
import uv

from tests.docs.pages import ROOT, blocks, page

pytestmark = pytest.mark.xdist_group("wheels")

UV = next(
    path
    for path in (uv.find_uv_bin(), str(ROOT / ".tools" / "bin" / "uv"), shutil.which("uv"))
    if path and Path(path).exists()
)
DISTRIBUTIONS = {
    "payport": "core",
    "payport-backoffice": "backoffice",
    "payport-contracts": "contracts",
    "payport-django": "hosts/django",
    "payport-domestic-card": "plugins/domestic_card",
    "payport-intl-card": "plugins/intl_card",
    "payport-nganluong": "plugins/nganluong",
    "payport-onepay": "protocols/onepay",
    "payport-order-only": "plugins/order_only",
    "payport-simulators": "simulators",
    "payport-storefront": "storefront",
    "payport-web": "web",
}
ENTRY_POINTS = {
    "payport": {"console_scripts": {"payport": "payport.doors.cli:main"}},
    "payport-contracts": {"payport.contracts": {"payport": "payport_contracts"}},
    "payport-domestic-card": {
        "payport.gateways": {
            "onepay_domestic": "payport_domestic_card.onepay_domestic",
            "vnpay": "payport_domestic_card.vnpay",
        }
    },
    "payport-intl-card": {
        "payport.gateways": {"onepay_international": "payport_intl_card.onepay_international"}
    },
    "payport-nganluong": {"payport.gateways": {"nganluong": "payport_nganluong.nganluong"}},
    "payport-order-only": {"payport.gateways": {"order_only": "payport_order_only.order_only"}},
    "payport-storefront": {"console_scripts": {"payport-storefront": "payport_storefront.cli:main"}},
}
_OURS = ("PYTHONPATH", "VIRTUAL_ENV", "PAYPORT_CONFIG", "UV_PROJECT_ENVIRONMENT")
ENVIRON = {name: value for name, value in os.environ.items() if name not in _OURS} | {
    "PYTHONDONTWRITEBYTECODE": "1",
    "UV_PYTHON_DOWNLOADS": "never",
}


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Each distribution's wheel, built now, by the distribution's name."""
    folder = tmp_path_factory.mktemp("dist")
    _uv("build", "--all-packages", "--wheel", "--quiet", "--out-dir", str(folder), cwd=ROOT)
    built = {path.name.split("-")[0].replace("_", "-"): path for path in folder.glob("*.whl")}
    assert set(built) == set(DISTRIBUTIONS)
    return built


@pytest.mark.parametrize("name", DISTRIBUTIONS)
class TestAWheel:
    def test_holds_every_file_of_its_package(self, wheels: dict[str, Path], name: str) -> None:
        """Code, py.typed, contracts, vectors, templates, styles, fonts, translations, migrations."""
        source = ROOT / DISTRIBUTIONS[name] / "src"
        files = {
            str(path.relative_to(source))
            for path in source.rglob("*")
            if path.is_file() and "__pycache__" not in path.parts and ".egg-info" not in str(path)
        }

        held = {entry for entry in _names(wheels[name]) if ".dist-info/" not in entry}

        assert f"{name.replace('-', '_')}/py.typed" in held
        assert held == files

    def test_offers_its_entry_points(self, wheels: dict[str, Path], name: str) -> None:
        offered = _entry_points(wheels[name])

        assert all(offered.get(group) == points for group, points in ENTRY_POINTS.get(name, {}).items())

    def test_names_no_address_and_no_path_of_a_machine(self, wheels: dict[str, Path], name: str) -> None:
        with ZipFile(wheels[name]) as wheel:
            (metadata,) = [entry for entry in wheel.namelist() if entry.endswith(".dist-info/METADATA")]
            head = wheel.read(metadata).decode().partition("\n\n")[0]

        assert "://" not in head
        assert "/" not in "".join(re.findall(r"^Requires-Dist: (.*)$", head, re.MULTILINE))


def test_what_runs_a_shop_is_in_the_wheels(wheels: dict[str, Path]) -> None:
    """Named one by one, so that a file that is lost from the sources is missed too."""
    assert "payport/storage/migrations/versions/0001_the_first_tables.py" in _names(wheels["payport"])
    assert "payport_contracts/vnpay/ipn.toml" in _names(wheels["payport-contracts"])
    assert "payport_contracts/approved.toml" in _names(wheels["payport-contracts"])
    assert {
        "payport_web/static/typeface.css",
        "payport_web/static/vendor/pico/pico.min.css",
    } <= _names(wheels["payport-web"])
    assert {
        "payport_backoffice/templates/parts.html",
        "payport_backoffice/static/desk.css",
        "payport_backoffice/locales/core.vi.po",
        "payport_backoffice/locales/vi.po",
    } <= _names(wheels["payport-backoffice"])
    shop = _names(wheels["payport-storefront"])
    assert {
        "payport_storefront/templates/base.html",
        "payport_storefront/static/shop.css",
        "payport_storefront/locales/vi.po",
        "payport_storefront/catalog.toml",
    } <= shop


@dataclass
class Clean:
    """An environment that holds what a stranger installed, and a folder with the files of start-here.md."""

    python: Path
    folder: Path
    wheels: dict[str, Path]

    def install(self, *names: str) -> None:
        constraints = self.folder / "constraints.txt"
        lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
        constraints.write_text("\n".join(re.findall(r"^[\w.-]+==[^ ;\\]+", lock, re.MULTILINE)))
        install = ("pip", "install", "--quiet", "--python", str(self.python), "-c", str(constraints))
        chosen = [str(self.wheels[name]) for name in names]
        if _uv(*install, "--offline", *chosen, check=False).returncode:
            _uv(*install, *chosen)

    def uninstall(self, name: str) -> None:
        _uv("pip", "uninstall", "--quiet", "--python", str(self.python), name)

    def payport(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(self.python.parent / "payport"), *arguments]
        return subprocess.run(
            command, cwd=self.folder, env=ENVIRON, capture_output=True, text=True, check=False
        )

    def gateways(self) -> dict[str, Any]:
        listed = self.payport("gateways", "--json")
        assert (listed.returncode, listed.stderr) == (0, "")
        found: dict[str, Any] = json.loads(listed.stdout)
        return found

    def core(self) -> dict[str, str]:
        """The digest of every file that the core's wheel brought."""
        (site,) = self.python.parents[1].glob("lib/python*/site-packages")
        files = [
            path for folder in ("payport", "payport-*.dist-info") for path in site.glob(f"{folder}/**/*")
        ]
        return {str(path): sha256(path.read_bytes()).hexdigest() for path in files if path.is_file()}


@pytest.fixture(scope="module")
def clean(wheels: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Clean:
    folder = tmp_path_factory.mktemp("clean")
    _uv("venv", "--quiet", "--python", sys.executable, str(folder / "venv"))
    for name, text in zip(
        ("catalog.toml", "payport.toml"), blocks(page("start-here.md"), "toml"), strict=True
    ):
        (folder / name).write_text(text, encoding="utf-8")
    return Clean(folder / "venv" / "bin" / "python", folder, wheels)


class TestAPlugin:
    def test_appears_with_its_wheel_and_vanishes_with_it(self, clean: Clean) -> None:
        clean.install("payport", "payport-contracts")
        before = clean.core()
        assert clean.gateways() == {"gateways": [], "refused": []}

        clean.install("payport-onepay", "payport-domestic-card")

        onepay, vnpay = clean.gateways()["gateways"]
        assert (onepay["id"], onepay["distribution"]) == ("onepay_domestic", "payport-domestic-card")
        assert (vnpay["id"], vnpay["distribution"]) == ("vnpay", "payport-domestic-card")
        assert [contract["id"] for contract in vnpay["contracts"]][:2] == ["vnpay-pay", "vnpay-ipn"]
        checked = clean.payport("check")
        assert (checked.returncode, checked.stderr) == (0, "")
        migrated = clean.payport("migrate")
        assert (migrated.returncode, migrated.stderr) == (0, "")
        assert clean.core() == before

        clean.uninstall("payport-domestic-card")

        assert clean.gateways() == {"gateways": [], "refused": []}
        assert "vnpay" in clean.payport("check").stdout  # the account stays, and is told to be without plugin
        assert clean.core() == before

    def test_needs_no_other_plugin(self, clean: Clean) -> None:
        clean.install("payport", "payport-contracts", "payport-onepay")

        for distribution, points in ENTRY_POINTS.items():
            if "payport.gateways" in points:
                clean.install(distribution)
                listed = clean.gateways()
                clean.uninstall(distribution)

                assert {gateway["id"] for gateway in listed["gateways"]} == set(points["payport.gateways"])
                assert {gateway["distribution"] for gateway in listed["gateways"]} == {distribution}
                assert listed["refused"] == []


def _uv(*arguments: str, cwd: Path | None = None, check: bool = True) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([UV, *arguments], cwd=cwd, env=ENVIRON, capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, done.stderr
    return done


def _names(wheel: Path) -> set[str]:
    with ZipFile(wheel) as opened:
        return {name for name in opened.namelist() if not name.endswith("/")}


def _entry_points(wheel: Path) -> dict[str, dict[str, str]]:
    parser = ConfigParser(delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    with ZipFile(wheel) as opened:
        for name in opened.namelist():
            if name.endswith(".dist-info/entry_points.txt"):
                parser.read_string(opened.read(name).decode())
    return {group: dict(parser[group]) for group in parser.sections()}
