"""A stand-in for a bank: its app scans VietQR texts, its statements are exported. Sheet: vietqr.md, 11."""

from __future__ import annotations

from payport_simulators.bank.asgi import app
from payport_simulators.bank.bank import Bank
from payport_simulators.bank.noise import Noise
from payport_simulators.bank.records import Account, Line, Refused, Scanned

__all__ = ["Account", "Bank", "Line", "Noise", "Refused", "Scanned", "app"]
