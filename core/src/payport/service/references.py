"""Names that the core gives: order numbers, merchant references, tokens. Unguessable, never reused."""

from __future__ import annotations

import secrets
import string
from typing import Final

__all__ = ["new_id", "new_reference", "new_request_id", "new_token"]

_READABLE: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # no I, O, 0, 1: people read these aloud
_LENGTH: Final = 12  # fixed, so that no reference contains another


def new_reference(prefix: str) -> str:
    """A merchant reference or an order number: the seller's two letters, then 10 of `[A-HJ-NP-Z2-9]`."""
    return prefix + "".join(secrets.choice(_READABLE) for _ in range(_LENGTH - len(prefix)))


def new_token() -> str:
    """What opens an order's page: 192 bits, nothing of the order in it."""
    return secrets.token_urlsafe(24)


def new_request_id() -> str:
    """Names one call to a gateway: 20 of `[A-Z0-9]`."""
    return "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(20))


def new_id() -> str:
    """An id that nobody reads aloud: a quote's, a grant's, a lease owner's."""
    return secrets.token_hex(16)
