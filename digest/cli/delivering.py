"""Delivers editions while the operator looks on, until nothing is due: with progress, and stopped by Ctrl-C."""

import asyncio
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta

import click

from digest import deliver
from digest.app.house import House
from digest.cli.show import lasting
from digest.model import OPEN
from digest.store import Connection, outbox, overview

#: A broken connection, or the lease of a process that died, is waited for; a server that says "later" is not.
_PATIENCE = timedelta(seconds=30)
#: How often the progress is looked at, in seconds.
_LOOK_S = 0.5


@dataclass(slots=True)
class Run:
    """What deliveries came to."""

    outcomes: Counter[str] = field(default_factory=Counter)
    #: The relay refused us as a whole.
    trouble: str = ""
    stopped: bool = False


async def until_nothing_is_due(house: House, editions: Sequence[int]) -> Run:
    """Sends what is due of `editions`, and what will be in the next moments.

    Ctrl-C and SIGTERM end it in order: what has been begun is finished, the rest stays in the outbox.
    Raises UsageError.
    """
    run, stop = Run(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with house.posting() as post, _progress(house, editions):
        while not stop.is_set() and not run.trouble:
            for edition in editions:
                report = await deliver.deliver(post, stop, edition)
                run.outcomes.update(report.outcomes)
                run.trouble = run.trouble or report.trouble
            if run.trouble or not await _more_soon(house, editions, stop):
                break
    run.stopped = stop.is_set()
    return run


async def _more_soon(house: House, editions: Sequence[int], stop: asyncio.Event) -> bool:
    """Waits for what is due soon; False where nothing is, and where we are to stop."""
    at = await house.database.run(overview.next_attempt_at, editions)
    now, patience = house.clock(), max(_PATIENCE, house.settings.mail.lease)
    if at is None or at - now > patience:
        return False
    if at > now:
        click.echo(f"waiting {lasting(at - now)} for what another process left, or a connection that broke", err=True)
    with suppress(TimeoutError):
        # A lease has run out when its last moment is past.
        async with asyncio.timeout(max(0.0, (at - now).total_seconds()) + 0.1):
            await stop.wait()
    return not stop.is_set()


@asynccontextmanager
async def _progress(house: House, editions: Sequence[int]) -> AsyncIterator[None]:
    """A bar on a terminal, from what the store has recorded."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        bar = progress.add_task("sending", total=None)

        async def look() -> None:
            final, total = await house.database.run(_settled, editions)
            progress.update(bar, completed=final, total=total)

        async def keep_looking() -> None:
            while True:
                await look()
                await asyncio.sleep(_LOOK_S)

        looking = asyncio.create_task(keep_looking())
        try:
            yield
        finally:
            looking.cancel()
            with suppress(asyncio.CancelledError):
                await looking
            await look()


def _settled(connection: Connection, editions: Sequence[int]) -> tuple[int, int]:
    """How many deliveries of `editions` are final, and how many there are."""
    tallies = [outbox.tally(connection, edition) for edition in editions]
    waiting = sum(count for tally in tallies for state, count in tally.states.items() if state in OPEN)
    total = sum(tally.total for tally in tallies)
    return total - waiting, total
