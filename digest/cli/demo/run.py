"""The demo from curtain to curtain: sets the scene, plays, shows, and clears everything away, however it ends."""

import asyncio
import logging
import signal
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import click

from digest.app.house import Clock, House, utc_now
from digest.cli.demo import keep, sample, show
from digest.cli.demo.catcher import Catcher
from digest.cli.demo.feeds_server import serving
from digest.cli.demo.look import Ports, until_stopped
from digest.cli.demo.play import gather, issue, require_articles, require_mails
from digest.cli.demo.trial import Surroundings, free_port, open_on_trial
from digest.cli.show import busy

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What was asked for."""

    #: The operator's configuration; None: the sample.
    config: Path | None = None
    #: End when the mails are written.
    once: bool = False
    #: Where mails are written; None: nowhere.
    output: Path | None = None
    #: Of the inbox, the next one being that of the pages; 0: any.
    port: int = 0


def run(plan: Plan, clock: Clock = utc_now) -> None:
    """Plays `plan` to its end, or until Ctrl-C or SIGTERM. Raises DigestError, and Abort where it was cut short."""
    # Python 3.11 may warn at the very end that a process which has read feeds, and is no longer needed, was killed.
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    asyncio.run(_run(plan, clock))


async def _run(plan: Plan, clock: Clock) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="digest-demo-")))
        catcher = await stack.enter_async_context(Catcher(clock))
        ports = Ports(inbox=plan.port, pages=plan.port + 1 if plan.port else free_port())
        config = plan.config or _sample(stack, folder, clock)
        around = Surroundings(folder=folder, relay=catcher.place, url=f"http://127.0.0.1:{ports.pages}")
        house = stack.enter_context(open_on_trial(config, around, clock))
        await _unless(stop, _play(house, catcher))
        if plan.output:
            for path in keep.write(catcher.mails, plan.output):
                click.echo(path)
        if not plan.once:
            await until_stopped(house, catcher, ports, stop)


def _sample(stack: AsyncExitStack, folder: Path, clock: Clock) -> Path:
    """Serves the sample's feeds as long as `stack` stands; its configuration."""
    url = stack.enter_context(serving(sample.feeds(clock())))
    config = folder / "digest.yaml"
    config.write_text(sample.configuration(url), encoding="utf-8")
    return config


async def _play(house: House, catcher: Catcher) -> None:
    with busy("collecting"):
        polled = await gather(house)
    show.feeds(polled)
    require_articles(polled)
    with busy("publishing and delivering"):
        issued = await issue(house, catcher)
    show.issued(issued)
    require_mails(issued)


async def _unless(stop: asyncio.Event, work: Coroutine[Any, Any, T]) -> T:
    """What `work` returns; where `stop` is set before it has ended, it is cut short. Raises Abort then."""
    working, stopping = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    await asyncio.wait((working, stopping), return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not working.done():
        working.cancel()
        await asyncio.wait((working,))
        raise click.Abort
    return working.result()
