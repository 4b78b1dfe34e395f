"""The command line, `payport`. Each command is a module here, loaded when it is called.

Exit status: 0 done, 1 refused or found wanting, 2 not understood. Errors are one line on stderr, with what to
do; neither they nor any output hold a secret, or an argument that might be one.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path

__all__ = ["main"]

_DONE, _REFUSED, _NOT_UNDERSTOOD, _INTERRUPTED = 0, 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command, and say its exit status. `arguments`: those of the process, if not given."""
    from payport.doors.cli.usage import UsageError  # noqa: PLC0415 - 70 ms, not for whoever imports this
    from payport.errors import PayportError  # noqa: PLC0415

    _write_whatever_comes()
    try:
        return _run(sys.argv[1:] if arguments is None else arguments)
    except PayportError as error:
        return _fail(str(error), _NOT_UNDERSTOOD if isinstance(error, UsageError) else _REFUSED)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:  # `payport contracts | head`: whoever read has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _REFUSED
    except Exception as error:
        return _fail(_defect(error), _REFUSED)


def _run(arguments: Sequence[str]) -> int:
    """Raises: UsageError, for arguments that no command takes; whatever the command raises."""
    from cyclopts import CycloptsError  # noqa: PLC0415

    from payport.doors.cli.app import app_for  # noqa: PLC0415

    try:
        status = app_for(arguments)(
            list(arguments),
            exit_on_error=False,
            print_error=False,
            verbose=False,
            result_action="return_value",
        )
    except CycloptsError as error:
        from payport.doors.cli.misuse import explain_misuse  # noqa: PLC0415

        raise explain_misuse(error, arguments) from None
    sys.stdout.flush()
    return status if isinstance(status, int) else _DONE


def _write_whatever_comes() -> None:
    """A terminal that cannot write a letter gets its escape: no output ends in an encoding error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _fail(text: str, status: int) -> int:
    from payport.doors.cli.printing import plain  # noqa: PLC0415

    sys.stdout.flush()
    print(plain(text), file=sys.stderr)
    return status


def _defect(error: Exception) -> str:
    """Where it happened, and of what kind it is. Its words are left out: they may hold anything."""
    step = error.__traceback__
    while step is not None and step.tb_next is not None:
        step = step.tb_next
    place = "" if step is None else f", {Path(step.tb_frame.f_code.co_filename).name}:{step.tb_lineno}"
    return f"payport: failed by a fault of its own ({type(error).__name__}{place}). Report it with this line."
