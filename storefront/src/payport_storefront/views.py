"""The shop's pages: what every one of them is given beside its own values."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from payport_storefront.session import form_token
from payport_storefront.settings import Customer, Settings
from payport_web.forms import TOKEN_FIELD
from payport_web.renderer import Renderer

__all__ = ["Views"]


class Views:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._renderer = Renderer("payport_storefront", cookies="suite", secure=settings.secure)
        self.language_of = self._renderer.language_of
        self.gettext = self._renderer.gettext

    def page(
        self,
        request: Request,
        template: str,
        *,
        customer: Customer | None,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        address: str | None = None,
        **values: Any,
    ) -> Response:
        """One whole page or, where htmx asks for one, a part of it.

        Args:
            address: where the same is shown, if that is not where the request went.
        """
        return self._renderer.page(
            request,
            template,
            status=status,
            headers=headers,
            address=address,
            customer=customer,
            tools=self._settings.tools,
            token_for=partial(form_token, self._settings.session_key, request.state.session),
            token_field=TOKEN_FIELD,
            **values,
        )
