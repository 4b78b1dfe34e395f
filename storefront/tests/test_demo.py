"""The demo's folder, its customers, and what its command refuses."""

from __future__ import annotations

import socket
import stat
import tomllib
from pathlib import Path

import pytest

from payport_storefront.cli import app
from payport_storefront.demo.customers import FIRST, DemoCustomers, newcomer
from payport_storefront.demo.folder import DemoRefused, prepare
from payport_storefront.demo.run import run

URL = "http://127.0.0.1:8000"


class TestTheDemosFolder:
    def test_is_made_at_the_first_start_with_keys_of_its_own(self, tmp_path: Path) -> None:
        first, second = prepare(tmp_path / "a", URL, fresh=False), prepare(tmp_path / "b", URL, fresh=False)

        assert first.keys != second.keys
        assert first.session_key != second.session_key
        assert len(first.keys.vnpay) == 32
        written = tomllib.loads(first.configuration.read_text(encoding="utf-8"))
        assert written["seller"]["result_url"] == f"{URL}/result/{{order_token}}"

    def test_keeps_its_keys_and_takes_the_new_address_at_the_next_start(self, tmp_path: Path) -> None:
        before = prepare(tmp_path, URL, fresh=False)
        sealing = (tmp_path / "journal.key").read_text()
        (tmp_path / "journal.key.new").touch()  # as if the machine had stopped in the midst of it

        after = prepare(tmp_path, "http://127.0.0.1:9000", fresh=False)

        assert (after.keys, after.session_key) == (before.keys, before.session_key)
        assert (tmp_path / "journal.key").read_text() == sealing
        assert "127.0.0.1:9000/pay" in after.configuration.read_text(encoding="utf-8")

    def test_keeps_what_somebody_added_to_its_configuration(self, tmp_path: Path) -> None:
        written = prepare(tmp_path, URL, fresh=False).configuration
        hook = '\n[[webhooks]]\nname = "crm"\n'
        written.write_text(written.read_text(encoding="utf-8") + hook, encoding="utf-8")

        for url in ("http://127.0.0.1:9000", "http://127.0.0.1:9001"):
            after = prepare(tmp_path, url, fresh=False).configuration.read_text(encoding="utf-8")
            assert after.endswith(f"---\n{hook}")
            assert f"{url}/pay" in after
        assert "crm" not in prepare(tmp_path, URL, fresh=True).configuration.read_text(encoding="utf-8")

    def test_forgets_everything_when_it_begins_anew(self, tmp_path: Path) -> None:
        before = prepare(tmp_path, URL, fresh=False)
        sealing = (tmp_path / "journal.key").read_text()
        for name in ("payport.sqlite", "journal-heads.jsonl"):
            (tmp_path / name).touch()

        after = prepare(tmp_path, URL, fresh=True)

        assert after.keys != before.keys
        assert not (tmp_path / "payport.sqlite").exists()
        assert not (tmp_path / "journal-heads.jsonl").exists()
        assert (tmp_path / "journal.key").read_text() != sealing

    def test_that_holds_something_else_is_not_emptied(self, tmp_path: Path) -> None:
        (tmp_path / "thesis.odt").touch()

        with pytest.raises(DemoRefused):
            run(port=0, host=None, path=tmp_path, fresh=True, say=print)

        assert (tmp_path / "thesis.odt").exists()

    def test_shows_its_keys_to_its_owner_alone(self, tmp_path: Path) -> None:
        folder = prepare(tmp_path, URL, fresh=False)

        for file in (folder.configuration, tmp_path / "session.key", tmp_path / "journal.key"):
            assert stat.S_IMODE(file.stat().st_mode) == 0o600

    def test_says_no_key_in_its_repr(self, tmp_path: Path) -> None:
        folder = prepare(tmp_path, URL, fresh=False)

        assert folder.keys.vnpay not in repr(folder)
        assert folder.keys.wallet not in repr(folder.keys)
        assert folder.session_key.decode() not in repr(folder)


class TestTheDemosCustomers:
    def test_begin_with_the_first_business(self) -> None:
        assert DemoCustomers().signed_in(None) == FIRST
        assert DemoCustomers().signed_in("nobody-we-know") == FIRST

    def test_are_as_many_as_one_likes(self) -> None:
        made = {newcomer() for _ in range(20)}

        assert len({customer.account for customer in made}) == 20
        assert all(DemoCustomers().signed_in(customer.account) == customer for customer in made)


class TestTheDemosAddress:
    @pytest.mark.parametrize("host", ["192.0.2.1", "shop.example", "10.0.0.1"])
    def test_stays_on_this_machine(self, tmp_path: Path, host: str) -> None:
        with pytest.raises(DemoRefused):
            run(port=0, host=host, path=tmp_path, fresh=False, say=print)

    def test_that_is_taken_is_named_with_another(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]

            code = app(["demo", "--port", str(port), "--folder", str(tmp_path)], result_action="return_value")

        assert code == 1
        assert f"--port {port + 1}" in capsys.readouterr().err
