"""A shop of two processes, its banks and its clock: what a step does among them.

Everything is decided by the step's own luck, so the same steps always do the same. What is expected while it
runs: nothing but a refusal or the step's own fault is raised, an answer that is final was stored before, and
a genuine message is taken.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any, Final, TypeAlias

import httpx
from sqlalchemy.exc import OperationalError

from payport.errors import Defect, PayportError, RequestRefused
from payport.service.events import event_id
from payport.service.judge import Decision
from payport.signing.received import Callback, Channel
from tests.simulation.banks import MOODS, Bank, Notice
from tests.simulation.history import Step
from tests.simulation.host import Host
from tests.simulation.machine import Crash, Machine
from tests.support.shop import NOON, Clock

__all__ = ["ACCOUNTS", "BANKS", "FINAL", "HOST_MOODS", "Transfer", "Violation", "World"]

ACCOUNTS: Final = ("an", "binh")
BANKS: Final[Mapping[int, str]] = {9: "bank-a", 10: "bank-b"}
"""By the port at which they would listen."""
FINAL: Final = {Decision.RECORDED, Decision.ALREADY_KNOWN, Decision.TO_REVIEW, Decision.WRONG_AMOUNT}
"""After these a bank does not call again."""


HOST_MOODS: Final = (*["well"] * 14, "deaf", "mute")
"""How the host takes an event: `deaf` raises before it heard, `mute` after it."""


class Violation(AssertionError):
    """Something that must never happen did."""


@dataclass(frozen=True)
class Transfer:
    """Money that came to the bank account for orders by hand."""

    order: str
    amount: int
    reference: str
    at: datetime


@dataclass
class World:
    machines: tuple[Machine, Machine]
    clock: Clock
    rows: sqlite3.Connection
    acts: Mapping[str, Act]
    host: Host
    banks: dict[str, Bank] = field(default_factory=dict)
    transfers: list[Transfer] = field(default_factory=list)
    refund_forms: list[tuple[str, int | None, dict[str, Any]]] = field(default_factory=list)
    trace: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    random: Random = field(default_factory=Random)
    told: bool = True

    def empty(self, *, told: bool = True) -> None:
        """As on the first day, but for what a process remembers for good. `told`: its host hears events."""
        self.machines[0].empty()
        self.told = told
        for machine in self.machines:
            machine.tells(told)
        self.clock.now = NOON
        self.host.forget()
        self.banks = {name: Bank(name, self.clock) for name in BANKS.values()}
        for kept in (self.transfers, self.refund_forms, self.trace, self.errors):
            kept.clear()

    def do(self, step: Step, *, within: bool = False) -> None:
        """Raises Violation; whatever may happen is in `trace`."""
        machine, outer = self.machines[step.host], self.random
        self.random = Random(step.luck)
        self.errors.clear()
        pauses = iter(range(1, 1000))

        def pause() -> None:
            if next(pauses) == step.pause:
                mine = self.random
                for other in step.meanwhile:
                    self.do(other, within=True)
                self.random = mine

        try:
            with machine.running(step.fault, pause if step.meanwhile else None):
                said = self.acts[step.kind](self, machine)
        except Crash:
            said = "the process was killed"
        except (Violation, Defect) as error:
            raise Violation(f"{step}: {error}") from error
        except PayportError as error:
            if not isinstance(error, RequestRefused):
                raise Violation(f"{step}: {error!r}") from error
            said = f"refused: {error}"
        except OperationalError as error:
            if step.fault is None or step.fault.kind == "crash" or not machine.struck:
                raise Violation(f"{step}: {error!r}") from error
            said = "the database could not write"
        finally:
            self.random = outer
        self.trace.append(f"{'  meanwhile ' if within else ''}{step}: {said}")

    def gateway(self, request: httpx.Request) -> httpx.Response:
        mood = self.random.choice(MOODS)
        return self.banks[BANKS[request.url.port or 0]].answer(request, mood)

    def all(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows, as anybody sees them who is none of the processes."""
        return self.rows.execute(statement, values).fetchall()

    def note_parked(self) -> None:
        """Its host will be told of these out of turn."""
        rows = self.all(
            "SELECT hash FROM deliveries JOIN journal ON journal.id = entry_id WHERE state = 'parked'"
        )
        self.host.parked.update(event_id(named) for (named,) in rows)

    def deliver(self, machine: Machine, notice: Notice) -> Decision:
        """At its account's door. The bank calls again until it is told something final."""
        notice.tries += 1
        receipt = machine.payport.receive(self.callback(notice.account, notice.query))
        decision = receipt.decision
        if decision in FINAL:
            self._is_durable(notice)
        elif decision is not Decision.TRY_AGAIN or not machine.struck:
            raise Violation(f"the genuine message {notice.says} of {notice.reference} was {decision}")
        return decision

    def _is_durable(self, notice: Notice) -> None:
        if notice.says != "paid":
            return
        transaction = dict(httpx.QueryParams(notice.query.decode()))["txn"]
        if not self.all("SELECT 1 FROM receipts WHERE gateway_reference = ?", transaction):
            raise Violation(f"INV-9: {notice.reference} was answered for good, and its money is not stored")

    def callback(self, account: str, query: bytes, channel: Channel = Channel.IPN) -> Callback:
        return Callback("GET", query, (), b"", self.clock(), account=account, channel=channel)


Act: TypeAlias = Callable[[World, Machine], str]
