"""How a trial of a feed is shown: what was said on the wire, what was read, and what would be configured."""

import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta, tzinfo

import click

from digest.app.sayings import counted, lasting
from digest.cli.base import printable
from digest.cli.feed_trial import PAGES, Trial
from digest.cli.feeds_yaml import block
from digest.cli.show import Table, cell, show_json
from digest.editions.render_words import reading_minutes
from digest.feeds.reading import FeedReading
from digest.feeds.wire.fetched import Fetched
from digest.model import ArticleDraft, Feed, Wishes

_SHORT = ("title", "date", "words", "language", "picture")
_FULL = ("title", "date", "words", "minutes", "language", "link", "picture")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WIDEST = 100
#: Characters of a text that was cleaned away, and texts, that are shown on a terminal or in a pipe.
_REMOVED, _MOST_REMOVED = 100, 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """How a feed should be configured."""

    feed: Feed
    #: As it is; None: it is not configured.
    known: Feed | None
    #: The file and line where it is.
    place: str
    #: The least time between two polls that feeds have without saying so.
    every: timedelta

    @property
    def yaml(self) -> str:
        return block(self.feed, self.every)

    def show(self) -> None:
        """What to do, and the lines to paste where there are some."""
        if self.known is None:
            _heading("To collect it, put this under feeds: in the configuration", to_copy=True)
        elif replace(self.feed, url=self.known.url, categories=self.known.categories) == self.known:
            _heading(f"It is configured with another address: change url at {self.place} to {self.feed.url}")
            return
        else:
            _heading(f"To collect it like this, put this in the place of what is at {self.place}", to_copy=True)
        click.echo(self.yaml)


def show(trial: Trial, advice: Advice | None, zone: tzinfo) -> None:
    """Everything on paper: on a terminal a page to look at, in a pipe lines with tabs."""
    reading = trial.reading
    _heading(reading.title or "a feed without a title" if reading else trial.feed.url)
    if trial.seen.address:
        click.echo(f"{printable(trial.feed.url)} is a page; its feed is {printable(trial.seen.address)}")
    _exchange(trial)
    if reading:
        _wishes(reading.wishes)
        _articles(trial.articles, zone)
        _pages(trial)
        _removed(reading)
        _list("Remarks", reading.remarks)
    if trial.error or len(trial.seen.tried) > 1:
        _list("Tried", (f"{address}: {said}" for address, said in trial.seen.tried))
    if advice:
        advice.show()


def show_as_json(trial: Trial, advice: Advice | None) -> None:
    """All that is known, for programs."""
    seen, reading = trial.seen, trial.reading
    exchange = seen.answer.exchange
    show_json(
        {
            "url": trial.feed.url,
            "address": trial.address,
            "error": trial.error,
            "remedy": trial.remedy,
            "exchange": {
                "hops": [{"status": status, "url": url} for status, url in exchange.hops],
                "content_type": seen.answer.content_type if isinstance(seen.answer, Fetched) else "",
                "headers": [list(header) for header in exchange.headers],
                "bytes": exchange.size,
                "seconds": exchange.took.total_seconds(),
            },
            "tried": [{"url": address, "said": said} for address, said in seen.tried],
            "title": reading.title if reading else "",
            "language": reading.language if reading else "",
            "wishes": _wishes_as_json(reading.wishes if reading else Wishes()),
            "articles": [_article_as_json(article) for article in trial.articles],
            "removed": reading.removed if reading else (),
            "remarks": reading.remarks if reading else (),
            "yaml": advice.yaml if advice else "",
        }
    )


def _wishes_as_json(wishes: Wishes) -> dict[str, object]:
    return {
        "every_seconds": wishes.every.total_seconds(),
        "skip_hours": wishes.skip_hours,
        "skip_days": [_DAYS[day] for day in sorted(wishes.skip_days)],
    }


