"""What it costs to make an edition: to judge and group its articles, to put its letters together, to freeze it.

    python -m bench.compose [--articles 10000] [--readers 100000] [--few 1000] [--many 1000000] [--json]

Ten thousand fresh articles in eight categories, and readers with each of the 255 choices among them; sixty stories a
letter. The letters are timed as they are made, one after the other, once their parts exist. Freezing is timed on an
SQLite file, in a process of its own whose memory is told: that of few readers beside that of many. Always exits with 0
unless it breaks.
"""

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from statistics import median
from typing import Any

from bench import report
from bench.report import Finding
from bench.stories import made_up
from digest.app.house import nonce
from digest.editions.board import Board
from digest.editions.judge import Terms
from digest.editions.render import Brief, Renderer
from digest.model import (
    Article,
    ArticleDraft,
    Category,
    Feed,
    Letter,
    Limits,
    Newsletter,
    Schedule,
    Site,
    SubscriptionState,
    View,
)
from digest.publish import Press, publish_now
from digest.store import Database, articles, migrate
from digest.store.admission import Newcomer, enter
from digest.store.articles import Arrival
from digest.store.subscribers import Choices

_SLOT = datetime(2026, 3, 5, tzinfo=UTC)
_NAMES = tuple(f"topic-{n}" for n in range(8))
_CATEGORIES = tuple(Category(name=name, title=name.title()) for name in _NAMES)
_CHOICES = tuple(chosen for size in range(1, 9) for chosen in combinations(_NAMES, size))
_SITE = Site(name="My Views", url="https://news.example", tagline="Unflinching", postal_address="1 High St")
_NEWSLETTER = Newsletter(
    name="daily",
    title="The Daily",
    schedule=Schedule(timezone="UTC"),
    categories=_CATEGORIES,
    max_age=timedelta(days=7),
    limits=Limits(stories=60, per_section=60),
)
#: One feed in five is of two categories.
_FEEDS = {
    f"source-{n}": Feed(
        name=f"source-{n}",
        url=f"https://source-{n}.example/feed",
        categories=(_NAMES[n % 8], _NAMES[(n + 3) % 8])[: 2 if n % 5 == 0 else 1],
    )
    for n in range(40)
}
#: Readers entered at a time.
_AT_A_TIME = 5_000
#: What composing and clustering, and what each further letter may take, in seconds.
_MOST_COMPOSING, _MOST_LETTER = 3.0, 0.002


