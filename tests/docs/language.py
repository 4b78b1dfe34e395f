"""The examples of docs/contract-language.md: for tests of the page, and as genuine messages to fuzz."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Final
from urllib.parse import parse_qsl

from pydantic import SecretStr

from payport.errors import CallbackRejected, RequestRefused
from payport.signing.contract import Contract, load_contract
from payport.signing.keys import Key, Keyring
from payport.signing.received import Hint, Received, Verified
from payport.signing.verify import sign, verify
from tests.docs.pages import blocks, page, rows, section

__all__ = ["BASE", "EXAMPLES", "HEADINGS", "KEY", "PAGE", "SETTINGS", "Example", "received"]

PAGE: Final = page("contract-language.md")
KEY: Final = "a synthetic key for this page"
SETTINGS: Final = {"merchant_code": "SAOMAI01"}
BASE: Final = blocks(PAGE, "toml")[0]
HEADINGS: Final = re.findall(r"^### (.+)$", PAGE, re.MULTILINE)
_AT: Final = datetime(2026, 11, 24, 5, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Example:
    """One section of the page."""

    heading: str

    @cached_property
    def text(self) -> str:
        return section(PAGE, self.heading)

    @cached_property
    def contract(self) -> Contract:
        (lines,) = blocks(self.text, "toml")
        without = re.findall(r"[a-z]+", "".join(re.findall(r"^# without (.*)$", lines, re.MULTILINE)))
        stated = set(tomllib.loads(lines)) | set(without)
        kept = [line for line in BASE.splitlines() if line.partition(" = ")[0] not in stated]
        return load_contract("\n".join([*kept, lines]), source=self.heading)

    @property
    def is_request(self) -> bool:
        return self.contract.direction == "request"

    @cached_property
    def message(self) -> str:
        return blocks(self.text, "http")[0].removesuffix("\n")

    @cached_property
    def key(self) -> str:
        return blocks(self.text, "text")[0].removesuffix("\n") if "The key:" in self.text else KEY

    @cached_property
    def signed_text(self) -> str | None:
        printed = blocks(self.text, "text")["The key:" in self.text :]
        return printed[0].removesuffix("\n") if printed else None

    @property
    def keyring(self) -> Keyring:
        role = self.contract.key_role
        keys = [] if role is None else [Key(role=role, id="1", value=SecretStr(self.key), environment="live")]
        return Keyring(keys)

    @property
    def changes(self) -> list[tuple[str, str, str]]:
        """What stands in the message, what comes in its place, and the verdict then."""
        found = []
        for change, verdict in rows(self.text):
            before, _, after = change.partition("` → ")
            after = "" if after == "nothing" else after.strip("`")
            found.append((before[1:].replace(r"\n", "\n"), after.replace(r"\n", "\n"), verdict.strip("`")))
        return found

    def judge(self, message: Received) -> Verified | Hint:
        """Raises CallbackRejected."""
        return verify(self.contract, message, keyring=self.keyring, settings=SETTINGS, at=_AT)

    def verdict(self, message: str) -> str:
        """`accepted`, or the reason why it is not."""
        if self.is_request:
            return self._sending(message)
        try:
            self.judge(received(message))
        except CallbackRejected as rejection:
            return rejection.reason
        return "accepted"

    def _sending(self, message: str) -> str:
        fields = dict(parse_qsl(message.partition("\n\n")[2]))
        signature = fields.pop("sign")
        try:
            sent = sign(self.contract, fields, keyring=self.keyring, settings=SETTINGS, at=_AT)
        except RequestRefused:
            return "refused"
        return "accepted" if sent == fields | {"sign": signature} else "mismatch"


def received(message: str) -> Received:
    """A message as the page prints it: its first line, headers, an empty line, its body."""
    head, _, body = message.partition("\n\n")
    first, *lines = head.rstrip("\n").split("\n")
    method, path = ("ANSWER", "") if first.startswith("HTTP/") else first.split(" ", 1)
    headers = tuple(
        (name.encode(), value.strip().encode()) for name, _, value in (line.partition(":") for line in lines)
    )
    return Received(method, path.partition("?")[2].encode(), headers, body.encode(), _AT)


EXAMPLES: Final = [Example(heading) for heading in HEADINGS if "```toml" in section(PAGE, heading)]
