"""`manage.py payport_check` is `payport check`, with this project's settings."""

from __future__ import annotations

from payport_django.commands import PayportCommand

__all__ = ["Command"]


class Command(PayportCommand):
    help = "Check payport.toml and all that it names, and show it."
    command = ("check",)
