"""`digest simulate`: years of a Digest in minutes, with every promise checked on the way."""

from __future__ import annotations

import asyncio
import random
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.app.sayings import counted
from digest.cli.base import Command, json_option
from digest.cli.show import show_json
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.simulate.parts import Plan, Result

#: Where files need not reach a disk, on Linux; its name is ours for a run.
_MEMORY = Path("/dev/shm")  # noqa: S108


@click.command(cls=Command)
@click.option("--years", type=click.FloatRange(0, 20), default=0.0, help="Beside the days.")
@click.option("--days", type=click.IntRange(0, 7_300), default=0, help="30 where neither is given.")
@click.option("--feeds", type=click.IntRange(1, 500), default=8, show_default=True)
@click.option("--readers", type=click.IntRange(1, 10_000), default=40, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same feeds and readers.")
@click.option("--calm", is_flag=True, help="Nothing goes wrong.")
@json_option
@click.pass_context
def simulate(context: click.Context, /, *, as_json: bool, **wish: float) -> None:
    """Play years with faults and crashes, and check what is promised.

    Collecting, publishing, delivering and the store are those of the service; the feeds, the mail server and the clock
    are made up. Needs no configuration, and touches nothing. Ends with 1 where a promise is broken, and says which.
    """
    from digest.simulate.oracle import Broken
    from digest.simulate.parts import Plan

    days = round(wish["years"] * 365.25) + int(wish["days"]) or 30
    if days < 15:
        raise UsageError("15 days are the least: what is owed is known after ten")
    plan = Plan(
        days=days,
        feeds=int(wish["feeds"]),
        readers=int(wish["readers"]),
        seed=int(wish["seed"]),
        faults=not wish["calm"],
    )
    try:
        folder = _MEMORY if _MEMORY.is_dir() else None
        with tempfile.TemporaryDirectory(prefix="digest-simulation-", dir=folder) as place:
            result = asyncio.run(_played(plan, place, quiet=as_json))
    except Broken as broken:
        click.echo(f"a promise is broken, with --seed {plan.seed}: {broken}", err=True)
        context.exit(1)
    if as_json:
        show_json(asdict(result))
        return
    click.echo(
        f"{counted(result.days, 'day')}, {counted(result.editions, 'slot')}, {counted(result.polls, 'poll')}, "
        f"{counted(result.articles, 'article')}, {counted(result.mails, 'mail')}; "
        f"{counted(result.crashes, 'crash', 'crashes')}, {counted(result.outages, 'outage')}, "
        f"{counted(result.doubles, 'mail')} sent twice, all of them in doubt; {result.seconds:,.0f} s"
    )
    click.echo("every promise was kept")


async def _played(plan: Plan, place: str, *, quiet: bool) -> Result:
    from digest.simulate.parts import Frail
    from digest.simulate.story import Simulation

    database = Frail(f"sqlite:///{place}/simulation.db", random.Random(plan.seed))  # noqa: S311 - no secret
    try:
        return await Simulation(plan, database, (lambda _: None) if quiet else click.echo).run()
    finally:
        database.close()
