"""What the demo's businesses have in use. A real suite measures it; here somebody sets it."""

from __future__ import annotations

from payport import AsyncPayport

__all__ = ["Meter"]


class Meter:
    """Remembers what was set; of an earlier run's customers, what Payport was told last."""

    def __init__(self, shop: AsyncPayport) -> None:
        self._shop = shop
        self._used: dict[str, int] = {}

    def set(self, account: str, used_bytes: int) -> None:
        self._used[account] = used_bytes

    async def measure(self, account: str) -> int | None:
        """Bytes in use; None where nobody has ever set them."""
        if account in self._used:
            return self._used[account]
        return (await self._shop.entitlement(account)).used_bytes
