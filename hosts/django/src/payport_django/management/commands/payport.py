"""`manage.py payport …`: every command of Payport, those included that other distributions bring."""

from __future__ import annotations

from payport_django.commands import PayportCommand

__all__ = ["Command"]


class Command(PayportCommand):
    help = "Run any command of Payport with this project's settings; without arguments, list them."
