"""What was wrong with the arguments, in words that repeat none: one may be a secret in a wrong place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from cyclopts import (
    CoercionError,
    CycloptsError,
    MissingArgumentError,
    RepeatArgumentError,
    UnknownCommandError,
    UnknownOptionError,
    UnusedCliTokensError,
)

from payport.doors.cli.usage import UsageError

__all__ = ["explain_misuse"]


def explain_misuse(error: CycloptsError, given: Sequence[str]) -> UsageError:
    """Name the option or the place of the argument, what is wrong, and what to write instead."""
    command = " ".join(("payport", *(error.command_chain or ())))
    remedy = f"`{command} --help` shows how it is called"
    option = "" if error.argument is None else error.argument.name
    match error:
        case UnknownCommandError():
            names = _commands(error)
            field, problem = _place(error.unused_tokens, given), "is no command"
            remedy = _meant(error.unused_tokens, names) or f"The commands are {', '.join(names)}"
        case UnknownOptionError():
            token = error.token.keyword or error.token.value
            names = [name for argument in error.argument_collection for name in argument.names]
            field, problem = _place([token], given), f"is no option of `{command}`"
            remedy = _meant([token.partition("=")[0]], names) or remedy
        case UnusedCliTokensError():
            field, problem = _place(error.unused_tokens, given), f"is more than `{command}` takes"
        case MissingArgumentError():
            field, problem = option, "is not given, or has no value"
        case CoercionError():
            field, problem = option, "has a value of another kind"
        case RepeatArgumentError():
            field, problem = error.token.keyword or option, "is given twice"
        case _:
            field, problem = option or command, "cannot be called so"
    return UsageError(field=field, problem=problem, remedy=remedy)


def _place(tokens: Sequence[str] | None, given: Sequence[str]) -> str:
    """Which argument it was, by number from 1."""
    for number, text in enumerate(given, start=1):
        if tokens and text.partition("=")[0] == tokens[0].partition("=")[0]:
            return f"argument {number}"
    return "an argument"


def _meant(tokens: Sequence[str] | None, names: Iterable[str]) -> str:
    close = get_close_matches(tokens[0], list(names), n=1) if tokens else []
    return f"Perhaps {close[0]} was meant" if close else ""


def _commands(error: CycloptsError) -> list[str]:
    if error.app is None:
        return []
    return sorted(name for name in error.app if not name.startswith("-"))
