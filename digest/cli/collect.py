"""`digest collect`: polls feeds now."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import click

from digest.app.sayings import counted, lasting
from digest.cli import doors
from digest.cli.base import Command, config_path, json_option, printable
from digest.cli.show import Table, busy, show_json

if TYPE_CHECKING:
    from digest.app.house import House
    from digest.collect import Polled
    from digest.store import Connection

_TABLE = Table(("feed", "new", "updated", "known", "held back", "result"), empty="no feed was polled")


@click.command(cls=Command)
@click.argument("feeds", metavar="[FEED]...", nargs=-1)
@json_option
@click.pass_context
def collect(context: click.Context, feeds: tuple[str, ...], *, as_json: bool) -> None:
    """Poll feeds now.

    All of them where none is named, due or not, but for those whose server says that they are gone. Ends with 1 where a
    feed that was named could not be polled, or every feed failed.
    """
    with doors.house(prepare=True) as house:
        gone = [] if feeds else house.database.call(_gone, house)
        names = list(dict.fromkeys(house.feed(name).name for name in feeds))
        names = names or [name for name in house.feeds if name not in gone]
        with busy(f"polling {counted(len(names), 'feed')}"):
            polled = asyncio.run(_poll(house, names))
        if as_json:
            show_json([_as_json(each) for each in polled])
        else:
            _TABLE.show([_row(each) for each in polled])
        for remark in _remarks(house, names, polled):
            click.echo(printable(remark), err=True)
        for name in gone:
            click.echo(f"{name} is gone, says its server, and was not asked: `digest collect {name}` asks", err=True)
    failed = [each for each in polled if each.error]
    missing = set(names) - {each.feed for each in polled}
    context.exit(1 if (feeds and (failed or missing)) or (failed and len(failed) == len(polled)) else 0)


def _gone(connection: Connection, house: House) -> list[str]:
    from digest.store import feeds

    states = feeds.states(connection, list(house.feeds))
    return [name for name, state in states.items() if state.gone and state.url == house.feeds[name].url]


async def _poll(house: House, names: Sequence[str]) -> list[Polled]:
    from digest import collect as story

    async with house.collecting() as desk:
        return await story.collect(desk, names, at_once=True)


def _row(polled: Polled) -> tuple[object, ...]:
    recorded = polled.recorded
    return polled.feed, recorded.new, recorded.updated, recorded.known, recorded.backlog, _result(polled)


def _result(polled: Polled) -> str:
    return polled.error or ("unchanged" if polled.unchanged else "read")


def _as_json(polled: Polled) -> dict[str, object]:
    named = dict(zip([column.replace(" ", "_") for column in _TABLE.columns], _row(polled), strict=True))
    return {**named, "error": polled.error, "address": polled.address, "remarks": polled.remarks}


def _remarks(house: House, names: Sequence[str], polled: Sequence[Polled]) -> Iterator[str]:
    """What the table cannot say."""
    backlog = sum(each.recorded.backlog for each in polled)
    if backlog:
        age = lasting(house.settings.collect.backfill)
        yield (
            f"held back: {counted(backlog, 'article')} older than {age} at the first poll of the feed; "
            "they are known now and will not be sent (collect.backfill)"
        )
    places = _places([each for each in polled if each.address])
    for each in polled:
        for remark in each.remarks:
            is_elsewhere = bool(each.address) and each.address in remark
            yield f"{each.feed}: {remark}" + (f": change url at {places[each.feed]}" if is_elsewhere else "")
    for name in sorted(set(names) - {each.feed for each in polled}):
        yield f"{name} is being polled by another process"


def _places(elsewhere: Sequence[Polled]) -> Mapping[str, str]:
    """Where the addresses stand of the feeds that are read elsewhere."""
    if not elsewhere:
        return {}
    from digest.settings.editing import places_of_feeds

    return {name: str(place) for name, place in places_of_feeds(config_path(), os.environ).items()}
