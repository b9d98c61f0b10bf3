"""`digest feeds`: how they are, what one holds, lists of them from and for other programs."""

from __future__ import annotations

import asyncio
import difflib
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from digest.app.sayings import counted
from digest.cli import doors
from digest.cli.base import Group, config_path, json_option, printable
from digest.cli.show import Table, busy, show_json
from digest.errors import DigestError, UsageError

if TYPE_CHECKING:
    from digest.app.feed_health import Health
    from digest.app.house import House
    from digest.cli.feed_report import Advice
    from digest.cli.feed_trial import Trial
    from digest.cli.feeds_yaml import Plan
    from digest.model import Feed
    from digest.settings.editing import Edit
    from digest.store import Connection


class NoFeed(DigestError):
    """There is no feed to be had there."""


@click.group(cls=Group)
def feeds() -> None:
    """List, try, import and export feeds."""


@feeds.command("list")
@click.option("--failing", is_flag=True, help="Only those with which something is wrong.")
@json_option
def list_(*, failing: bool, as_json: bool) -> None:
    """Every configured feed and how it is."""
    from digest.app.feed_health import COLUMNS

    with doors.house(read_only=True) as house:
        found = house.database.call(_healths, house)
    shown = [health for health in found if not failing or health.word not in {"fine", "never polled"}]
    if as_json:
        show_json([health.as_json() for health in shown])
        return
    empty = f"nothing is wrong with {counted(len(found), 'feed')}" if failing else "no feed is configured"
    unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    Table(COLUMNS, empty=empty).show([health.row(unicode=unicode) for health in shown])
    _remark(shown)


def _healths(connection: Connection, house: House) -> list[Health]:
    from digest.app import feed_health
    from digest.store import feeds as store
    from digest.store import holding, pulse

    now = house.clock()
    states = store.states(connection, list(house.feeds))
    pulses = pulse.pulses(connection, feed_health.spans(now, house.zone))
    found = feed_health.healths(list(house.feeds.values()), states, pulses, now)
    held = holding.held(connection)
    return [replace(health, held=held.get(health.feed.name, 0)) for health in found]


def _remark(shown: list[Health]) -> None:
    """Below the table: to be read, not to be parsed."""
    if not any(health.remarks("") for health in shown):
        return
    from digest.settings.editing import places_of_feeds

    places = places_of_feeds(config_path(), os.environ)
    click.echo(err=True)
    for health in shown:
        for remark in health.remarks(str(places.get(health.feed.name) or config_path())):
            click.echo(printable(remark), err=True)


@feeds.command("release")
@click.argument("feed", metavar="NAME")
def release(feed: str) -> None:
    """Tell what is held of the feed NAME, since it became new suspiciously, as if it arrived now."""
    from digest.store import holding

    with doors.house() as house:
        count = house.database.call(_decide, house, feed, partial(holding.release, now=house.clock()))
    click.echo(f"{counted(count, 'article')} of {feed} released", err=True)


@feeds.command("dismiss")
@click.argument("feed", metavar="NAME")
def dismiss(feed: str) -> None:
    """Never tell what is held of the feed NAME; it stays known."""
    from digest.store import holding

    with doors.house() as house:
        count = house.database.call(_decide, house, feed, holding.dismiss)
    click.echo(f"{counted(count, 'article')} of {feed} dismissed", err=True)


def _decide(connection: Connection, house: House, feed: str, decide: Callable[[Connection, str], int]) -> int:
    """A feed that is configured no more may still have articles that are held."""
    from digest.store import holding

    held = holding.held(connection)
    return decide(connection, feed if feed in held else house.feed(feed).name)


@feeds.command("try")
@click.argument("feed", metavar="URL|NAME")
@click.option("--item", default="", metavar="CSS", help="It is a page without a feed; what matches is an article.")
@click.option("--title", default="", metavar="CSS", help="Within an item, its headline; default: the link's text.")
@click.option("--link", default="", metavar="CSS", help="Within an item, its link; default: the first.")
@click.option("--time", default="", metavar="CSS", help="Within an item, its date; default: the first <time>.")
@click.option("--excerpt", default="", metavar="CSS", help="Within an item, its excerpt; default: none.")
@click.option("--full-text", is_flag=True, help="Fetch the pages behind the first articles too.")
@json_option
def try_(feed: str, *, full_text: bool, as_json: bool, **selected: str) -> None:
    """Fetch URL, or the configured feed NAME, and show what would be collected; nothing is stored."""
    from digest.cli import feed_report, feed_trial

    with doors.bare_house() as house:
        chosen = feed_trial.wanted(house, feed, feed_trial.selectors(**selected), full_text=full_text)
        with busy(f"fetching {printable(chosen.url)}"):
            trial = asyncio.run(_try(house, chosen))
        advice = _advice(house, trial)
        if as_json:
            feed_report.show_as_json(trial, advice)
        else:
            feed_report.show(trial, advice, house.zone)
    if trial.error:
        raise NoFeed(f"{chosen.url}: {trial.error}" + (f"; {trial.remedy}" if trial.remedy else ""))


