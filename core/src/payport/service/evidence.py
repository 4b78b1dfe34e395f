"""One callback with all that shows what it was, how it was judged and what it did, for whoever must prove it.

The document stands alone. docs/check_evidence.py checks it by Python and `cryptography`, without Payport and
without the database. It holds no key that signs, and no header but those that its contract reads.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

from sqlalchemy import Connection, Row, func, or_, select

from payport.errors import CallbackRejected, NotFound, PayportError
from payport.gateways.accounts import GatewayAccount
from payport.gateways.library import text_of
from payport.journal.callback import callback_digest
from payport.journal.entry import instant
from payport.journal.merkle import inclusion_path
from payport.journal.seal import SignedHead, parse_head
from payport.service.seller import Seller
from payport.signing.contract import Contract
from payport.signing.explain import Attempt, explain
from payport.signing.received import Channel, Received
from payport.signing.verify import gather, presented
from payport.storage import seal_records
from payport.storage import tables as t

__all__ = ["FORM", "evidence"]

FORM: Final = "payport evidence 1"
_PUBLIC_KEYS: Final = frozenset({"RSA-SHA256", "Ed25519"})


def evidence(connection: Connection, seller: Seller, callback_id: int) -> dict[str, Any]:
    """Everything about one callback, as JSON can say it.

    Args:
        connection: reads as of one moment.
    Raises: NotFound, also for one that was deleted because it proved nothing and was old.
    """
    row = connection.execute(select(t.callbacks).where(t.callbacks.c.id == callback_id)).first()
    if row is None:
        raise NotFound(
            field="callback",
            problem="no such callback is kept",
            remedy="Take a number that `payport order` or the back office shows",
        )
    entries = [*_entries(connection, row)]
    heads = _heads_over(connection, [number for number, _ in entries if number is not None])
    return {
        "form": FORM,
        "callback": _callback(row),
        "judged": {
            "verdict": row.verdict,
            "decision": row.decision,
            "reason": row.reason,
            "contract": row.contract,
            "key_id": row.key_id,
            "merchant_reference": row.merchant_reference,
        },
        **_signing(seller.accounts.get(row.gateway_account), row),
        "entries": [*_placed(connection, entries, heads)],
        "heads": [
            {"text": head.text, "signature": head.signature}
            for _, head in sorted(set(heads.values()), key=_size)
        ],
        "keys": dict(seller.sealing.known),
    }


def _callback(row: Row[Any]) -> dict[str, Any]:
    digest = callback_digest(
        account=row.gateway_account, channel=row.channel, method=row.method, query=row.query, body=row.body
    )
    return {
        "number": row.id,
        "received_at": instant(row.received_at),
        "account": row.gateway_account,
        "channel": row.channel,
        "method": row.method,
        "query": b64encode(row.query).decode(),
        "body": b64encode(row.body).decode(),
        "sha256": digest,
    }


def _signing(account: GatewayAccount | None, row: Row[Any]) -> dict[str, Any]:
    """The contract as it reads, what was signed, and by which key; None where it is not installed now.

    `other_texts`: where it does not fit, what else the contract would have taken for the signed text.
    `valid_then`: whether the key was, when the callback came.
    """
    contract = None if account is None else _contract(account, row)
    if account is None or contract is None:
        return {"contract": None, "signature": None}
    said: dict[str, Any] = {
        "contract": {"label": contract.label, "sha256": contract.digest, "text": text_of(contract)}
    }
    signature = contract.document.signature
    if signature is None:
        return {**said, "signature": None}
    headers = [(name, value) for name, value in json.loads(row.headers) if name in contract.header_names]
    received = Received(
        row.method,
        row.query,
        tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in headers),
        row.body,
        row.received_at,
    )
    shown = explain(
        contract, received, keyring=account.keyring, settings=account.signing_settings, at=row.received_at
    )
    attempt = _chosen(shown.attempts, row.key_id)
    key_id, is_public = None if attempt is None else attempt.key_id, signature.algorithm in _PUBLIC_KEYS
    texts = [_written(each.text, signature.key) for each in shown.attempts if each.key_id == key_id]
    text = None if attempt is None else _written(attempt.text, signature.key)
    return {
        **said,
        "signature": {
            "algorithm": signature.algorithm,
            "key_role": signature.key,
            "key_id": key_id,
            "key_text": signature.key_text,
            "key_prefix": signature.key_prefix,
            "headers": headers,
            "text": text,
            "other_texts": []
            if attempt is None or attempt.fits
            else [each for each in texts if each != text],
            "received": _received(contract, received, account),
            "public_key": _public_key(account, signature.key, key_id) if is_public else None,
            "fits": attempt is not None and attempt.fits,
            "valid_then": attempt is not None and attempt.tried,
        },
    }


def _contract(account: GatewayAccount, row: Row[Any]) -> Contract | None:
    """The one by which it was judged. One that was refused long ago is kept without: then today's at the
    door."""
    if account.gateway is None:
        return None
    if row.contract is None and row.verdict == "rejected":
        with suppress(PayportError, ValueError):
            return account.contract_at(Channel(row.channel), row.received_at)
    return next((each for each in account.gateway.contracts.values() if each.label == row.contract), None)


def _received(contract: Contract, received: Received, account: GatewayAccount) -> list[str]:
    """The signatures that came, base64 of their bytes."""
    try:
        raws = presented(contract, gather(contract, received, account.signing_settings))
    except CallbackRejected:
        return []
    return [b64encode(raw).decode() for raw in raws]


def _chosen(attempts: tuple[Attempt, ...], key_id: str | None) -> Attempt | None:
    """The one that fits, by the key that is kept with it, if one is; else one that was tried."""
    fitting = [attempt for attempt in attempts if attempt.fits and key_id in (attempt.key_id, None)]
    tried = [attempt for attempt in attempts if attempt.tried]
    return next(iter([*fitting, *tried, *attempts]), None)


def _written(text: bytes, role: str) -> str:
    """In base64, the secret's place named by its role."""
    return b64encode(text.replace(b"<secret>", f"<secret {role}>".encode())).decode()


