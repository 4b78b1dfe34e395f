"""What people do: one module for each act or small family of them, all in one way; see flow.py."""

from __future__ import annotations

from typing import Final

from payport_backoffice.pages.acts.adjust import Adjust
from payport_backoffice.pages.acts.cancel import Cancel
from payport_backoffice.pages.acts.chargeback import ClaimedBack
from payport_backoffice.pages.acts.confirm import Confirm, Withdraw
from payport_backoffice.pages.acts.dismiss import Dismiss
from payport_backoffice.pages.acts.errands import Errands
from payport_backoffice.pages.acts.proposals import Proposals
from payport_backoffice.pages.acts.refund import GivingBack, Settling
from payport_backoffice.pages.acts.resolve import Resolve
from payport_backoffice.pages.acts.statement import ImportStatement
from payport_backoffice.pages.page import Page

__all__ = ["ACTS", "Proposals"]

ACTS: Final[tuple[type[Page], ...]] = (
    GivingBack, Settling, Confirm, Withdraw, Resolve, Cancel, ClaimedBack, Adjust, Dismiss,
    ImportStatement, Errands,
)  # fmt: skip
