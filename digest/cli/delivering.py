"""Delivers editions while the operator looks on, until nothing is due: with progress, and stopped by Ctrl-C."""

import asyncio
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import click

from digest import deliver
from digest.app.house import House
from digest.app.sayings import lasting
from digest.cli.base import printable
from digest.cli.edition_words import found, waits, ways_out
from digest.model import EditionState
from digest.store import Connection, guarding, outbox, overview, standing

#: A broken connection, or the lease of a process that died, is waited for; a server that says "later" is not.
_PATIENCE = timedelta(seconds=30)
#: What waits for another process's lease is looked at so often, in seconds.
_AGAIN_S = 1.0
#: How often the progress is looked at, in seconds.
_LOOK_S = 0.5
#: Of the time that a look takes, so many times pass until the next: it keeps the store from those who send.
_PART = 20


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
    told: datetime | None = None
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await house.look_at_fence()
    async with house.posting() as post, _progress(house, editions):
        while not stop.is_set() and not run.trouble:
            await _look_at_gates(house)
            for edition in editions:
                report = await deliver.deliver(post, stop, edition)
                run.outcomes.update(report.outcomes)
                run.trouble = run.trouble or report.trouble
            await _look_at_gates(house)
            if run.trouble or (told := await _more_soon(house, editions, stop, told)) is None:
                break
    run.stopped = stop.is_set()
    for line in await house.database.run(_kept, house, editions):
        click.echo(line, err=True)
    return run


async def _look_at_gates(house: House) -> None:
    waits = {name: each.sending.wait for name, each in house.newsletters.items()}
    await house.database.run(guarding.open_gates, house.clock(), waits)


async def _more_soon(
    house: House, editions: Sequence[int], stop: asyncio.Event, told: datetime | None
) -> datetime | None:
    """Waits a moment for what is due soon, and gives when that is; None where nothing is, and where we are to stop.

    `told`: the operator knows of that moment.
    """
    again, opens = await house.database.run(_next, editions)
    now, patience = house.clock(), max(_PATIENCE, house.settings.mail.lease)
    soon = [at for at in (again, opens) if at is not None and at - now <= patience]
    if not soon:
        return None
    at = min(soon)
    if at > now and at != told:
        what = "what another process left, or a connection that broke" if at == again else "what the canary let go"
        click.echo(f"waiting {lasting(at - now)} for {what}", err=True)
    with suppress(TimeoutError):
        # Whoever has the lease may be alive and done with it sooner; it has run out when its last moment is past.
        async with asyncio.timeout(min(_AGAIN_S, max(0.0, (at - now).total_seconds()) + 0.1)):
            await stop.wait()
    return None if stop.is_set() else at


def _next(connection: Connection, editions: Sequence[int]) -> tuple[datetime | None, datetime | None]:
    """When there is something to be tried, and when those who wait for a canary are let go."""
    return overview.next_attempt_at(connection, editions), standing.gate_at(connection, editions)


def _kept(connection: Connection, house: House, editions: Sequence[int]) -> list[str]:
    """What keeps these editions, and the ways out."""
    lines = []
    for number in editions:
        edition, guard = found(connection, number), guarding.guard(connection, number)
        if edition.state is EditionState.PAUSED:
            lines.append(f"edition {number} is paused: {printable(ways_out(edition))}")
        elif kept := waits(edition, guard, guarding.first(connection, number), house.zone):
            goes_on = f"`digest run` goes on then, or `digest send {edition.newsletter} --resume`"
            lines.append(f"edition {number}: {kept}; {goes_on}; `digest editions resume {number}` does not wait")
    return lines


@asynccontextmanager
async def _progress(house: House, editions: Sequence[int]) -> AsyncIterator[None]:
    """A bar on a terminal, from what the store has recorded."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("sending"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"))
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as progress:
        total = await house.database.run(_total, editions)
        bar = progress.add_task("sending", total=total, rate="")

        async def look() -> None:
            left = await house.database.run(standing.unsettled, editions)
            progress.update(bar, completed=total - left)
            if speed := progress.tasks[0].speed:
                progress.update(bar, rate=f"{speed:,.0f} a second")

        async def keep_looking() -> None:
            while True:
                begun = time.monotonic()
                await look()
                await asyncio.sleep(max(_LOOK_S, _PART * (time.monotonic() - begun)))

        looking = asyncio.create_task(keep_looking())
        try:
            yield
        finally:
            looking.cancel()
            with suppress(asyncio.CancelledError):
                await looking
            await look()


def _total(connection: Connection, editions: Sequence[int]) -> int:
    return sum(outbox.tally(connection, edition).total for edition in editions)
