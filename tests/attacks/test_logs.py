"""SEC-01 to 03 and SEC-06: what a log can hold, and when Payport does not start."""

from __future__ import annotations

import io
import json
import logging
import re
import sys
from base64 import b64encode
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from time import process_time
from types import SimpleNamespace
from urllib.parse import quote

import pytest

import payport
from payport.doors.configuration import load_configuration
from payport.doors.journal_key import new_journal_key
from payport.errors import ConfigurationError
from payport.logs import Clean, JsonLines, PlainLines, clean, keep_out, protect, set_up
from payport.masking import without_cards
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

        lower = re.sub("%..", lambda found: found[0].lower(), quote(MARKER))
        basic = [b64encode(f"{user}:{MARKER}:x".encode()).decode() for user in ("u", "us", "use")]
        for written in (
            MARKER, quote(MARKER, safe=""), quote(MARKER), lower,
            json.dumps({"a": MARKER}), repr({"b": MARKER}), repr(MARKER.encode()),
        ):  # fmt: skip
            assert "MARKER" not in clean(f"said {written} twice {written}")
        for written in basic:
            assert "[secret]" in clean(f"Authorization: Basic {written}")

    def test_SEC_01_a_card_is_masked_and_a_signature_cut_short(self) -> None:
        assert clean(f"card {CARD} cvv=737") == "card 411111******1111 cvv=***"
        assert clean("sig " + "0123abcd" * 16) == "sig 0123abcd…"
        assert clean("evt_" + "0123abcd" * 4) == "evt_" + "0123abcd" * 4

    def test_SEC_03_a_card_is_masked_however_it_is_written_and_whatever_stands_beside(self) -> None:
        """Its code, a month, an amount, a day; as people, forms and JSON write groups."""
        gaps = ("", " ", "-", "+", "%20", "%2D", ".", "  ", "\t", "\u00a0", "%C2%A0", "\\u00a0", "\\t")
        before = ("", "5 ", "2026-11-24 ", "24-", "a%3A%22", 'a":"\\n', "1.", "=", "4,")
        after = ("", " 737", " 12/28", "-01", "%22", '"', "&b=1", " 2026", ".")
        for gap, begin, end in product(gaps, before, after):
            whole = f"{begin}{gap.join(('4111', '1111', '1111', '1111'))}{end}"
            masked = without_cards(whole.encode()).decode()

            assert masked == f"{begin}4111{gap}11**{gap}****{gap}1111{end}", whole
            assert without_cards(masked.encode()).decode() == masked

    def test_SEC_03_two_cards_side_by_side_are_both_masked(self) -> None:
        written = f"{CARD} 5555555555554444 378282246310005"

        masked = without_cards(written.encode()).decode()

        assert masked == "411111******1111 555555******4444 378282*****0005"

    def test_a_message_of_digits_alone_is_looked_through_in_time(self) -> None:
        began = process_time()
        for message in (b"4 " * 32_768, b"4-" * 32_768, b"4111 " * 13_000, b"%34" * 21_000, b"4" * 65_536):
            assert len(without_cards(message)) == len(message)

        assert process_time() - began < 2

    def test_SEC_01_what_is_only_whole_in_the_line_is_found_there(self, root: logging.Logger) -> None:
        """A secret in two values, a card as a number, a fact: by any handler of the host's."""
        keep_out([MARKER])
        out = io.StringIO()
        handler = logging.StreamHandler(out)
        handler.addFilter(Clean())
        root.addHandler(handler)

        root.warning("%s%s", MARKER[:9], MARKER[9:])
        root.warning("card %d", int(CARD))
        root.warning("told", extra={"facts": {"card": int(CARD), "share": float("nan"), "count": 3}})
        root.removeHandler(handler)

        assert out.getvalue().splitlines() == ["[secret]", "card 411111******1111", "told"]

    def test_SEC_02_a_fact_that_json_cannot_say_is_text(self) -> None:
        record = logging.LogRecord("payport.x", logging.INFO, "", 1, "told", (), None)
        record.facts = {
            "card": int(CARD),
            "share": float("nan"),
            "most": float("inf"),
            "count": 3,
            "part": 0.5,
        }

        read = json.loads(JsonLines().format(record), parse_constant=lambda _: pytest.fail("no JSON"))

        assert read["facts"] == {
            "card": "411111******1111", "share": "nan", "most": "inf", "count": 3, "part": 0.5,
        }  # fmt: skip

    def test_SEC_01_the_journals_key_is_among_the_secrets(self, tmp_path: Path) -> None:
        new_journal_key(tmp_path / "seal.pem")
        file = write_configuration(tmp_path, "sqlite:///payport.sqlite")
        table = '\n[journal]\nkey = { file = "seal.pem" }\nkey_id = "2026"\n'
        file.write_text(file.read_text(encoding="utf-8") + table, encoding="utf-8")

        load_configuration(file)

        key = (tmp_path / "seal.pem").read_text(encoding="ascii").splitlines()[1]
        assert clean(f"key {key}") == "key [secret]"

    def test_every_logger_of_ours_is_cleaned_from_the_start(self, shop: Shop) -> None:
        """Also those of modules that are imported at their first use."""
        written = "".join(
            file.read_text(encoding="utf-8") for file in Path(payport.__file__).parent.rglob("*.py")
        )
        names = {*re.findall(r'getLogger\("(payport[^"]*)"\)', written), "payport.gateways.observers"}

        assert len(names) > 4
        for name in names:
            assert any(isinstance(each, Clean) for each in logging.getLogger(name).filters), name

    def test_what_cannot_be_shown_stops_nobody_who_logs_it(self, root: logging.Logger) -> None:
        class Broken:
            def __str__(self) -> str:
                raise ZeroDivisionError(MARKER)

        protect()
        out = io.StringIO()
        root.addHandler(logging.StreamHandler(out))
        log = logging.getLogger("payport.work")

        log.warning("%s", Broken())
        log.warning(Broken())
        log.warning("told", extra={"facts": {"it": Broken()}})

        shown = "[Broken that cannot be shown: ZeroDivisionError]"
        assert out.getvalue().splitlines() == [shown, shown, "told"]

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
