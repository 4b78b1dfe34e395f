"""The `[[webhooks]]` and `[[subscribers]]` tables of payport.toml: read, checked, or refused by key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from payport.errors import ConfigurationError, RequestRefused
from payport.gateways.sources import read_secret
from payport.gateways.types import Environment
from payport.service.events import FAMILIES
from payport.service.subscribers import Webhook, WebhookSecret
from payport.service.webhook_signature import is_secret
from payport.service.webhook_target import read_target, refuse_if_inward
from payport.storage.event_records import Subscription

__all__ = ["SecretTable", "SubscriberTable", "WebhookTable", "load_subscriptions", "load_webhooks"]

_Name = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*\z", max_length=40)]
_Kind = Annotated[str, Field(pattern=r"^(\*|[a-z]+\.(\*|[a-z_]+))\z", max_length=40)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", hide_input_in_errors=True)


class SecretTable(_Table):
    id: Annotated[str, Field(min_length=1, max_length=64)]
    value: Any = Field(repr=False)
    not_before: datetime | None = None
    not_after: datetime | None = None


class WebhookTable(_Table):
    name: _Name
    url: str
    secrets: Annotated[list[SecretTable], Field(min_length=1)]
    kinds: Annotated[list[_Kind], Field(min_length=1)] = ["*"]


class SubscriberTable(_Table):
    name: _Name
    kinds: Annotated[list[_Kind], Field(min_length=1)] = ["*"]


def load_webhooks(
    tables: Sequence[WebhookTable],
    *,
    sandbox: bool,
    source: str,
    folder: Path,
    environ: Mapping[str, str],
) -> tuple[Webhook, ...]:
    """Args: `sandbox`: no account is live, so this machine may be called, and a secret may stand in the file.

    Looks each host's name up, so that one that points inward is refused now; sending looks again.
    Raises: ConfigurationError, naming file, key and remedy, never a secret.
    """
    hooks: dict[str, Webhook] = {}
    for place, table in enumerate(tables):
        where = f"{source}: webhooks[{place}]"
        if table.name in hooks:
            raise _wrong(f"{where}.name", "is the name of an earlier one too", "Name each web hook once")
        try:
            target = read_target(table.url, sandbox=sandbox)
            refuse_if_inward(target, sandbox=sandbox)
        except RequestRefused as refused:
            raise _wrong(f"{where}.url", refused.problem, refused.remedy) from None
        hooks[table.name] = Webhook(
            name=table.name,
            target=target,
            secrets=_secrets(table.secrets, sandbox, where, folder, environ),
            kinds=_kinds(table.kinds, where),
            sandbox=sandbox,
        )
    return tuple(hooks.values())


def load_subscriptions(tables: Sequence[SubscriberTable], *, source: str) -> tuple[Subscription, ...]:
    """Names of functions that hosts give to `Payport.from_config`. Raises ConfigurationError."""
    known: dict[str, Subscription] = {}
    for place, table in enumerate(tables):
        where = f"{source}: subscribers[{place}]"
        if table.name in known:
            raise _wrong(f"{where}.name", "is the name of an earlier one too", "Name each subscriber once")
        known[table.name] = Subscription(table.name, _kinds(table.kinds, where))
    return tuple(known.values())


def _kinds(given: Sequence[str], where: str) -> tuple[str, ...]:
    for place, kind in enumerate(given):
        family = kind.partition(".")[0]
        if kind != "*" and family not in FAMILIES:
            known = ", ".join(sorted(FAMILIES))
            raise _wrong(f"{where}.kinds[{place}]", "is of no kind that there is", f"Begin it with {known}")
    return tuple(given)


def _secrets(
    tables: Sequence[SecretTable], sandbox: bool, where: str, folder: Path, environ: Mapping[str, str]
) -> tuple[WebhookSecret, ...]:
    environment = Environment.SANDBOX if sandbox else Environment.LIVE
    secrets: dict[str, WebhookSecret] = {}
    for place, table in enumerate(tables):
        here = f"{where}.secrets[{place}]"
        if table.id in secrets:
            raise _wrong(f"{here}.id", "is the id of an earlier one too", "Name each secret once")
        for name, at in (("not_before", table.not_before), ("not_after", table.not_after)):
            if at is not None and at.tzinfo is None:
                raise _wrong(f"{here}.{name}", "has no offset", "Write it as 2027-01-04T00:00:00+07:00")
        value = read_secret(
            table.value, where=f"{here}.value", environment=environment, environ=environ, folder=folder
        )
        if not is_secret(value):
            raise _wrong(f"{here}.value", "is no secret of Standard Webhooks", _REMEDY)
        secrets[table.id] = WebhookSecret(table.id, value, table.not_before, table.not_after)
    return tuple(secrets.values())


_REMEDY: Final = "Write whsec_ and 24 to 64 random bytes in base64"


def _wrong(where: str, problem: str, remedy: str) -> ConfigurationError:
    return ConfigurationError(field=where, problem=problem, remedy=remedy)
