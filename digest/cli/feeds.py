"""`digest feeds`: how they are, what one holds, lists of them from and for other programs."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from zoneinfo import ZoneInfo

import click

from digest.cli import doors, feeds_yaml, opml
from digest.cli.base import Group, json_option
from digest.cli.show import Table, busy, counted, show_json
from digest.errors import DigestError, UsageError
from digest.model import Feed, FeedState

if TYPE_CHECKING:
    from digest.app.house import House
    from digest.feeds import FeedReading, ReadFailed
    from digest.store import Connection

_COLUMNS = ("feed", "categories", "articles", "last success", "next poll", "failures", "last error", "url")
_EXCERPT = 120


class NoFeed(DigestError):
    """There is no feed to be had there."""


@click.group(cls=Group)
def feeds() -> None:
    """List, try, import and export feeds."""


@feeds.command("list")
@json_option
def list_(*, as_json: bool) -> None:
    """Every configured feed and how it is."""
    with doors.house(read_only=True) as house:
        states, counts = house.database.call(_known, house)
        rows = [_row(feed, states.get(feed.name), counts.get(feed.name, 0)) for feed in house.feeds.values()]
        table = Table(_COLUMNS, empty="no feed is configured", zone=house.zone)
        table.show(rows, as_json=as_json)


def _known(connection: Connection, house: House) -> tuple[dict[str, FeedState], dict[str, int]]:
    from digest.store import feeds as store
    from digest.store import overview

    return store.states(connection, list(house.feeds)), overview.articles_by_feed(connection)


def _row(feed: Feed, state: FeedState | None, count: int) -> tuple[object, ...]:
    state = state or FeedState(name=feed.name)
    error = state.last_error or ("" if state.polled_at else "never polled")
    return (
        feed.name,
        feed.categories,
        count,
        state.succeeded_at,
        state.next_poll_at,
        state.failures,
        error,
        feed.url,
    )


@feeds.command("try")
@click.argument("url")
@json_option
def try_(url: str, *, as_json: bool) -> None:
    """Fetch URL and show what would be collected; nothing is stored."""
    from digest.feeds import ReadFailed

    with doors.bare_house() as house:
        with busy(f"fetching {url}"):
            reading = asyncio.run(_try(house, url))
        if isinstance(reading, ReadFailed):
            raise NoFeed(f"{url}: {reading.reason}")
        _show(reading, house.zone, as_json=as_json)


async def _try(house: House, url: str) -> FeedReading | ReadFailed:
    from digest.cli.feed_trial import tried

    async with house.collecting() as desk:
        return await tried(desk, Feed(name="trial", url=url))


def _show(reading: FeedReading, zone: ZoneInfo, *, as_json: bool) -> None:
    if as_json:
        show_json(
            {
                "title": reading.title,
                "language": reading.language,
                "articles": [
                    {
                        "title": draft.title,
                        "date": draft.published_at,
                        "link": draft.url,
                        "author": draft.author,
                        "tags": draft.tags,
                        "image": draft.image.url if draft.image else None,
                        "excerpt": draft.excerpt,
                    }
                    for draft in reading.articles
                ],
            }
        )
        return
    click.echo(f"{reading.title or 'a feed without a title'}: {counted(len(reading.articles), 'article')}", err=True)
    rows = [(draft.title, draft.published_at, draft.url, draft.excerpt[:_EXCERPT]) for draft in reading.articles]
    Table(("title", "date", "link", "excerpt"), empty="it holds no article", zone=zone).show(rows)


@feeds.command("import")
@click.argument("file", type=click.File("rb"))
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write there, not to the terminal.")
def import_(file: BinaryIO, output: Path | None) -> None:
    """Turn the OPML list in FILE into YAML for the configuration.

    Folders become categories; what is configured already is left out. Name the output under `include`.
    """
    known = doors.settings()
    outlines = opml.read(file.read(opml.MAX_BYTES + 1))
    with doors.bare_house() as house:
        titles = {category.name: category.title for category in house.categories} if known.categories else {}
        plan = feeds_yaml.plan(outlines, house.feeds.values(), titles)
    for reason in plan.left_out:
        click.echo(f"left out: {reason}", err=True)
    if output is None:
        click.echo(plan.yaml(), nl=False)
    else:
        _write(output, plan.yaml())
        click.echo(f"wrote {output} with {counted(len(plan.feeds), 'feed')}: name it under include:", err=True)


@feeds.command("export")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write there, not to the terminal.")
def export(output: Path | None) -> None:
    """The configured feeds as OPML, a folder for each category."""
    with doors.bare_house() as house:
        titles = {category.name: category.title for category in house.categories}
        document = opml.write(f"Feeds of {house.site.name}", list(house.feeds.values()), titles)
    if output is None:
        click.echo(document, nl=False)
    else:
        _write(output, document)
        click.echo(f"wrote {output}", err=True)


def _write(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(f"{path} exists already") from None
