"""`payport migrate` and `payport worker`: what keeps an installation going."""

from __future__ import annotations

from typing import Annotated, Literal

from cyclopts import Parameter

from payport.doors.cli.usage import Config, UsageError

__all__ = ["migrate", "worker"]


def migrate(*, config: Config = None) -> None:
    """Bring the database to this version's tables; does nothing where they are there."""
    from payport.doors.cli.opened import database_words, opened  # noqa: PLC0415
    from payport.storage.migrations import current_and_head  # noqa: PLC0415

    with opened(config, migrating=True) as shop:
        before, head = current_and_head(shop.seller.database)
        shop.migrate()
        done = f"at version {head} already" if before == head else f"now at version {head}"
        print(f"{database_words(shop.seller.database.engine.url)}: {done}, before: {before or 'no tables'}")


def worker(
    *,
    config: Config = None,
    every: Annotated[
        float, Parameter(help="Seconds between two looks while nothing is due; 1 if not given.")
    ] = 1.0,
    once: Annotated[bool, Parameter(help="Do what is due now, say what was done, and end.")] = False,
    log: Annotated[
        Literal["json", "text"] | None,
        Parameter(help="How stderr is written; if not given, text on a terminal, else JSON."),
    ] = None,
) -> int:
    """Ask gateways about open payments, end orders whose time is over, tell hosts; any number may run.

    Runs until SIGTERM or Ctrl-C; SIGHUP has the catalog files read again. With --once, exit status 1:
    something failed, and stays due.
    """
    import logging  # noqa: PLC0415
    from contextlib import suppress  # noqa: PLC0415

    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415

    from payport.doors.cli.opened import opened  # noqa: PLC0415
    from payport.doors.worker import (  # noqa: PLC0415
        reloaded_by_signal,
        run_worker,
        stopped_by_signals,
    )
    from payport.logs import set_up  # noqa: PLC0415

    if not 0 < every <= 3600:
        raise UsageError(field="--every", problem="is not between 0 and 3600 seconds", remedy="Say --every 1")
    set_up(log)
    with opened(config) as shop:
        if once:
            shop.require_current()
            done = shop.work()
            print(
                f"asked {done.asked}, expired {done.expired}, refunds {done.refunds}, "
                f"events {done.delivered}, failed {done.failed}"
            )
            return 1 if done.failed else 0
        with suppress(DBAPIError):  # a database that is away is waited for
            shop.require_current()
        stop, reload = stopped_by_signals(), reloaded_by_signal()
        logging.getLogger("payport.worker").info("working, every %g s; Ctrl-C ends it", every)
        run_worker(shop, every=every, stop=stop, reload=reload)
        return 0
