"""What every stored value of the rules has in common: strict, frozen, nothing unknown, UTC inside.

Each gives the same value back from its own JSON: `Quote.model_validate_json(quote.model_dump_json())`.
"""

from __future__ import annotations

from datetime import UTC
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, StringConstraints

__all__ = ["Document", "Id", "Instant"]

Instant: TypeAlias = Annotated[AwareDatetime, AfterValidator(lambda at: at.astimezone(UTC))]
"""A moment, with its zone when it comes in and in UTC from then on; one without a zone is refused."""

Id: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9_-]+$")]
"""A name that stands in URLs, forms and files: letters, digits, `_` and `-`."""


class Document(BaseModel):
    """Text is no number, a whole float is no integer, and what we do not know is refused."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", hide_input_in_errors=True)
