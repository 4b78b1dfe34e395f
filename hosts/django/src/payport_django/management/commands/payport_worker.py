"""`manage.py payport_worker` is `payport worker`, with this project's settings."""

from __future__ import annotations

from payport_django.commands import PayportCommand

__all__ = ["Command"]


class Command(PayportCommand):
    help = "Do Payport's work, and tell PAYPORT_SUBSCRIBERS of events, until told to stop."
    command = ("worker",)
