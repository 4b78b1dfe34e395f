"""System checks: what keeps Payport from selling, or a gateway's message from its door. None calls a gateway.

`manage.py check` reads files alone. `check --deploy` also sends a request through the project's middleware,
in this process, up to a door. `check --database default` looks whether the tables are there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from django.core import checks
from django.core.checks import CheckMessage, Error
from django.urls import Resolver404, ResolverMatch, get_script_prefix, resolve

from payport import ConfigurationError, Payport, configuration_problems
from payport_django import doors
from payport_django.configuration import config_file, subscriber_names
from payport_django.probe import answer_of
from payport_django.process import get_payport

__all__ = ["check_configuration", "check_deployment", "check_tables", "register_all"]

_ANY: Final = "anyTokenOfAnOrder"
_AT_A_DOOR: Final = 405
"""To HEAD: no gateway's message is one, so nothing is kept of it."""


def register_all() -> None:
    checks.register(check_configuration, "payport")
    checks.register(check_deployment, "payport", deploy=True)
    checks.register(check_tables, checks.Tags.database)


def check_configuration(**_: Any) -> list[CheckMessage]:
    """Settings, payport.toml and all that it names; and whether its addresses lead into this project."""
    return list(_configuration())


def check_deployment(**_: Any) -> list[CheckMessage]:
    """Whether a gateway reaches its door through all middleware, and all processes know all subscribers."""
    shop = _usable()
    return [] if shop is None else [*_reached(shop), *_known(shop)]


def check_tables(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Warnings, not errors: `migrate` and the test runner look here first, and would not begin."""
    shop = _usable() if databases else None
    if shop is None:
        return []
    migrate = "Run manage.py payport_migrate."
    try:
        shop.require_current()
    except ConfigurationError as error:
        return [checks.Warning(f"{error.field}: {error.problem}", hint=migrate, id="payport.W004")]
    except Exception as error:  # by kind alone: a driver's words hold addresses
        words = f"Payport's database does not answer ({type(error).__name__})"
        return [
            checks.Warning(words, hint="See that it runs, and that this user may use it.", id="payport.W005")
        ]
    return []


def _configuration() -> Iterator[CheckMessage]:
    try:
        problems = configuration_problems(config_file())
    except ConfigurationError as error:
        yield _error(error, "payport.E001")
        return
    try:
        shop = get_payport()
    except ImportError:  # of a driver, which is among the problems
        yield from (_error(problem, "payport.E002") for problem in problems)
        return
    except ConfigurationError as error:
        if str(error) in map(str, problems):
            yield from (_error(problem, "payport.E002") for problem in problems)
        else:  # of a setting: the file could be used
            yield _error(error, "payport.E001")
            yield from map(_warning, problems)
        return
    yield from map(_warning, problems)
    yield from _led_to(shop)


def _led_to(shop: Payport) -> Iterator[CheckMessage]:
    """Whether public_url and result_url are addresses of this project."""
    seller = shop.seller
    public, result = urlsplit(seller.public_url), urlsplit(seller.order_url(_ANY))
    for account in seller.accounts:
        path = f"{public.path}/{account}/ipn"
        found = _resolved(path)
        if found is None or found.func is not doors.door or found.kwargs["account"] != account:
            yield Error(
                f"seller.public_url leads to {path}, where no door is: a gateway would get 404",
                hint='Have path("…/", include("payport_django.urls")) lead there, or correct public_url. '
                "Where a server mounts this project below a path, FORCE_SCRIPT_NAME says so.",
                id="payport.E003",
            )
            break  # the others are beside it
    if result.netloc == public.netloc and _resolved(result.path) is None:
        yield checks.Warning(
            "seller.result_url leads to no page of this project",
            hint="Add a view there that shows order_by_token(token), or correct result_url.",
            id="payport.W002",
        )


def _resolved(path: str) -> ResolverMatch | None:
    prefix = get_script_prefix()
    try:
        return resolve(f"/{unquote(path).removeprefix(prefix)}") if path.startswith(prefix) else None
    except Resolver404:
        return None


def _reached(shop: Payport) -> Iterator[CheckMessage]:
    """HEAD to a door, as a gateway's server would come in. A door answers it with 405, and keeps nothing."""
    public = urlsplit(shop.seller.public_url)
    account = next(iter(shop.seller.accounts), None)
    if account is None or any(each.is_serious() for each in _led_to(shop)):
        return
    path = unquote(f"{public.path}/{account}/ipn").removeprefix(get_script_prefix())
    status, location = answer_of(public, f"/{path}")
    if status != _AT_A_DOOR:
        where = f" to {location}" if location else ""
        yield Error(
            f"{shop.seller.public_url}/{account}/ipn: a gateway is answered {status}{where} by what stands "
            "before the door",
            hint="Have ALLOWED_HOSTS name its host, and no middleware redirect it or ask it to log in "
            "(PREPEND_WWW, SECURE_SSL_REDIRECT), or correct public_url.",
            id="payport.E004",
        )


def _known(shop: Payport) -> Iterator[CheckMessage]:
    listed = {each.name for each in shop.configuration.subscriptions}
    for name in sorted(subscriber_names() - listed):
        yield checks.Warning(
            f"Subscriber {name} is known to this project alone: of what other processes do, it is not told",
            hint=f'Add [[subscribers]] name = "{name}" to {shop.configuration.path.name}.',
            id="payport.W003",
        )


def _usable() -> Payport | None:
    """None: what is wrong with it is said by `check_configuration`."""
    try:
        return get_payport()
    except (ConfigurationError, ImportError):
        return None


def _error(error: ConfigurationError, name: str) -> Error:
    return Error(_words(error), hint=f"{error.remedy}.", id=name)


def _warning(problem: ConfigurationError) -> CheckMessage:
    """A key that has ended is not to stop every command of this project."""
    return checks.Warning(_words(problem), hint=f"{problem.remedy}.", id="payport.W001")


def _words(error: ConfigurationError) -> str:
    return f"{error.field}: {error.problem}"
