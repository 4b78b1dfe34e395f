"""Where a finding is: file and line, as an editor opens them from the folder in which the tests run."""

from __future__ import annotations

import hashlib
import re
from importlib.metadata import entry_points
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path, PurePath

from payport.gateways.places import place
from payport.signing.contract import Contract

__all__ = ["last_place", "place_of", "place_of_contract"]


def place_of(file: str, line: int) -> str:
    """Relative to here where it lies below; else from its topmost package: payport_saomai/saomai.py:57."""
    path = Path(file)
    if path.is_relative_to(Path.cwd()):
        return f"{path.relative_to(Path.cwd()).as_posix()}:{line}"
    return place(file, line)


def last_place(error: BaseException, folder: Path) -> str:
    """The last line below a folder that an error came through; empty if there is none."""
    found, trace = "", error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        found = place_of(file, trace.tb_lineno) if Path(file).is_relative_to(folder) else found
        trace = trace.tb_next
    return found


def place_of_contract(contract: Contract, key: str = "id") -> str:
    """The line of a key in the contract's installed file; its label where the file is not on a disk."""
    for point in entry_points(group="payport.contracts"):
        for file in _below(files(point.value)):
            if hashlib.sha256(file.read_bytes()).hexdigest() == contract.digest:
                return place_of(str(file), _line(file.read_text(encoding="utf-8"), key))
    return contract.label


def _line(text: str, key: str) -> int:
    found = (
        number for number, line in enumerate(text.splitlines(), start=1) if re.match(rf"\[?{key}\b", line)
    )
    return next(found, 1)


def _below(folder: Traversable) -> list[Path]:
    return sorted(Path(str(folder)).rglob("*.toml")) if PurePath(str(folder)).is_absolute() else []
