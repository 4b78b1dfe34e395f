"""All that is wrong with a configuration, at once: for `payport check`, and for a host's own checks."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from payport.errors import CatalogError, ConfigurationError

if TYPE_CHECKING:
    from payport.doors.configuration import Configuration

__all__ = ["configuration_problems", "look", "some_catalog_began"]


def configuration_problems(path: str | Path) -> tuple[ConfigurationError, ...]:
    """What is wrong with payport.toml and all that it names, as `payport check` says it; none: all is right.

    Opens no database and calls no gateway. `field`, `problem` and `remedy` of each hold no secret.
    """
    from payport.service.seller import utc_now  # noqa: PLC0415

    return look(Path(path), utc_now())[1]


def look(path: Path, now: datetime) -> tuple[Configuration | None, tuple[ConfigurationError, ...]]:
    """The configuration, None if it cannot be used, and each problem once."""
    from payport.doors.configuration import load_configuration  # noqa: PLC0415 - not for whoever imports this

    problems: list[ConfigurationError] = []
    read = None
    try:
        read = load_configuration(path)
    except ConfigurationError as error:
        problems += [error, *_elsewhere(path)]
    else:
        problems += _said(read, now)
    problems += _installed()
    return read, tuple({str(problem): problem for problem in problems}.values())


def some_catalog_began(read: Configuration, now: datetime) -> bool:
    return any(one.effective_from <= now for one in read.catalogs.versions)


def _said(read: Configuration, now: datetime) -> Iterator[ConfigurationError]:
    """What a configuration may say and an installation should not."""
    from payport.gateways.key_dates import keys_unfit  # noqa: PLC0415
    from payport.storage.database import Database  # noqa: PLC0415

    of_another = "Add one, or correct its dates"
    try:
        Database(read.database_url).close()
    except ConfigurationError as error:
        yield error
    except ImportError as error:
        problem = f"the driver {error.name} is not installed"
        yield _wrong("database.url", problem, "Install payport[postgresql]")
    if not some_catalog_began(read, now):
        yield _wrong("catalog.files", "no catalog is in force yet", "Add one whose effective_from has come")
    for hook in read.webhooks:
        if not any(secret.is_valid(now) for secret in hook.secrets):
            yield _wrong(f"web hook {hook.name}", "no secret is valid now", of_another)
    for account in read.accounts.values():
        if account.gateway is None:
            problem = f"plugin {account.plugin} is not in use: {account.missing}"
            yield _wrong(f"account {account.name}", problem, "Install or mend it")
        for role in keys_unfit(account, now):
            problem = f"keys.{role}: no key of this role is valid now"
            yield _wrong(f"account {account.name}", problem, of_another)


def _elsewhere(path: Path) -> Iterator[ConfigurationError]:
    """Faulty catalogs besides the first problem, so that they need not be found one by one."""
    from payport.rules.catalog_file import load_catalog  # noqa: PLC0415

    try:
        names = tomllib.loads(path.read_text(encoding="utf-8"))["catalog"]["files"]
        texts = [(str(name), (path.parent / str(name)).read_text(encoding="utf-8")) for name in names]
    except (OSError, ValueError, KeyError, TypeError):
        return
    for name, text in texts:
        try:
            load_catalog(text, source=name)
        except CatalogError as error:
            yield error


def _installed() -> Iterator[ConfigurationError]:
    """Plugins and contracts that are installed and not used, whether or not payport.toml names them."""
    from payport.gateways.library import ContractLibrary  # noqa: PLC0415
    from payport.gateways.registry import discover  # noqa: PLC0415

    library = ContractLibrary.installed()
    for contract in library.refused:
        yield _wrong(
            f"contract file of {contract.source}", contract.reason.rstrip("."), "Mend it, or take it away"
        )
    for plugin in discover(contracts=library).refused:
        where = f", {plugin.where}" if plugin.where else ""
        name = f"plugin {plugin.name} of {plugin.distribution} {plugin.version}{where}"
        yield _wrong(name, plugin.reason, plugin.remedy)


def _wrong(field: str, problem: str, remedy: str) -> ConfigurationError:
    return ConfigurationError(field=field, problem=problem, remedy=remedy)
