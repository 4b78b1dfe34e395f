"""The gateways' doors: `path("pay/", include("payport_django.urls"))`, where [seller] public_url leads."""

from __future__ import annotations

from django.urls import re_path

from payport_django.doors import door

__all__ = ["app_name", "urlpatterns"]

app_name = "payport"
urlpatterns = [re_path(r"^(?P<account>[^/]+)/(?P<channel>ipn|return)\Z", door, name="door")]
