"""Due feeds become new articles.

    due feeds ─▶ claim ─▶ fetch ─▶ read ─▶ record
                        (conditional) (in a child process) (articles, keys and validators, one transaction)

What goes wrong with one feed is recorded with it and never stops the others. The validators are stored together with
the articles: an answer that could not be read is asked for again.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from anyio import CapacityLimiter

from digest.feeds import manners
from digest.feeds.fetch import Fetcher
from digest.feeds.fetched import Fetched, FetchFailed, NotModified
from digest.feeds.isolate import read_isolated
from digest.feeds.reading import FeedReading, ReadFailed, Source
from digest.model import ArticleDraft, Feed, FeedState
from digest.store import Connection, Database, articles, feeds
from digest.store.articles import Arrival, Recorded

#: A poll that has not ended by then has died with its process: another may take the feed.
_CLAIM = timedelta(minutes=10)
#: Of a first poll's articles without a date, so many count as new: the feed's first.
_UNDATED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """All that feeds are collected with."""

    database: Database
    fetcher: Fetcher
    feeds: Mapping[str, Feed]
    clock: Callable[[], datetime]
    #: Drawn evenly from -1 to 1.
    jitter: Callable[[], float]
    #: How many feeds are read at a time.
    readers: CapacityLimiter
    #: Of a feed's first poll, what was published within this is new; older articles are only known.
    backfill: timedelta = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """What one poll came to."""

    feed: str
    recorded: Recorded = field(default_factory=Recorded)
    #: The server said, or showed, that there is nothing new.
    unchanged: bool = False
    #: In plain words; empty: it succeeded.
    error: str = ""
    #: Where the feed has moved for good; empty: nowhere.
    moved_to: str = ""


async def collect(desk: Desk, names: Sequence[str], *, at_once: bool = False) -> list[Polled]:
    """Polls `names` that are due, or all with `at_once`; those that another process polls are left out."""
    await desk.database.run(feeds.ensure, names)
    polled = await asyncio.gather(*(_poll(desk, desk.feeds[name], at_once=at_once) for name in names))
    return [result for result in polled if result]


async def _poll(desk: Desk, feed: Feed, *, at_once: bool) -> Polled | None:
    state = await desk.database.run(feeds.claim, feed.name, desk.clock(), _CLAIM, at_once=at_once)
    if state is None:
        return None
    if state.url != feed.url:
        # Validators are of one address; at another they would ask for something else (RFC 9110 8.8).
        state = replace(state, url=feed.url, etag="", last_modified="", body_sha256="")
    answer = await desk.fetcher.fetch(feed, state)
    if isinstance(answer, Fetched):
        return await _read(desk, feed, state, answer)
    after = replace(state, polled_at=desk.clock())
    if isinstance(answer, FetchFailed):
        return await _failed(desk, feed, after, answer)
    return await _unchanged(desk, feed, after, answer)


async def _read(desk: Desk, feed: Feed, state: FeedState, answer: Fetched) -> Polled:
    source = Source(body=answer.body, content_type=answer.content_type, url=answer.final_url, feed_name=feed.name)
    reading = await read_isolated(source, desk.clock(), workers=desk.readers)
    after = replace(state, polled_at=desk.clock())
    if isinstance(reading, ReadFailed):
        return await _failed(desk, feed, after, FetchFailed(reason=reading.reason))
    now = desk.clock()
    after = _succeeded(
        desk,
        feed,
        replace(
            after,
            title=reading.title,
            etag=answer.etag,
            last_modified=answer.last_modified,
            body_sha256=answer.sha256,
        ),
        answer.fresh_for,
    )
    first = state.succeeded_at is None
    arrivals = _arrivals(reading.articles, now - desk.backfill if first else None)
    recorded = await desk.database.run(_store, feed, reading, arrivals, after)
    return Polled(feed=feed.name, recorded=recorded, moved_to=answer.permanent_url)


async def _unchanged(desk: Desk, feed: Feed, state: FeedState, answer: NotModified) -> Polled:
    after = replace(state, etag=answer.etag, last_modified=answer.last_modified)
    await desk.database.run(feeds.save, _succeeded(desk, feed, after, answer.fresh_for))
    return Polled(feed=feed.name, unchanged=True, moved_to=answer.permanent_url)


async def _failed(desk: Desk, feed: Feed, state: FeedState, answer: FetchFailed) -> Polled:
    failures, now = state.failures + 1, desk.clock()
    if answer.gone:
        again = manners.after_gone(now)
    else:
        again = manners.after_failure(feed.every, failures, now, retry_after=answer.retry_after, jitter=desk.jitter())
    after = replace(state, failures=failures, last_error=answer.reason, next_poll_at=again)
    await desk.database.run(feeds.save, after)
    return Polled(feed=feed.name, error=answer.reason)


def _succeeded(desk: Desk, feed: Feed, state: FeedState, fresh_for: timedelta) -> FeedState:
    now = desk.clock()
    again = manners.after_success(feed.every, now, fresh_for=fresh_for, jitter=desk.jitter())
    return replace(state, succeeded_at=now, failures=0, last_error="", next_poll_at=again)


def _arrivals(drafts: Sequence[ArticleDraft], new_since: datetime | None) -> list[Arrival]:
    """In the order in which they are numbered; of a first poll, what is older than `new_since` is backlog."""
    undated = [draft for draft in drafts if draft.published_at is None][:_UNDATED]
    return [
        Arrival(draft=draft, backlog=new_since is not None and not _is_new(draft, new_since, undated))
        for draft in drafts
    ]


def _is_new(draft: ArticleDraft, since: datetime, undated: Sequence[ArticleDraft]) -> bool:
    return draft in undated if draft.published_at is None else draft.published_at >= since


def _store(
    connection: Connection, feed: Feed, reading: FeedReading, arrivals: Sequence[Arrival], state: FeedState
) -> Recorded:
    source = feed.title or reading.title or feed.name
    moment = state.polled_at or state.succeeded_at
    if moment is None:
        raise AssertionError("a poll has a time")
    recorded = articles.record(connection, feed.name, source, arrivals, moment)
    feeds.save(connection, state)
    return recorded
