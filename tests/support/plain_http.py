"""For clients that speak plain HTTP to this machine: others read all public roots first, for 20 ms each."""

from __future__ import annotations

import ssl
from typing import Final

__all__ = ["TRUSTS_NOBODY"]

TRUSTS_NOBODY: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