def composing(found: Sequence[Article]) -> list[Finding]:
    """Of an edition in memory, without a store."""
    terms = Terms(newsletter=_NEWSLETTER, feeds=_FEEDS, categories=_CATEGORIES, slot=_SLOT, now=_SLOT, upto=len(found))
    views = [View(mark=0, categories=chosen, language="en", offset=0) for chosen in _CHOICES]
    setting = Renderer().edition(Brief(site=_SITE, newsletter=_NEWSLETTER, number=42, slot=_SLOT))
    begun = time.perf_counter()
    board = Board(found, terms)
    board.arrange(views[-1])
    composed = time.perf_counter() - begun
    for view in views:
        setting.letter(view, board.arrange(view), nonce())
    times = []
    for view in views:
        begun = time.perf_counter()
        letter: Letter = setting.letter(view, board.arrange(view), nonce())
        times.append(time.perf_counter() - begun)
        assert letter.told
    times.sort()
    what = f"{len(found):,} articles"
    return [
        Finding(
            what=f"judge, group and arrange {what}",
            unit="s",
            ours=composed,
            against="at most",
            theirs=_MOST_COMPOSING,
            goal=1.0,
        ),
        Finding(
            what=f"a further letter of {len(views)}, median",
            unit="ms",
            ours=median(times) * 1e3,
            against="at most",
            theirs=_MOST_LETTER * 1e3,
            goal=1.0,
        ),
        Finding(
            what="the slowest in a hundred",
            unit="ms",
            ours=times[len(times) * 99 // 100] * 1e3,
            against="at most",
            theirs=_MOST_LETTER * 1e3,
        ),
    ]


def freezing(count: int, readers: int, folder: Path) -> dict[str, Any]:
    """Seconds and the most memory in MB that an edition for so many readers takes, in a process of its own."""
    file = folder / f"{readers}.db"
    for step in ("--fill", "--freeze"):
        command = [sys.executable, "-m", "bench.compose", step, str(file)]
        command += ["--articles", str(count), "--readers", str(readers)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def fill(file: Path, count: int, readers: int) -> None:
    """A new database with the articles and the readers."""
    database = Database(f"sqlite:///{file}")
    migrate.upgrade(database)
    found = made_up(count)
    with database.begin() as connection:
        for name in _FEEDS:
            own = [each for each in found if each.source == name]
            arrivals = [Arrival(draft=_draft(each)) for each in own]
            articles.record(connection, name, name, arrivals, _SLOT - timedelta(hours=1))
    for start in range(0, readers, _AT_A_TIME):
        newcomers = [_newcomer(number) for number in range(start, min(readers, start + _AT_A_TIME))]
        with database.begin() as connection:
            enter(connection, newcomers, _SLOT - timedelta(days=1), "bench")
    database.close()


def freeze(file: Path) -> dict[str, Any]:
    """Makes the edition; how long that took, and how much memory this process has had."""
    database = Database(f"sqlite:///{file}")
    press = Press(
        database=database,
        typesetter=Renderer(),
        site=_SITE,
        newsletters={_NEWSLETTER.name: _NEWSLETTER},
        feeds=_FEEDS,
        categories=_CATEGORIES,
        nonce=nonce,
    )
    begun = time.perf_counter()
    frozen = asyncio.run(publish_now(press, _NEWSLETTER, _SLOT))
    took = time.perf_counter() - begun
    assert frozen
    database.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": took, "peak": peak, "letters": frozen.letters, "deliveries": frozen.deliveries}


def _draft(one: Article) -> ArticleDraft:
    return ArticleDraft(
        keys=(f"{one.source}-{one.number}",),
        title=one.title,
        url=one.url,
        excerpt=one.excerpt,
        published_at=one.published_at,
        language=one.language,
    )


def _newcomer(number: int) -> Newcomer:
    return Newcomer(
        address=f"reader-{number}@readers.example",
        name="",
        language="",
        newsletter=_NEWSLETTER.name,
        choices=Choices(categories=_CHOICES[number % len(_CHOICES)]),
        state=SubscriptionState.ACTIVE,
        mark=0,
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints what was found."""
    options = _options(arguments)
    if options.fill:
        fill(options.fill, options.articles, options.readers)
        return
    if options.freeze:
        sys.stdout.write(json.dumps(freeze(options.freeze)))
        return
    found = [replace(each, arrived_at=_SLOT - timedelta(hours=1)) for each in made_up(options.articles)]
    findings = composing(found)
    with tempfile.TemporaryDirectory() as folder:
        sizes = sorted({options.few, options.readers, options.many} - {0})
        frozen = {size: freezing(options.articles, size, Path(folder)) for size in sizes}
    least = frozen[sizes[0]]
    for size, figures in frozen.items():
        findings.append(
            Finding(
                what=f"an edition for {size:,} readers, {figures['letters']} letters",
                unit="s",
                ours=figures["seconds"],
                against=f"for {sizes[0]:,}",
                theirs=least["seconds"],
            )
        )
        findings.append(
            Finding(
                what=f"its memory with {size:,} readers",
                unit="MB",
                ours=figures["peak"],
                against=f"with {sizes[0]:,}",
                theirs=least["peak"],
                goal=1.2,
            )
        )
    show = report.as_json if options.json else report.table
    sys.stdout.write(show(findings, []) + "\n")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    form = argparse.RawTextHelpFormatter
    parser = argparse.ArgumentParser(prog="bench.compose", description=__doc__, formatter_class=form)
    parser.add_argument("--articles", type=int, default=10_000)
    parser.add_argument("--readers", type=int, default=100_000)
    parser.add_argument("--few", type=int, default=1_000)
    parser.add_argument("--many", type=int, default=1_000_000, help="0: not measured")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--fill", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--freeze", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