def _public_key(account: GatewayAccount, role: str, key_id: str | None) -> str | None:
    """Only of algorithms whose verifying key is no secret."""
    for key in account.keyring.keys:
        text = key.value.get_secret_value()
        if (key.role, key.id) == (role, key_id) and "PRIVATE" not in text:
            return text
    return None


def _entries(connection: Connection, row: Row[Any]) -> Iterator[tuple[int | None, str]]:
    """Number and text of what the callback did: the money that it proved, and all else of its order that was
    recorded at its moment."""
    payments, entries = t.payments.c, t.journal.c
    order = select(payments.order_number).where(payments.merchant_reference == row.merchant_reference)
    proves = entries.text.contains(f'"proof":"callback {row.id} ', autoescape=True)
    nobodys = f"gateway {row.gateway_account}"
    of_order = entries.chain == (nobodys if row.merchant_reference is None else order.scalar_subquery())
    first, last = connection.execute(
        select(func.min(entries.sequence), func.max(entries.sequence)).where(
            of_order, or_(entries.at == row.received_at, proves)
        )
    ).one()
    found = connection.execute(
        select(entries.number, entries.text)
        .where(of_order, entries.sequence.between(first, last))  # without a gap, so that none can be left out
        .order_by(entries.sequence)
    )
    yield from ((entry.number, entry.text) for entry in found)


def _heads_over(connection: Connection, numbers: list[int]) -> Mapping[int, tuple[int, SignedHead]]:
    """For each number the first head that seals it, with its size: a signed one, if there is one."""
    found = {number: seal_records.head_over(connection, number) for number in numbers}
    return {number: (parse_head(head.text).size, head) for number, head in found.items() if head is not None}


def _placed(
    connection: Connection,
    entries: list[tuple[int | None, str]],
    heads: Mapping[int, tuple[int, SignedHead]],
) -> Iterator[dict[str, Any]]:
    """Entries with their paths; the leaves of a tree are read once."""
    leaves: dict[int, tuple[str, ...]] = {}
    for number, text in entries:
        if number is None or number not in heads:
            yield {"number": None, "text": text, "sealed_by": None, "path": []}
            continue
        size, _ = heads[number]
        if size not in leaves:
            leaves[size] = seal_records.leaf_hashes(connection, size)
        path = inclusion_path(leaves[size], number)
        yield {"number": number, "text": text, "sealed_by": size, "path": list(path)}


def _size(found: tuple[int, SignedHead]) -> int:
    return found[0]
