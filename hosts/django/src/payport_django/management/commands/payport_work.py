"""`manage.py payport_work` is `payport work`, with this project's settings."""

from __future__ import annotations

from payport_django.commands import PayportCommand

__all__ = ["Command"]


class Command(PayportCommand):
    help = "List Payport's work that is due, leased or parked, and why."
    command = ("work",)
