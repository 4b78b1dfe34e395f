"""Installs the bank that does not exist, as an installer does: package, metadata, entry points."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

__all__ = ["install_bank"]

_SOURCE: Final = Path(__file__).with_name("bank") / "payport_test_bank"
_GATEWAYS: Final = {
    "bank_query": "by_query",
    "bank_fixed": "fixed_currency",
    "bank_json": "by_json",
    "bank_body": "by_body",
    "bank_form": "by_form",
    "bank_amountless": "without_amount",
    "bank_digest": "by_digest",
    "bank_boundless": "boundless",
    "bank_refund": "giving_back",
    "bank_begin": "beginning",
}


def install_bank(folder: Path) -> Path:
    """Whoever puts `folder` on `sys.path` has the distribution `payport-test-bank`."""
    shutil.copytree(
        _SOURCE,
        folder / "payport_test_bank",
        ignore=shutil.ignore_patterns("__pycache__"),
        dirs_exist_ok=True,
    )
    metadata = folder / "payport_test_bank-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: payport-test-bank\nVersion: 1.0\n")
    points = "".join(f"{name} = payport_test_bank.gateways:{found}\n" for name, found in _GATEWAYS.items())
    (metadata / "entry_points.txt").write_text(
        f"[payport.gateways]\n{points}\n[payport.contracts]\nbank = payport_test_bank.contracts\n"
    )
    return folder
