"""What the README shows runs, and what it says of roles is so."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from anyio.from_thread import BlockingPortal
from httpx import ASGITransport, AsyncClient, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from payport_backoffice import Right, Role
from payport_backoffice.operator import RIGHTS
from tests.docs.pages import ROOT, blocks, rows
from tests.support.shop import write_configuration

README = (ROOT / "backoffice" / "README.md").read_text(encoding="utf-8")


class _Login:
    """The host's own, which knows one person."""

    def __init__(self, app: ASGIApp, login: str) -> None:
        self._app, self._login = app, login

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {})["login"] = self._login
        await self._app(scope, receive, send)


def test_the_host_in_the_readme_lets_in_whom_its_login_knows(
    tmp_path: Path, migrated_sqlite: Path, portal: BlockingPortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    (host,) = blocks(README, "python")
    shutil.copy(migrated_sqlite, tmp_path / "payport.sqlite")
    write_configuration(tmp_path, f"sqlite:///{tmp_path / 'payport.sqlite'}")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DESK_FORM_KEY", "5e" * 32)
    names: dict[str, object] = {"__name__": "host"}
    exec(compile(host, "README.md", "exec"), names)

    def today(login: str) -> Response:
        app = _Login(names["app"], login)  # type: ignore[arg-type]
        client = AsyncClient(transport=ASGITransport(app), base_url="https://shop.saoviet.example")
        return portal.call(lambda: client.get("/backoffice/", headers={"accept-language": "en"}))

    known, unknown = today("lan@saoviet.example"), today("mallory@evil.example")

    assert known.status_code == 200
    assert "lan@saoviet.example<small>Approver</small>" in known.text
    assert unknown.status_code == 401
    assert 'href="/staff/login"' in unknown.text
    portal.call(names["shop"].close)  # type: ignore[attr-defined]


def test_the_table_of_roles_is_what_the_guard_goes_by() -> None:
    order = (Right.READ, Right.BUYER, Right.ACT, Right.APPROVE, Right.AUDIT, Right.EXPORT)
    said = {
        row[0].strip("`"): {right for right, cell in zip(order, row[1:], strict=True) if cell == "yes"}
        for row in rows(README)
        if row[0].strip("`") in set(Role)
    }

    assert said == {str(role): set(rights) for role, rights in RIGHTS.items()}
