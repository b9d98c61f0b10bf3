"""`digest collect`: polls feeds now."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from digest.cli import doors
from digest.cli.base import Command, json_option
from digest.cli.show import Table, busy, counted, lasting

if TYPE_CHECKING:
    from digest.app.house import House
    from digest.collect import Polled

_TABLE = Table(("feed", "new", "updated", "known", "held back", "error"), empty="no feed was polled")


@click.command(cls=Command)
@click.argument("feeds", metavar="[FEED]...", nargs=-1)
@json_option
@click.pass_context
def collect(context: click.Context, feeds: tuple[str, ...], *, as_json: bool) -> None:
    """Poll feeds now.

    All of them where none is named, due or not. Ends with 1 where a feed that was named failed, or every feed.
    """
    with doors.house(prepare=True) as house:
        names = list(dict.fromkeys(house.feed(name).name for name in feeds)) or list(house.feeds)
        with busy(f"polling {counted(len(names), 'feed')}"):
            polled = asyncio.run(_poll(house, names))
        _TABLE.show([_row(each) for each in polled], as_json=as_json)
        _remark(house, names, polled)
    failed = [each for each in polled if each.error]
    context.exit(1 if failed and (feeds or len(failed) == len(polled)) else 0)


async def _poll(house: House, names: Sequence[str]) -> list[Polled]:
    from digest import collect as story

    async with house.collecting() as desk:
        return await story.collect(desk, names, at_once=True)


def _row(polled: Polled) -> tuple[object, ...]:
    recorded = polled.recorded
    return polled.feed, recorded.new, recorded.updated, recorded.known, recorded.backlog, polled.error


def _remark(house: House, names: Sequence[str], polled: Sequence[Polled]) -> None:
    """What the table cannot say."""
    backlog = sum(each.recorded.backlog for each in polled)
    if backlog:
        age = lasting(house.settings.collect.backfill)
        click.echo(
            f"held back: {counted(backlog, 'article')} older than {age} at the first poll of the feed; "
            "they are known now and will not be sent (collect.backfill)",
            err=True,
        )
    for each in polled:
        if each.moved_to:
            click.echo(f"{each.feed} has moved for good: set its url to {each.moved_to}", err=True)
    for name in sorted(set(names) - {each.feed for each in polled}):
        click.echo(f"{name} is being polled by another process", err=True)
