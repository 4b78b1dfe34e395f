"""`payport quote`: what a purchase of an account would cost now and give, or why it is not open."""

from __future__ import annotations

from datetime import tzinfo
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

from cyclopts import Parameter

from payport.doors.cli.printing import as_json, instant, record
from payport.doors.cli.usage import AsJson, Config, UsageError

if TYPE_CHECKING:
    from payport.doors.host import Payport
    from payport.rules.openness import Offer
    from payport.rules.purchase import AddCapacity, New, Renew, Switch
    from payport.rules.words import Language

__all__ = ["quote"]

_Kind = Literal["new", "renew", "switch", "add_capacity"]
_OPTIONS: Final = {
    "package": "--package",
    "months": "--months",
    "extra_steps": "--extra-steps",
    "steps": "--steps",
    "code": "--code",
}


def quote(
    *,
    account: Annotated[str, Parameter(help="The buyer account, by the host's id.")],
    purchase: Annotated[_Kind, Parameter(help="new, renew, switch or add_capacity.")],
    package: Annotated[str | None, Parameter(help="Its id; for new and switch.")] = None,
    months: Annotated[int | None, Parameter(help="The term; for new, renew and switch.")] = None,
    extra_steps: Annotated[int | None, Parameter(help="Steps of extra capacity with the term.")] = None,
    steps: Annotated[int | None, Parameter(help="Steps of extra capacity; for add_capacity.")] = None,
    code: Annotated[str | None, Parameter(help="A promotion's code.")] = None,
    language: Annotated[Literal["vi", "en"], Parameter(help="Of names and reasons: vi or en.")] = "en",
    config: Config = None,
    json: AsJson = False,
) -> int:
    """Price a purchase as a buyer would have it now, and store nothing.

    Exit status 1: this purchase is not open, or what was asked for is not sold; the reason is said.
    """
    from payport.doors.cli.opened import opened  # noqa: PLC0415
    from payport.doors.cli.quoted import print_quote, quote_json  # noqa: PLC0415
    from payport.errors import PurchaseNotOpen, QuoteOutdated  # noqa: PLC0415
    from payport.service.foreseeing import foresee  # noqa: PLC0415

    asked = _purchase(
        purchase, package=package, months=months, extra_steps=extra_steps, steps=steps, code=code
    )
    with opened(config) as shop:
        try:
            priced = shop.preview(account, asked)
        except PurchaseNotOpen as error:
            if error.field != "kind":
                raise
            offer = next(offer for offer in shop.offers(account) if offer.kind == purchase)
            if json:
                as_json(_closed_json(offer))
            else:
                _print_closed(offer, language, _zone(shop))
            return 1
        with shop.seller.database.reading() as connection:
            foreseen = foresee(connection, shop.seller, priced)
        if foreseen is None:
            raise QuoteOutdated(
                field="account", problem="what it holds has just changed", remedy="Price the purchase again"
            )
        if json:
            as_json(quote_json(priced, foreseen))
        else:
            print_quote(priced, foreseen, language, _zone(shop))
    return 0


def _purchase(kind: _Kind, **given: str | int | None) -> New | AddCapacity | Renew | Switch:
    """Raises: UsageError, naming the option that this kind of purchase needs or does not have."""
    from payport.errors import RequestRefused  # noqa: PLC0415
    from payport.rules.purchase import AddCapacity, New, Renew, Switch, read_purchase  # noqa: PLC0415

    models: dict[_Kind, type[New | AddCapacity | Renew | Switch]] = {
        "new": New,
        "renew": Renew,
        "switch": Switch,
        "add_capacity": AddCapacity,
    }
    fields = models[kind].model_fields
    said = {name: value for name, value in given.items() if value is not None}
    for name in said:
        if name not in fields:
            raise UsageError(field=_OPTIONS[name], problem=f"is not for {kind}", remedy="Leave it out")
    for name, field in fields.items():
        if field.is_required() and name not in said:
            raise UsageError(
                field=_OPTIONS[name], problem=f"is not given, and {kind} needs it", remedy="Add it"
            )
    try:
        return read_purchase({"kind": kind, **said})
    except RequestRefused as error:
        raise UsageError(
            field=_OPTIONS[error.field],
            problem="is nothing that can be asked for",
            remedy="Give a whole number from 1 on, an id or a code as the catalog writes it",
        ) from None


def _print_closed(offer: Offer, language: Language, zone: tzinfo) -> None:
    record(
        [
            ("purchase", offer.kind),
            ("open", "no"),
            ("because", None if offer.reason is None else offer.reason[language]),
            ("open from", None if offer.opens_at is None else instant(offer.opens_at, zone)),
            ("open instead", ", ".join(offer.instead) or "nothing"),
        ]
    )


def _closed_json(offer: Offer) -> dict[str, Any]:
    return {
        "open": False,
        "purchase": offer.kind,
        "reason": None if offer.reason is None else offer.reason.model_dump(),
        "opens_at": None if offer.opens_at is None else offer.opens_at.isoformat(),
        "instead": list(offer.instead),
    }


def _zone(shop: Payport) -> tzinfo:
    return ZoneInfo(shop.seller.catalogs.versions[-1].zone)
