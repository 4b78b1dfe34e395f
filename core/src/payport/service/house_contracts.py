"""The signature contracts as an auditor's page shows them: how strong, what they cover, and who approved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from payport.gateways.accounts import GatewayAccount
from payport.gateways.library import Approved, ContractLibrary
from payport.signing.contract import Contract
from payport.signing.document import Freshness, Message, Signature

__all__ = ["ContractView", "contract_view", "contract_views"]


@dataclass(frozen=True, slots=True)
class ContractView:
    """One contract that is installed.

    Args:
        label: "id version", as it stands in the journal and with callbacks.
        grade: what the file claims; None for a request. `computed_grade`: the most that it could claim;
            `weaknesses`: why no more.
        source: the section of the gateway's sheet that it restates.
        fields: where they are read, in order.
        covers: which signed field means what. `fixed`: fields with one allowed value.
        not_covered: what arrives unsigned, and is never seen.
        locates: how a hint finds its payment, kind of reference and field.
        message, signature, freshness: how the signed text is put together and signed, and how old it may be;
            None where the file says nothing. `currency`: of its amounts, where it does not carry one.
        digest: SHA-256 of the file, lower-case hex: what is approved.
        origin: "distribution version, file" that carries it.
        approved_by, approved_at: None where it is on no approved list of ours.
        accounts: gateway accounts whose plugin uses it.
    """

    label: str
    id: str
    version: str
    direction: str
    grade: str | None
    computed_grade: str | None
    weaknesses: tuple[str, ...]
    source: str
    fields: tuple[str, ...]
    algorithm: str | None
    key_role: str | None
    covers: Mapping[str, str]
    required: tuple[str, ...]
    fixed: Mapping[str, str]
    not_covered: tuple[str, ...]
    locates: tuple[tuple[str, str], ...]
    message: Message | None
    signature: Signature | None
    freshness: Freshness | None
    currency: str | None
    digest: str
    origin: str
    approved_by: str | None
    approved_at: date | datetime | None
    accounts: tuple[str, ...]

    @property
    def is_approved(self) -> bool:
        return self.approved_by is not None


def contract_views(
    library: ContractLibrary, approved: Mapping[str, Approved], accounts: Iterable[GatewayAccount]
) -> Iterator[ContractView]:
    """All that are installed, by id and version."""
    users = tuple(accounts)
    for contract in library.all:
        using = tuple(account.name for account in users if _uses(account, contract))
        yield contract_view(
            contract, library.sources[contract.label], approved.get(contract.digest), accounts=using
        )


def contract_view(
    contract: Contract, origin: str, approval: Approved | None, *, accounts: tuple[str, ...] = ()
) -> ContractView:
    document = contract.document
    return ContractView(
        label=contract.label,
        id=contract.id,
        version=contract.version,
        direction=contract.direction,
        grade=contract.grade,
        computed_grade=contract.computed_grade,
        weaknesses=() if contract.direction == "request" else contract.weaknesses,
        source=contract.source,
        fields=(document.fields,) if isinstance(document.fields, str) else document.fields,
        algorithm=None if document.signature is None else document.signature.algorithm,
        key_role=contract.key_role,
        covers=contract.covers.named(),
        required=document.needed,
        fixed=document.fixed,
        not_covered=document.not_covered,
        locates=document.locators,
        message=document.message,
        signature=document.signature,
        freshness=document.freshness,
        currency=document.currency,
        digest=contract.digest,
        origin=origin,
        approved_by=None if approval is None else approval.who,
        approved_at=None if approval is None else approval.when,
        accounts=accounts,
    )


def _uses(account: GatewayAccount, contract: Contract) -> bool:
    return account.gateway is not None and any(
        each.digest == contract.digest for each in account.gateway.contracts.values()
    )
