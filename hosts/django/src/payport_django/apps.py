"""The app. It registers the system checks, and forgets a seller whose settings a test has changed."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.core.signals import setting_changed

__all__ = ["PayportConfig"]


class PayportConfig(AppConfig):
    """INSTALLED_APPS += ["payport_django"]. No models: Payport's tables are its own, see decision 0038."""

    name = "payport_django"
    label = "payport"
    verbose_name = "Payport"

    def ready(self) -> None:
        from payport_django import checks  # noqa: PLC0415 - as Django's own apps do

        checks.register_all()
        setting_changed.connect(_forget, dispatch_uid="payport_django")


def _forget(*, setting: str, **_: Any) -> None:
    if setting.startswith("PAYPORT_"):
        from payport_django.process import forget  # noqa: PLC0415

        forget()
