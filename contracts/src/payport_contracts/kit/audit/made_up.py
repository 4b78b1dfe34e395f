"""Settings of an account that nobody has, so that a gateway's hooks can be tried without one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final, Literal, get_args, get_origin

from pydantic import ValidationError

from payport.gateways.types import GatewaySettings

__all__ = ["each_choice", "made_up"]

_TRIED: Final = (
    "TESTTMN1", "900001", "TEST-1", "test@shop.example", "970436", "Test", "1", "https://gateway.example/",
    "127.0.0.1", "VND", "0123456789abcdef0123456789abcdef", 1, True,
)  # fmt: skip


def made_up(model: type[GatewaySettings], *, first: tuple[str, ...] = ()) -> GatewaySettings:
    """What the model asks for and gives no value, made up until the model takes it.

    Args:
        first: tried before all else, as the merchant account that a test message names.
    Raises: ValueError, naming the field that nothing fits.
    """
    tried = (*first, *_TRIED)
    place = {name: 0 for name, field in model.model_fields.items() if field.is_required()}
    while True:
        try:
            return model.model_validate({name: tried[at] for name, at in place.items()})
        except ValidationError as error:
            wrong = {str(each["loc"][0]) for each in error.errors(include_input=False) if each["loc"]}
        unfit = sorted(wrong & place.keys()) or sorted(place)[:1]
        for name in unfit:
            place[name] += 1
            if place[name] == len(tried):
                raise ValueError(name)


def each_choice(settings: GatewaySettings) -> Iterator[tuple[str, GatewaySettings]]:
    """The settings, and the same with each other value of a field that lists its values: what may change
    what a code means. With the words that tell them apart, "" where there is one alone; a choice that the
    model refuses is left out."""
    model, given = type(settings), dict(settings)
    listed = {name: _listed(field.annotation) for name, field in model.model_fields.items()}
    yield ", ".join(f"{name} = {given[name]}" for name, values in listed.items() if values), settings
    for name, values in listed.items():
        for value in values:
            if value != given[name]:
                with suppress(ValidationError):
                    yield f"{name} = {value}", model.model_validate(given | {name: value})


def _listed(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if get_origin(annotation) is Literal else ()