async def _try(house: House, feed: Feed) -> Trial:
    from digest.cli.feed_trial import trial

    async with house.collecting() as desk:
        return await trial(desk, feed)


def _advice(house: House, trial: Trial) -> Advice | None:
    from digest.cli.feed_report import Advice
    from digest.settings.editing import place_of_feed

    feed = trial.to_configure(house.settings.categories, house.feeds)
    if feed is None:
        return None
    known = house.feeds.get(feed.name)
    place = place_of_feed(config_path(), feed.name, os.environ) if known else None
    return Advice(feed=feed, known=known, place=str(place or config_path()), every=house.settings.collect.every)


@feeds.command("import")
@click.argument("file", type=click.File("rb"))
@click.option("--dry-run", is_flag=True, help="Show what would change; write nothing.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a file there to be named under `include`, and leave the configuration alone.",
)
def import_(file: BinaryIO, output: Path | None, *, dry_run: bool) -> None:
    """Add the feeds of the OPML list in FILE to the configuration.

    Folders become categories; what is configured already is left out. The lines are added in the style of those that
    are there; nothing else in the file changes.
    """
    from digest.cli import feeds_yaml, opml
    from digest.settings import editing

    path = config_path()
    known = editing.stock(path, os.environ)
    plan = feeds_yaml.plan(opml.read(file.read(opml.MAX_BYTES + 1)), known.feeds, known.categories, known.every)
    for reason in plan.left_out:
        click.echo(f"left out: {printable(reason)}", err=True)
    if not plan.feeds:
        click.echo("there is nothing to add", err=True)
    elif output is not None:
        if not dry_run:
            _write(output, plan.yaml())
            included = plan.feeds[0].name in editing.stock(path, os.environ).feeds
            advice = f"which {path} includes already" if included else "to be named under include:"
            click.echo(f"wrote {output} with {counted(len(plan.feeds), 'feed')}, {advice}", err=True)
        else:
            click.echo(plan.yaml(), nl=False)
    else:
        _add(plan, path, dry_run=dry_run)


def _add(plan: Plan, path: Path, *, dry_run: bool) -> None:
    from digest.settings import editing
    from digest.settings.insertion import NotEditable

    text = editing.text_of(path)
    try:
        edit = editing.checked(path, text, plan.added_to(text), os.environ)
        if not dry_run:
            edit.save()
    except NotEditable as error:
        click.echo(plan.yaml(), nl=False)
        raise NoSafeEdit(
            f"{path}: {error}. Nothing is written: paste the lines above yourself, or use --output FILE and include it"
        ) from None
    if dry_run:
        before, after = edit.before.splitlines(keepends=True), edit.after.splitlines(keepends=True)
        for line in difflib.unified_diff(before, after, str(path), str(path)):
            click.echo(line.rstrip("\r\n"))
        return
    for feed in plan.feeds:
        within = f" in {', '.join(feed.categories)}" if feed.categories else ""
        click.echo(f"added: {feed.name}{within}: {printable(feed.url)}", err=True)
    click.echo(f"added {counted(len(plan.feeds), 'feed')} to {path}", err=True)
    _say_who_misses(plan, edit)


def _say_who_misses(plan: Plan, edit: Edit) -> None:
    """Categories that no newsletter carries: nobody would see their articles."""
    from digest.settings import nouns

    carried = {it.name for newsletter in nouns.newsletters(edit.settings).values() for it in newsletter.categories}
    for name in plan.categories:
        if name not in carried:
            click.echo(f"no newsletter has the category {name}: add it to the categories of one", err=True)


class NoSafeEdit(DigestError):
    """The operator has to add the lines."""


@feeds.command("export")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write there, not to the terminal.")
def export(output: Path | None) -> None:
    """The configured feeds as OPML, a folder for each category; pages without a feed are links."""
    from digest.cli import opml

    with doors.bare_house() as house:
        titles = {category.name: category.title for category in house.categories}
        kept, every = list(house.feeds.values()), house.settings.collect.every
        document = opml.write(f"Feeds of {house.site.name}", kept, titles, house.clock(), every=every)
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
    except OSError as error:
        reason = error.strerror if path.parent.is_dir() else f"there is no folder {path.parent}"
        raise UsageError(f"{path} cannot be written: {reason}") from None
