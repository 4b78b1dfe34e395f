"""All that a database holds, read once at one moment: what the oracle judges."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from payport.storage.tables import metadata

__all__ = ["Stored", "everything_stored"]

_SELECTS: Final = {table.name: select(table) for table in metadata.sorted_tables}


@dataclass(frozen=True)
class Stored:
    """Rows by table. Only reads; what hangs together is put together once."""

    rows: Mapping[str, Sequence[Row[Any]]]

    @classmethod
    def read(cls, connection: Connection) -> Stored:
        return cls({name: connection.execute(each).all() for name, each in _SELECTS.items()})

    @property
    def text(self) -> str:
        """All columns of all tables, to search for what must not be there."""
        parts: list[str] = []
        for rows in self.rows.values():
            for row in rows:
                parts += [
                    value.decode("latin-1") if isinstance(value, bytes) else str(value) for value in row
                ]
        return "\n".join(parts)

    @property
    def orders(self) -> Sequence[Row[Any]]:
        return self.rows["orders"]

    @property
    def payments(self) -> Sequence[Row[Any]]:
        return self.rows["payments"]

    @cached_property
    def payments_by_order(self) -> Mapping[str, Sequence[Row[Any]]]:
        found: defaultdict[str, list[Row[Any]]] = defaultdict(list)
        for payment in self.payments:
            found[payment.order_number].append(payment)
        return found

    @cached_property
    def payment(self) -> Mapping[str, Row[Any]]:
        """By merchant reference."""
        return {payment.merchant_reference: payment for payment in self.payments}

    @cached_property
    def refunds(self) -> Sequence[Row[Any]]:
        """All that did not fail."""
        return [refund for refund in self.rows["refunds"] if refund.state != "failed"]

    @cached_property
    def chargebacks(self) -> Sequence[Row[Any]]:
        """All that were not won."""
        return [chargeback for chargeback in self.rows["chargebacks"] if chargeback.state != "won"]

    @cached_property
    def grants(self) -> Mapping[str, Sequence[dict[str, Any]]]:
        """By account, in order, as they were written."""
        found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in sorted(self.rows["grants"], key=lambda grant: (grant.account, grant.sequence)):
            found[row.account].append(json.loads(row.document))
        return found

    @cached_property
    def order_grants(self) -> Mapping[str, Sequence[dict[str, Any]]]:
        """What was given for an order, by its number."""
        return self._grants_by("order_number", {"order"})

    @cached_property
    def grants_about(self) -> Mapping[str, Sequence[dict[str, Any]]]:
        """What was done to a grant, by its id, in order."""
        return self._grants_by("of", {"reversal", "suspension", "restoring"})

    def _grants_by(self, name: str, kinds: set[str]) -> Mapping[str, Sequence[dict[str, Any]]]:
        found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        for of_account in self.grants.values():
            for grant in of_account:
                if grant["kind"] in kinds:
                    found[grant[name]].append(grant)
        return found


def everything_stored(connection: Connection) -> str:
    """All columns of all tables as one text, to search for what must not be there."""
    return Stored.read(connection).text