def _article_as_json(article: ArticleDraft) -> dict[str, object]:
    return {
        "title": article.title,
        "date": article.published_at,
        "link": article.url,
        "author": article.author,
        "tags": article.tags,
        "language": article.language,
        "words": article.words or None,
        "minutes": reading_minutes(article.words) or None,
        "image": asdict(article.image) if article.image else None,
        "excerpt": article.excerpt,
        "keys": article.keys,
    }


def _exchange(trial: Trial) -> None:
    answer = trial.seen.answer
    exchange = answer.exchange
    click.echo()
    for status, url in exchange.hops:
        click.echo(f"{status}  {printable(url)}")
    kind = answer.content_type if isinstance(answer, Fetched) else ""
    size = f"{exchange.size:,} bytes" if exchange.size else ""
    took = f"{exchange.took.total_seconds():.2f} s" if exchange.took else ""
    facts = [printable(fact) for fact in (kind or "no type", size, took) if fact]
    if isinstance(answer, Fetched):
        click.echo(" · ".join(facts))
    if exchange.headers:
        click.echo()
        Table(("header", "value"), empty="").show(exchange.headers)


def _wishes(wishes: Wishes) -> None:
    said = []
    if wishes.every > timedelta():
        said.append(f"to be asked every {lasting(wishes.every)} at most")
    if wishes.skip_hours:
        said.append("not in the hours " + ", ".join(f"{hour}:00" for hour in sorted(wishes.skip_hours)) + " UTC")
    if wishes.skip_days:
        said.append("not on " + ", ".join(_DAYS[day] for day in sorted(wishes.skip_days)))
    _list("It wishes", said)


def _articles(articles: Sequence[ArticleDraft], zone: tzinfo) -> None:
    _heading(counted(len(articles), "article"))
    if not articles:
        return
    if not sys.stdout.isatty():
        rows = [
            (
                each.title,
                each.published_at,
                each.words or None,
                reading_minutes(each.words) or None,
                each.language,
                each.url,
                _picture(each),
            )
            for each in articles
        ]
        Table(_FULL, empty="", zone=zone).show(rows)
    else:
        short = [(each.title, each.published_at, _words(each), each.language, _picture(each)) for each in articles]
        Table(_SHORT, empty="", zone=zone).show(short)
    for number, article in enumerate(articles, 1):
        _heading(f"{number}. {article.title}")
        for line in _wrapped(article.excerpt or "(no excerpt)"):
            click.echo(f"   {line}")
        click.echo(click.style(f"   {printable(article.url) or '(no link)'}", dim=True))


def _pages(trial: Trial) -> None:
    """Why those behind the first look otherwise."""
    if trial.feed.full_text and len(trial.articles) > PAGES:
        click.echo(
            f"\nOnly the pages of the first {PAGES} articles are fetched here; the others are as the feed has them"
        )


def _words(article: ArticleDraft) -> str:
    return f"{article.words:,} · {reading_minutes(article.words)} min" if article.words else ""


def _picture(article: ArticleDraft) -> str:
    image = article.image
    if image is None:
        return ""
    return f"{image.width or '?'}×{image.height or '?'}" if image.width or image.height else "yes"


def _removed(reading: FeedReading) -> None:
    shown = [textwrap.shorten(text, _REMOVED, placeholder=" …") for text in reading.removed[:_MOST_REMOVED]]
    more = len(reading.removed) - len(shown)
    _list("Cleaned away, as no article's own", [*shown, *([f"and {more} more"] if more else [])])


def _list(heading: str, lines: Iterable[str]) -> None:
    found = list(lines)
    if found:
        _heading(heading)
    for line in found:
        first, *others = _wrapped(line) or [""]
        click.echo(f" - {first}")
        for other in others:
            click.echo(f"   {other}")


def _wrapped(text: str) -> list[str]:
    """In lines that fit the terminal; in a pipe, one."""
    if not sys.stdout.isatty():
        return [printable(text)]
    width = min(_WIDEST, shutil.get_terminal_size().columns) - 4
    return textwrap.wrap(cell(text), max(20, width))


def _heading(text: str, *, to_copy: bool = False) -> None:
    click.echo()
    click.echo(click.style(printable(text), bold=True) + (":" if to_copy else ""))
