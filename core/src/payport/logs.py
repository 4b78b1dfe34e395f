"""What may stand in a log: one event a line, no secret, no card number, nothing that could draw.

Types keep secrets out of messages (`SecretStr`, `Key`); this is the net below them. A process knows its own
secrets once payport.toml is read (`keep_out`), and every record of Payport and its plugins is cleaned before
any handler of the host sees it (`protect`). A process that is ours, such as the worker, has all its records
written by `set_up`, those of other libraries too.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from math import isfinite
from threading import Lock
from typing import Any, Final, Literal, TextIO
from urllib.parse import quote, quote_plus

from pydantic import SecretStr

from payport.masking import without_cards

__all__ = ["Clean", "JsonLines", "PlainLines", "clean", "keep_out", "protect", "set_up"]

_SHORTEST: Final = 6  # a shorter one would be found in innocent words
_NAMES: Final = re.compile(r"payport(?:[._]|\Z)")
_ESCAPE: Final = re.compile(r"%[0-9A-F]{2}")
_URL_SAFE: Final = str.maketrans("+/", "-_")
_TAG: Final = re.compile(r"(?<![0-9A-Za-z_])([0-9A-Fa-f]{8})[0-9A-Fa-f]{24,}(?![0-9A-Za-z])")
_OWN: Final = (  # some are made at their first use
    "payport.callbacks", "payport.doors", "payport.events", "payport.gateways.observers", "payport.work",
    "payport.worker", "payport_web",
)  # fmt: skip
_NOISY: Final = ("httpx", "httpcore", "alembic")  # the first would log every address with its query


class _Secrets:
    """All secrets that this process knows, as one pattern; made anew when one is added."""

    def __init__(self) -> None:
        self._known: frozenset[str] = frozenset()
        self._pattern: re.Pattern[str] | None = None
        self._lock = Lock()

    def add(self, secrets: Iterable[str]) -> None:
        new = {form for secret in secrets for form in _forms(secret) if len(form) >= _SHORTEST}
        with self._lock:
            if not new <= self._known:
                self._known |= new
                self._pattern = None

    def replaced(self, text: str) -> str:
        if not self._known:
            return text
        pattern = self._pattern
        if pattern is None:
            longest_first = sorted(self._known, key=lambda secret: (-len(secret), secret))
            pattern = self._pattern = re.compile("|".join(map(re.escape, longest_first)))
        return pattern.sub("[secret]", text)


_SECRETS: Final = _Secrets()


def keep_out(secrets: Iterable[SecretStr | str]) -> None:
    """Let no log line of this process hold any of these, as they are or as URLs and JSON write them.

    One of fewer than six signs cannot be told from innocent text, and is left to its type.
    """
    _SECRETS.add(secret.get_secret_value() if isinstance(secret, SecretStr) else secret for secret in secrets)


def clean(text: str) -> str:
    """On one line: secrets and card numbers masked, signatures cut short, controls and invisible signs as
    escapes."""
    masked = _SECRETS.replaced(text)
    if any(sign.isdigit() for sign in masked):
        masked = without_cards(masked.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")
        masked = _TAG.sub(r"\1…", masked)
    if masked.isprintable():
        return masked
    return "".join(sign if sign.isprintable() else _escaped(sign) for sign in masked)


class Clean(logging.Filter):
    """Lets every record pass, cleaned: its words, the values in them, its facts and its exception."""

    def filter(self, record: logging.LogRecord) -> bool:
        whole = _whole(record)
        if whole is not None and clean(whole) != whole:  # also what was cut in parts, each of them innocent
            record.msg, record.args = clean(whole), ()
        record.msg = clean(_as_text(record.msg))
        if isinstance(record.args, Mapping):
            record.args = {name: _cleaned(value) for name, value in record.args.items()}
        elif record.args:
            record.args = tuple(map(_cleaned, record.args))
        if record.exc_info and record.exc_info[0] is not None:
            record.exc_text = clean(logging.Formatter().formatException(record.exc_info))
            record.exc_info = None  # a formatter of another's would write it anew
        if record.stack_info:
            record.stack_info = clean(record.stack_info)
        facts = record.__dict__.get("facts")
        if isinstance(facts, Mapping):
            record.__dict__["facts"] = {clean(str(name)): _cleaned(value) for name, value in facts.items()}
        return True


def _whole(record: logging.LogRecord) -> str | None:
    """Words and values as one; None where they do not fit each other, which whoever writes them says."""
    with suppress(Exception):
        return record.getMessage()
    return None


_CLEAN: Final = Clean()


def protect() -> None:
    """Clean the records of all loggers of Payport and its plugins, whoever handles them. For start-up; again
    does no harm. Of a plugin's loggers, those that are made later are not among them."""
    for name in _OWN:
        logging.getLogger(name)
    for name, logger in tuple(logging.root.manager.loggerDict.items()):
        if isinstance(logger, logging.Logger) and _NAMES.match(name) and _CLEAN not in logger.filters:
            logger.addFilter(_CLEAN)


