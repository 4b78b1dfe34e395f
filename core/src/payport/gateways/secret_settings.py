"""Which settings of a plugin are secrets: the fields that its model calls SecretStr, optional or not.

A password that a gateway wants in every request signs nothing, so it is no key of a contract. It is given as
a key is (from the environment or a file), and kept out of everything that is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from pydantic import SecretStr

from payport.gateways.types import GatewaySettings

__all__ = ["secret_names", "secret_values"]


def secret_names(model: type[GatewaySettings]) -> tuple[str, ...]:
    """The names of the fields that hold a secret."""
    return tuple(
        name
        for name, field in model.model_fields.items()
        if SecretStr in (field.annotation, *get_args(field.annotation))
    )


def secret_values(settings: GatewaySettings) -> Mapping[str, SecretStr]:
    """The secrets among the settings, by the name of their field."""
    values = {name: getattr(settings, name) for name in type(settings).model_fields}
    return {name: value for name, value in values.items() if isinstance(value, SecretStr)}
