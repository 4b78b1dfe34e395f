"""`payport check`: whether the configuration and all that it names is right; each key without its value."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from payport.doors.cli.key_dates import span_words
from payport.doors.cli.printing import heading, instant, record, table
from payport.doors.cli.problems import look, some_catalog_began
from payport.doors.cli.usage import Config, config_file
from payport.gateways.key_dates import standing

if TYPE_CHECKING:
    from payport.doors.configuration import Configuration
    from payport.gateways.accounts import GatewayAccount, Method

__all__ = ["check"]


def check(*, config: Config = None) -> int:
    """Check the configuration and all that it names: accounts, keys, contracts, plugins, catalogs, methods.

    Opens no database and calls no gateway. Exit status 1: something is wrong; each problem says where, and
    what to do.
    """
    from payport.service.seller import utc_now  # noqa: PLC0415

    path, now = config_file(config), utc_now()
    read, problems = look(path, now)
    if read is not None:
        _show(read, now)
    if not problems:
        heading(f"{path.name} and all that it names is right.")
        return 0
    heading("1 problem:" if len(problems) == 1 else f"{len(problems)} problems:")
    for problem in problems:
        print(f"  {problem}")
    return 1


def _show(read: Configuration, now: datetime) -> None:
    from payport.service.catalogs import digest  # noqa: PLC0415

    record(
        [
            ("seller", read.seller_name),
            ("reference prefix", read.reference_prefix),
            ("public_url", read.public_url),
            ("result_url", read.result_url),
            ("database", _database(read)),
        ]
    )
    heading("catalogs")
    in_force = read.catalogs.in_force(now).version if some_catalog_began(read, now) else None
    table(
        ("version", "from", "packages", "sha256", ""),
        [
            (
                one.version,
                instant(one.effective_from),
                len(one.packages),
                digest(one.model_dump_json())[:12],
                "in force" if one.version == in_force else "",
            )
            for one in read.catalogs.versions
        ],
        indent=2,
    )
    for account in read.accounts.values():
        _show_account(account, read, now)
    heading("methods")
    table(
        ("id", "name", "accounts"),
        [
            (
                method.id,
                _called(method, read),
                ", ".join(method.accounts),
            )
            for method in read.methods
        ],
        indent=2,
    )
    _show_subscribers(read, now)


def _show_subscribers(read: Configuration, now: datetime) -> None:
    """Web hooks, and functions by name: whether a process has them is not known here."""
    rows = [
        (
            hook.name,
            hook.target.authority,
            ", ".join(hook.kinds),
            ", ".join(each.id for each in hook.secrets if each.is_valid(now)) or "none is valid now",
        )
        for hook in read.webhooks
    ]
    rows += [(one.name, "a function", ", ".join(one.kinds), "-") for one in read.subscriptions]
    if rows:
        heading("told of events")
        table(("subscriber", "where", "kinds", "signed with"), rows, indent=2)


def _called(method: Method, read: Configuration) -> str:
    """As buyers read it: its own names, else those of the first gateway that serves it."""
    gateway = read.accounts[method.accounts[0]].gateway
    names = method.names if method.names is not None or gateway is None else gateway.info.names
    return "-" if names is None else f"{names.vi} / {names.en}"


def _show_account(account: GatewayAccount, read: Configuration, now: datetime) -> None:
    heading(f"account {account.name} ({account.plugin}, {account.environment})")
    door = f"{read.public_url}/{account.name}"
    gateway = account.gateway
    record(
        [
            ("plugin", account.missing if gateway is None else f"{gateway.distribution} {gateway.version}"),
            ("merchant account", None if gateway is None else account.merchant_account),
            ("IPN", f"{door}/ipn"),
            ("return", f"{door}/return"),
            ("may call", ", ".join(sorted(map(str, account.hosts))) or "nobody"),
            ("carries", ", ".join(f"{one.least} to {one.most}" for one in account.limits) or None),
            ("statements", _statements(account)),
        ],
        indent=2,
    )
    keys = [(key.role, key.id, span_words(key), standing(account, key, now)) for key in account.keyring.keys]
    if keys:
        table(("key", "id", "valid", ""), keys, indent=2)
    if gateway is not None and gateway.contracts:
        rows = []
        for contract in gateway.contracts.values():
            line = read.approved.get(contract.digest)
            approved = "no" if line is None else f"by {line.who}, {line.when}"
            rows.append(
                (contract.id, contract.version, contract.grade or "-", contract.digest[:12], approved)
            )
        table(("contract", "version", "grade", "sha256", "approved"), rows, indent=2)


def _statements(account: GatewayAccount) -> str | None:
    """How they are read; None for an account that has none."""
    if account.gateway is None or not account.gateway.info.by_hand:
        return None
    form = account.statement
    return "not described: none can be imported" if form is None else ", ".join(form.columns)


def _database(read: Configuration) -> str:
    from sqlalchemy.engine import make_url  # noqa: PLC0415
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415

    from payport.doors.cli.opened import database_words  # noqa: PLC0415

    try:
        return database_words(make_url(read.database_url.get_secret_value()))
    except ArgumentError:
        return "(not an address)"
