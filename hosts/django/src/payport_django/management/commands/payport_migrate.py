"""`manage.py payport_migrate` is `payport migrate`, with this project's settings."""

from __future__ import annotations

from payport_django.commands import PayportCommand

__all__ = ["Command"]


class Command(PayportCommand):
    help = "Bring Payport's database to this version's tables."
    command = ("migrate",)
