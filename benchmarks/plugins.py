"""Finding, loading and examining 50 plugins, against reading the same entry points and nothing more."""

from __future__ import annotations

import sys
from importlib.metadata import entry_points
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.ratio import Ratio, best
from payport.gateways.library import ContractLibrary
from payport.gateways.registry import discover

__all__ = ["measure"]

_COUNT = 50
_PLUGIN = """
from dataclasses import replace
from payport.plugin import hookimpl
from payport_domestic_card import vnpay

@hookimpl
def describe():
    return replace(vnpay.describe(), id="{name}")

initiate, query = vnpay.initiate, vnpay.query
verify_signature, parse_callback = vnpay.verify_signature, vnpay.parse_callback
refund, query_refund = vnpay.refund, vnpay.query_refund
"""


def measure() -> list[Ratio]:
    with TemporaryDirectory() as folder:
        for number in range(_COUNT):
            _install(Path(folder), f"bench{number:02}")
        sys.path.insert(0, folder)
        try:
            library = ContractLibrary.installed()
            assert len(discover(contracts=library).gateways) > _COUNT
            ours = best(lambda: discover(contracts=library), calls=1) / 1000
            reading = best(lambda: list(entry_points(group="payport.gateways")), calls=3) / 1000
        finally:
            sys.path.remove(folder)
    return [Ratio(f"discovery with {_COUNT} plugins ÷ reading entry points", ours, reading, "ms")]


def _install(folder: Path, name: str) -> None:
    (folder / f"{name}_gateway.py").write_text(_PLUGIN.format(name=name), encoding="utf-8")
    metadata = folder / f"{name}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8"
    )
    (metadata / "entry_points.txt").write_text(
        f"[payport.gateways]\n{name} = {name}_gateway\n", encoding="utf-8"
    )
