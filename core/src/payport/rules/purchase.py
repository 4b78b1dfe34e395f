"""What a buyer may ask for: four kinds of purchase, never with a price. Rules: "Which purchases are open"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from payport.errors import RequestRefused

__all__ = ["AddCapacity", "New", "Purchase", "Renew", "Switch", "read_purchase"]

_Id = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9_-]+$")]
_Months = Annotated[int, Field(ge=1, le=1200)]
_Steps = Annotated[int, Field(ge=0, le=1_000_000)]
_Code = Annotated[str, Field(min_length=1, max_length=40)]


class _Asked(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", hide_input_in_errors=True)


class New(_Asked):
    """The first package of an account that has none, or a trial."""

    kind: Literal["new"] = "new"
    package: _Id
    months: _Months
    extra_steps: _Steps = 0
    code: _Code | None = None


class AddCapacity(_Asked):
    """Extra capacity until the current term's end; `steps` of the catalog's step of GB."""

    kind: Literal["add_capacity"] = "add_capacity"
    steps: Annotated[int, Field(ge=1, le=1_000_000)]
    code: _Code | None = None


class Renew(_Asked):
    """The same package once more."""

    kind: Literal["renew"] = "renew"
    months: _Months
    extra_steps: _Steps = 0
    code: _Code | None = None


class Switch(_Asked):
    """Another package, at once or at the term's end by the catalog's policy."""

    kind: Literal["switch"] = "switch"
    package: _Id
    months: _Months
    extra_steps: _Steps = 0
    code: _Code | None = None


Purchase = Annotated[New | AddCapacity | Renew | Switch, Field(discriminator="kind")]
_NAME: Final = re.compile(r"[a-z_]{1,40}")  # another field's name is the sender's text, and not shown
_READER: TypeAdapter[New | AddCapacity | Renew | Switch] = TypeAdapter(Purchase)


def read_purchase(given: Mapping[str, Any]) -> New | AddCapacity | Renew | Switch:
    """From what a host's form or JSON says. Strict: text is no number, an unknown name is refused.

    Raises: RequestRefused, naming the first field that is wrong, never its value.
    """
    try:
        return _READER.validate_python(dict(given))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        kind, field = first["loc"][:1], first["loc"][1:]
        if not kind:
            raise _refused("kind", "not a kind of purchase") from None
        name = str(field[0]) if field else ""
        raise _refused(name if _NAME.fullmatch(name) else "purchase", first["msg"]) from None


def _refused(field: str, problem: str) -> RequestRefused:
    return RequestRefused(
        field=field,
        problem=problem,
        remedy="Give a whole number or a known id, and only the fields of this kind of purchase",
    )
