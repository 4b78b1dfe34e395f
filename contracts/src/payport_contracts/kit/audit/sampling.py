"""Stored callbacks, drawn at random and re-verified from the raw bytes by a script that stands alone.

Which are drawn, anybody can compute again: those whose SHA-256 of "SEED NUMBER" is least.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from heapq import nsmallest
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from pydantic import SecretStr

from payport.doors.host import Payport
from payport.gateways.library import Approved
from payport.storage import tables as t
from payport_contracts.kit.audit.values import Sample, SampleRow

__all__ = ["Trusted", "drawn", "re_verify", "sample"]

_SECONDS: Final = 60.0  # for one callback
_NUMBERS: Final = t.callbacks.select().with_only_columns(t.callbacks.c.id)


class Trusted:
    """What the auditor brought along, from elsewhere than the database.

    Args:
        secrets: of gateways, by account, or by (account, id of the key).
        keys: public keys of the journal, "ID=BASE64". `heads`: the file of heads kept outside.
        approved: contracts, by digest. `script`: to be run; None: the one that the kit carries.
    """

    def __init__(
        self,
        *,
        secrets: Mapping[tuple[str, str | None], SecretStr] | None = None,
        keys: Iterable[str] = (),
        heads: Path | None = None,
        approved: Mapping[str, Approved] | None = None,
        script: Path | None = None,
    ) -> None:
        self.secrets: Final = dict(secrets or {})
        self.keys: Final = tuple(keys)
        self.heads: Final = heads
        self.approved: Final = {
            f"{each.id} {each.version}": each.sha256 for each in (approved or {}).values()
        }
        self.script: Final = script

    def secret_for(self, account: str, key_id: str) -> SecretStr | None:
        return self.secrets.get((account, key_id)) or self.secrets.get((account, None))


def drawn(numbers: Iterable[int], count: int, seed: str) -> tuple[int, ...]:
    """So many of them, in their order: those whose SHA-256 of "SEED NUMBER" is least."""
    least = nsmallest(count, numbers, key=lambda each: hashlib.sha256(f"{seed} {each}".encode()).digest())
    return tuple(sorted(least))


def sample(shop: Payport, count: int, seed: str, trusted: Trusted) -> Sample:
    """Draw from all callbacks that are kept, authentic or not, and re-verify each."""
    with shop.seller.database.reading() as connection:
        kept = connection.execute(_NUMBERS).scalars().all()
    rows = tuple(re_verify(number, shop.evidence, trusted) for number in drawn(kept, count, seed))
    return Sample(seed, len(kept), rows)


def re_verify(number: int, evidence: Callable[[int], Mapping[str, Any]], trusted: Trusted) -> SampleRow:
    """Ask for a callback's evidence, and have the script look at it in a process of its own."""
    said = evidence(number)
    with TemporaryDirectory(prefix="payport-audit-") as name:  # which nobody else may read
        folder = Path(name)
        script = trusted.script or folder / "check_evidence.py"
        if trusted.script is None:
            carried = files("payport_contracts.kit.audit").joinpath("check_evidence.script")
            script.write_bytes(carried.read_bytes())
        file = folder / f"evidence-{number}.json"
        file.write_text(json.dumps(said), encoding="utf-8")
        command = [sys.executable, "-I", str(script.absolute()), str(file)]
        command += _options(said, trusted, folder)
        ran = subprocess.run(  # noqa: S603 - the script that the kit carries, or that the auditor names
            command, capture_output=True, text=True, encoding="utf-8", timeout=_SECONDS, check=False,
            cwd=folder, env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        )  # fmt: skip
    lines = tuple((ran.stdout + ran.stderr).replace(f"{name}{os.sep}", "").splitlines())
    return SampleRow(number, ran.returncode == 0, lines)


def _options(said: Mapping[str, Any], trusted: Trusted, folder: Path) -> list[str]:
    found = [word for key in trusted.keys for word in ("--key", key)]
    if trusted.heads is not None:
        found += ["--heads", str(trusted.heads.absolute())]
    contract, signature = said["contract"], said["signature"]
    if contract is not None:
        approved = trusted.approved.get(contract["label"])
        found += [] if approved is None else ["--contract", approved]
    if signature is not None and signature.get("key_id") is not None:
        secret = trusted.secret_for(said["callback"]["account"], signature["key_id"])
        if secret is not None:
            file = folder / "secret"
            file.touch(mode=0o600)
            file.write_text(secret.get_secret_value(), encoding="utf-8")
            found += ["--secret", str(file)]
    return found
