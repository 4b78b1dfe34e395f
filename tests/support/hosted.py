"""A sample host in a folder of its own, as docs/hosts/ has it, and served by its page's command."""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Final

import httpx

from payport.storage.database import Database
from payport.storage.migrations import migrate
from tests.docs.pages import ROOT, blocks, page, section
from tests.support.plain_http import TRUSTS_NOBODY

__all__ = [
    "EXAMPLES",
    "FROM_OUTSIDE",
    "INDEX",
    "MOST_SECONDS",
    "PAGES",
    "SECRET",
    "buyer_at",
    "free_port",
    "migrated",
    "sample",
    "served",
    "until",
    "written",
]

_CATALOG, _CONFIGURATION = blocks(page("start-here.md"), "toml")
SECRET: Final = "a synthetic secret for this page"
EXAMPLES: Final = sorted(path.parent.name for path in (ROOT / "examples").glob("*/shop.py"))
PAGES: Final = {
    "fastapi": "fastapi", "starlette": "asgi", "flask": "flask", "wsgi": "wsgi", "django": "django",
}  # fmt: skip
"""Which page tells of which sample."""
INDEX: Final = page("hosts/index.md")
FROM_OUTSIDE: Final = ("PAYPORT_CONFIG", "PAYPORT_DATABASE", "VNPAY_HASH_SECRET")
"""What a host has from its environment."""
MOST_SECONDS: Final = 40.0
_SERVED: Final = {
    example: blocks(section(page(f"hosts/{name}.md"), "Serve"), "sh")[0] for example, name in PAGES.items()
}


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def sample(example: str) -> str:
    return (ROOT / "examples" / example / "shop.py").read_text(encoding="utf-8")


def written(folder: Path, code: str, *, ours: str, gateway: str) -> dict[str, str]:
    """A host's module and its two files; gives the environment of its processes, with all that is secret."""
    api = f'api_url = "{gateway}/merchant_webapi/api/transaction"'
    urls = f'payment_url = "{gateway}/paymentv2/vpcpay.html", {api}'
    database, keys = (each.splitlines()[-1] for each in blocks(section(INDEX, "Settings"), "toml"))
    configuration = re.sub(r"^url = .*$", database, _CONFIGURATION, flags=re.MULTILINE)
    configuration = re.sub(r"^keys = .*$", keys, configuration, flags=re.MULTILINE)
    configuration = configuration.replace("http://127.0.0.1:8000", ours)
    configuration = configuration.replace('tmn_code = "DEMOTMN1"', f'tmn_code = "DEMOTMN1", {urls}')
    (folder / "payport.toml").write_text(configuration, encoding="utf-8")
    (folder / "catalog.toml").write_text(_CATALOG, encoding="utf-8")
    (folder / "shop.py").write_text(code, encoding="utf-8")
    return {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PAYPORT_CONFIG": str(folder / "payport.toml"),
        "PAYPORT_DATABASE": f"sqlite:///{folder}/payport.sqlite",
        "VNPAY_HASH_SECRET": SECRET,
    }


def migrated(environment: dict[str, str]) -> None:
    database = Database(environment["PAYPORT_DATABASE"])
    migrate(database)
    database.close()


@contextmanager
def served(
    example: str, port: int, folder: Path, environment: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """By its page's command. What it says is in the file `log`."""
    program, *arguments = shlex.split(_SERVED[example])
    where = ["--port", str(port)] if program == "uvicorn" else ["--bind", f"127.0.0.1:{port}"]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", program, *arguments, *where],
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=log,
        )
        try:
            yield server
        finally:
            server.kill()
            server.wait()


@contextmanager
def buyer_at(address: str, **headers: str) -> Iterator[httpx.Client]:
    """Once the host answers."""
    with httpx.Client(base_url=address, verify=TRUSTS_NOBODY, headers=headers) as buyer:
        until(lambda: _is_there(buyer))
        yield buyer


def until(happens: Callable[[], bool]) -> None:
    end = monotonic() + MOST_SECONDS
    while not happens():
        assert monotonic() < end
        sleep(0.05)


def _is_there(buyer: httpx.Client) -> bool:
    try:
        return buyer.get("/").status_code == 200
    except httpx.TransportError:
        return False