class _Lines(logging.Formatter):
    """What both forms share: the record's words, whatever is wrong with them, and its instant."""

    def words(self, record: logging.LogRecord) -> str:
        try:
            return clean(record.getMessage())
        except Exception as error:  # wrong number of values: what is logged must not fail
            return clean(f"{record.msg} ({type(error).__name__})")

    def at(self, record: logging.LogRecord) -> str:
        return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")

    def error(self, record: logging.LogRecord) -> str | None:
        if record.exc_info and not record.exc_text:
            record.exc_text = self.formatException(record.exc_info)
        return None if not record.exc_text else clean(record.exc_text)


class JsonLines(_Lines):
    """A JSON object a line: at, level, logger, process, event; facts and error where there are any."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": self.at(record),
            "level": record.levelname.lower(),
            "logger": clean(record.name),
            "process": record.process,
            "event": self.words(record),
        }
        facts = record.__dict__.get("facts")
        if isinstance(facts, Mapping):
            line["facts"] = {clean(str(name)): _cleaned(value) for name, value in facts.items()}
        error = self.error(record)
        if error is not None:
            line["error"] = error
        return json.dumps(line, ensure_ascii=False)


class PlainLines(_Lines):
    """For a terminal: instant, level, logger, words."""

    def format(self, record: logging.LogRecord) -> str:
        parts = [self.at(record), record.levelname, clean(record.name), self.words(record)]
        facts = record.__dict__.get("facts")
        if isinstance(facts, Mapping):
            parts += [f"{clean(str(name))}={_cleaned(value)}" for name, value in facts.items()]
        error = self.error(record)
        return " ".join(parts if error is None else [*parts, error])


def set_up(
    form: Literal["json", "text"] | None = None, *, level: int = logging.INFO, stream: TextIO | None = None
) -> logging.Handler:
    """Have all records of this process written to `stream` (stderr), cleaned. For a process that is ours.

    Args:
        form: None: text on a terminal, else JSON.
    """
    to = sys.stderr if stream is None else stream
    chosen = form or ("text" if to.isatty() else "json")
    handler = logging.StreamHandler(to)
    handler.setFormatter(PlainLines() if chosen == "text" else JsonLines())
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in _NOISY:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    return handler


def _cleaned(value: object) -> object:
    """Numbers as they are: a format may ask for one. Not those that are a card's, or that no JSON has."""
    text = _as_text(value)
    cleaned = clean(text)
    if value is None or isinstance(value, bool | int) or (isinstance(value, float) and isfinite(value)):
        return value if cleaned == text else cleaned
    return cleaned


def _as_text(value: object) -> str:
    """What is logged must not fail, nor stop whoever logs it."""
    try:
        return str(value)
    except Exception as error:
        return f"[{type(value).__name__} that cannot be shown: {type(error).__name__}]"


def _forms(secret: str) -> set[str]:
    """As it is, and as URLs, JSON, Python and Basic authentication write it."""
    raw = secret.encode("utf-8", "surrogatepass")
    quoted = {quote(raw, safe=""), quote(raw), quote_plus(raw)}
    return {
        secret,
        secret.strip(),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        repr(secret)[1:-1],
        repr(raw)[2:-1],
        *quoted,
        *(_ESCAPE.sub(lambda found: found[0].lower(), each) for each in quoted),
        *_in_base64(raw),
    }


def _in_base64(raw: bytes) -> Iterator[str]:
    """Whatever stands before and after it: what its own bytes alone make, at each of three beginnings."""
    for before in range(3):
        text = b64encode(b"x" * before + raw).decode().rstrip("=")
        whole = text if (before + len(raw)) % 3 == 0 else text[:-1]
        inside = whole[(0, 2, 3)[before] :]
        yield from (inside, inside.translate(_URL_SAFE))


def _escaped(sign: str) -> str:
    return sign.encode("unicode_escape", errors="surrogatepass").decode("ascii")
