"""Time limits for code that is not ours."""

from __future__ import annotations

import contextvars
import json
import subprocess
import sys
import threading

import pytest

from payport.errors import Defect
from payport.gateways.guard import Guard, describe_error

VARIABLE: contextvars.ContextVar[str] = contextvars.ContextVar("VARIABLE")


class TestAGuardedCall:
    def test_gives_its_value(self) -> None:
        assert Guard("sample").within(5, lambda: 7) == 7

    def test_raises_what_it_raises(self) -> None:
        with pytest.raises(KeyError):
            Guard("sample").within(5, lambda: {}["x"])

    def test_sees_the_callers_context(self) -> None:
        VARIABLE.set("a request's id")

        assert Guard("sample").within(5, VARIABLE.get) == "a request's id"

    def test_may_make_guarded_calls_itself(self) -> None:
        guard = Guard("sample")

        assert guard.within(5, lambda: guard.within(5, threading.get_ident)) != threading.get_ident()

    def test_that_comes_back_late_is_forgotten_and_its_thread_used_again(self) -> None:
        guard, over = Guard("sample", most_abandoned=1), threading.Event()

        with pytest.raises(Defect, match=r"sample: not back within 0\.01 s"):
            guard.within(0.01, over.wait)
        with pytest.raises(Defect, match="1 calls never returned"):
            guard.within(5, lambda: 7)

        (late,) = guard._late
        over.set()
        late.ends_within(5)
        assert (guard.abandoned, guard.within(5, lambda: 7)) == (0, 7)

    def test_with_no_time_left_is_given_up_at_once(self) -> None:
        over = threading.Event()

        with pytest.raises(Defect, match="not back within"):
            Guard("sample").within(-1, over.wait)

        over.set()

    def test_of_one_gateway_is_not_held_up_by_another(self) -> None:
        over = threading.Event()
        with pytest.raises(Defect):
            Guard("hanging", most_abandoned=1).within(0.01, over.wait)

        assert Guard("sample", most_abandoned=1).within(5, lambda: 7) == 7
        over.set()

    def test_from_many_threads_gives_each_its_own_value(self) -> None:
        guard, values = Guard("sample"), []

        def call(number: int) -> None:
            values.append(guard.within(5, lambda: number))

        threads = [threading.Thread(target=call, args=(number,)) for number in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(values) == list(range(50))


def test_PLG_09_a_forked_process_has_threads_of_its_own() -> None:
    code = (
        "import os\n"
        "from payport.gateways.guard import Guard\n"
        "guard = Guard('sample')\n"
        "guard.within(5, int)\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    os._exit(guard.within(5, lambda: 7))\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "7\n"


def test_an_error_is_described_by_type_and_place_and_not_by_its_words() -> None:
    try:
        raise ValueError("s3cret")
    except ValueError as error:
        described = describe_error(error)

    assert described.startswith("ValueError at test_guard.py:")
    assert describe_error(ValueError("s3cret")) == "ValueError"


def test_its_place_is_the_plugins_last_line_and_not_a_librarys() -> None:
    with pytest.raises(ValueError, match="Expecting") as caught:
        json.loads("{")

    assert caught.value.__traceback__ is not None
    assert describe_error(caught.value).startswith("JSONDecodeError at test_guard.py:")
