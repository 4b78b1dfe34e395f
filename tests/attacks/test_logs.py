"""SEC-01, SEC-02 and SEC-06: what a log can hold, and when Payport does not start."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote

import pytest

from payport.doors.configuration import load_configuration
from payport.errors import ConfigurationError
from payport.logs import JsonLines, PlainLines, clean, keep_out, set_up
from tests.support.shop import Shop, open_shop, write_configuration
from tests.support.sign import SECRET, TMN_CODE, ipn_query
from tests.support.stored import everything_stored

MARKER = 'MARKER "of/this+test" é'
CARD = "4111111111111111"
HOSTILE = (
    "\r\n2026 INFO paid",
    "\x1b[31m",
    "\u202egnp",
    '"}\n{"level":"error"',
    "\u2028x",
    "\x85x",
    "a\x00b",
)


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    """Whose handlers and level are as before when the test ends."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield root
    root.handlers[:], root.level = handlers, level


@pytest.fixture
def lines(root: logging.Logger) -> io.StringIO:
    """What a process of ours would write, in full detail."""
    stream = io.StringIO()
    set_up("json", level=logging.DEBUG, stream=stream)
    for name in ("httpx", "httpcore", "sqlalchemy.engine", "sqlalchemy.pool", "psycopg"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    return stream


@pytest.fixture(autouse=True)
def levels_as_before() -> Iterator[None]:
    names = ("httpx", "httpcore", "alembic", "sqlalchemy.engine", "sqlalchemy.pool", "psycopg")
    before = {name: logging.getLogger(name).level for name in names}
    yield
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


class TestSecrets:
    def test_SEC_01_planted_in_all_settings_are_found_nowhere(
        self, tmp_path: Path, database_url: str, lines: io.StringIO
    ) -> None:
        shop = open_shop(tmp_path, database_url)
        payment = shop.pay(shop.order())
        shop.deliver(ipn_query(payment.merchant_reference, 1, secret="x"))
        shop.ipn(payment)
        shop.payport.ask(payment.merchant_reference)
        shop.clock.forward(hours=2)
        shop.payport.work()
        with shop.payport.seller.database.reading() as connection:
            kept = everything_stored(connection)
        shop.payport.close()

        assert lines.getvalue().count("\n") > 50  # statements, connections: in full detail
        assert SECRET not in lines.getvalue() + kept

    def test_SEC_01_are_masked_even_where_somebody_logs_them(self, shop: Shop, root: logging.Logger) -> None:
        seen = io.StringIO()
        root.addHandler(logging.StreamHandler(seen))  # a host's own, which knows nothing of Payport
        log = logging.getLogger("payport.callbacks")
        said = f"key={SECRET}"
        try:
            raise ValueError(said)
        except ValueError:
            log.exception("failed with %s", said)
        log.error(said)
        log.error("%s %s", SimpleNamespace(key=SECRET), 7)
        log.error("%(key)s", {"key": SECRET})
        log.warning("…", extra={"facts": {"key": SECRET}})

        assert SECRET not in seen.getvalue()
        assert seen.getvalue().count("[secret]") >= 5

    def test_SEC_01_in_every_way_of_writing_them(self) -> None:
        keep_out([MARKER])

        for written in (MARKER, quote(MARKER, safe=""), json.dumps({"a": MARKER}), repr({"b": MARKER})):
            assert "MARKER" not in clean(f"said {written} twice {written}")

    def test_SEC_01_a_card_is_masked_and_a_signature_cut_short(self) -> None:
        assert clean(f"card {CARD} cvv=737") == "card 411111******1111 cvv=***"
        assert clean("sig " + "0123abcd" * 16) == "sig 0123abcd…"
        assert clean("evt_" + "0123abcd" * 4) == "evt_" + "0123abcd" * 4

    def test_SEC_01_logging_never_fails_and_never_shows_what_it_could_not_write(self) -> None:
        record = logging.LogRecord("payport", logging.INFO, __file__, 1, f"%s %s {CARD}", (1,), None)

        assert json.loads(JsonLines().format(record))["event"] == "%s %s 411111******1111 (TypeError)"


class TestLines:
    @pytest.mark.parametrize("form", [JsonLines, PlainLines])
    def test_SEC_02_one_event_is_one_line_whatever_is_in_it(self, form: type[logging.Formatter]) -> None:
        for hostile in HOSTILE:
            try:
                raise ValueError(hostile)
            except ValueError:
                record = logging.LogRecord(
                    f"payport{hostile}",
                    logging.ERROR,
                    __file__,
                    1,
                    f"{hostile} %s",
                    (hostile,),
                    sys.exc_info(),
                )
            record.__dict__["facts"] = {hostile: hostile}

            line = form().format(record)

            assert len(line.splitlines()) == 1
            assert line.isprintable()

    def test_SEC_02_a_json_line_says_when_who_and_what(self, lines: io.StringIO) -> None:
        logging.getLogger("payport.work").warning("parked %s", "SV1", extra={"facts": {"tries": 3}})

        line = json.loads(lines.getvalue())
        assert line.pop("at").endswith("+00:00")
        assert line.pop("process")
        assert line == {
            "level": "warning", "logger": "payport.work", "event": "parked SV1", "facts": {"tries": 3}
        }  # fmt: skip


class TestDebugging:
    @pytest.mark.parametrize("name", ["PYTHONDEVMODE", "PYTHONASYNCIODEBUG"])
    def test_SEC_06_with_live_keys_payport_does_not_start(self, tmp_path: Path, name: str) -> None:
        file = write_configuration(tmp_path, "sqlite:///x.sqlite")
        assert load_configuration(file, environ={name: "1"})  # the sandbox may be debugged
        approved = Path(__file__).parents[2] / "contracts/src/payport_contracts/approved.toml"
        (tmp_path / "approved.toml").write_bytes(approved.read_bytes())
        (tmp_path / "key").write_text("a key of this test alone, 32 letters")
        live = (
            file.read_text(encoding="utf-8")
            .replace('"sandbox"', '"live"')
            .replace("http://127.0.0.1:9/", "https://bank.example.vn/")
            .replace(TMN_CODE, "SVSOFT01")
            .replace(f'"{SECRET}"', '{ file = "key" }')
            .replace("[[accounts]]", '[contracts]\napproved = ["approved.toml"]\n[[accounts]]', 1)
        )
        file.write_text(live, encoding="utf-8")
        assert load_configuration(file, environ={})

        with pytest.raises(ConfigurationError) as refused:
            load_configuration(file, environ={name: "1"})

        assert str(refused.value) == (
            f"{name}: debugging is switched on, and account vnpay-main is live. "
            "Start without it, or take the sandbox."
        )
