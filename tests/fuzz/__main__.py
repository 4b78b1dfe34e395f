"""`make fuzz`: atheris, coverage-guided, from every genuine message of the language's page.

Ends by itself after SECONDS. A message that gets past is printed as a call of `attack`, and fails the run.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import atheris

with atheris.instrument_imports(include=["payport.signing"]):
    from tests.fuzz.verifiers import attack, seeds


def _one(data: bytes) -> None:
    if not data:
        return
    try:
        attack(data[0], data[1:])
    except BaseException:
        print(f"attack({data[0]}, {data[1:]!r})", file=sys.stderr)
        raise


def main(seconds: str = "60") -> None:
    with TemporaryDirectory() as folder:
        for number, seed in enumerate(seeds()):
            (Path(folder) / str(number)).write_bytes(seed)
        limits = [f"-max_total_time={seconds}", "-max_len=4096", f"-artifact_prefix={folder}/found-"]
        atheris.Setup([sys.argv[0], *limits, folder], _one)
        atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
