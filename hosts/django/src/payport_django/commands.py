"""Payport's command line behind `manage.py`: with the settings' file and functions, and nothing twice."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from payport import ConfigurationError, run_command
from payport_django.configuration import config_file, host_functions

__all__ = ["PayportCommand"]


class PayportCommand(BaseCommand):
    """Hands on all arguments but Django's own. A subclass may say which command they are of.

    Exit status as `payport` has it: 0 done, 1 refused or found wanting, 2 not understood.
    """

    command: tuple[str, ...] = ()
    requires_system_checks: tuple[str, ...] = ()  # Payport's own words are better than a list of all

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Takes --settings, --verbosity and the like; what is left, in order, is Payport's."""
        parser = super().create_parser(prog_name, subcommand, add_help=False, allow_abbrev=False, **kwargs)

        def parse(args: Sequence[str] | None = None, namespace: Any = None) -> Namespace:
            known: Namespace
            known, left = parser.parse_known_args(args, namespace)
            known.args = left
            return known

        parser.parse_args = parse  # type: ignore[method-assign, assignment]
        return parser

    def print_help(self, prog_name: str, subcommand: str) -> None:  # noqa: ARG002 - as Django has it
        self.call("--help")

    def handle(self, *arguments: str, **options: Any) -> None:
        with ExitStack() as stack:
            if options.get("stdout"):
                stack.enter_context(redirect_stdout(options["stdout"]))
            if options.get("stderr"):
                stack.enter_context(redirect_stderr(options["stderr"]))
            status = self.call(*arguments)
        if status:
            sys.exit(status)

    def call(self, *arguments: str) -> int:
        """Raises: CommandError, where the settings cannot be used."""
        try:
            config, functions = config_file(), host_functions()
        except ConfigurationError as error:
            raise CommandError(str(error)) from error
        return run_command([*self.command, *arguments], config=config, **functions)
