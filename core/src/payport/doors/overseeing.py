"""What people look at before they act: the day, an order's time line, the house."""

from __future__ import annotations

from payport.doors.base import Host
from payport.service import timeline
from payport.service.moments import Moment

__all__ = ["Overseeing"]


class Overseeing(Host):
    """The verbs that show how things stand. They change nothing."""

    def timeline(self, order_number: str) -> tuple[Moment, ...]:
        """Everything that happened to an order, oldest first, each in a sentence. Raises NotFound."""
        return self._see(lambda connection: timeline.timeline(connection, self.seller, order_number))
