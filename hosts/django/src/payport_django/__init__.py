"""Payport as a reusable Django app. `get_payport()` gives this process's one seller.

`import payport_django` opens nothing, and loads nothing of Payport.
"""

from __future__ import annotations

from payport_django.process import get_payport

__all__ = ["get_payport"]
