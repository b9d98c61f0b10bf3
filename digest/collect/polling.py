"""Polls feeds: claims each, looks, decides what is new of it, and records it."""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain, zip_longest

from digest.collect.desk import Desk
from digest.collect.looking import Look, complete, look
from digest.collect.recording import Polled, Result
from digest.feeds import manners
from digest.feeds.reading import FeedReading, ReadFailed, WebPage
from digest.feeds.wire.fetched import Fetched, FetchFailed, NotModified
from digest.model import ArticleDraft, Feed, FeedState
from digest.store import articles, feeds
from digest.store.articles import Arrival

log = logging.getLogger("digest")

#: Of a first poll's articles without a date, so many count as new: the feed's first.
_UNDATED = 10
#: Polls under way for each host.
_TURNS = 4
#: Pages behind new articles that are fetched at one poll of a feed; further articles keep what the feed says.
_PAGES = 20


async def collect(
    desk: Desk, names: Sequence[str], *, at_once: bool = False, stop: asyncio.Event | None = None
) -> list[Polled]:
    """Polls `names` that are due, or all with `at_once`; those that another process polls are left out.

    Once `stop` is set, only the polls that have begun are finished.
    """
    await desk.database.run(feeds.ensure, {name: desk.feeds[name].url for name in names})
    polled: dict[str, Polled | None] = dict.fromkeys(names)
    waiting = _spread([desk.feeds[name] for name in polled])

    async def work() -> None:
        for feed in waiting:
            if stop and stop.is_set():
                return
            polled[feed.name] = await _poll(desk, feed, at_once=at_once)

    # A claim does not last for ever: no more are made than get their turn at their hosts.
    hosts = {desk.feeds[name].host for name in polled}
    await asyncio.gather(*(work() for _ in range(min(desk.at_a_time, len(polled), _TURNS * len(hosts)))))
    return [result for result in polled.values() if result]


async def _poll(desk: Desk, feed: Feed, *, at_once: bool) -> Polled | None:
    state = await desk.claims.do((feed.name, at_once))
    if state is None:
        return None
    try:
        result = await _result(desk, feed, state)
    except asyncio.CancelledError:
        await desk.database.run(feeds.release, feed.name)
        raise
    except Exception as error:  # the boundary: whatever goes wrong with one feed, the others go on
        log.exception("feed %s could not be polled", feed.name)
        result = _failed(desk, feed, replace(state, polled_at=desk.clock()), None, f"{type(error).__name__}: {error}")
    return await desk.results.do(result)


async def _result(desk: Desk, feed: Feed, state: FeedState) -> Result:
    """What there is of the feed now, and what is to be known of it from now on."""
    seen = await look(desk, feed, state)
    now = desk.clock()
    after = replace(state, polled_at=now)
    answer, reading = seen.answer, seen.reading
    if isinstance(answer, FetchFailed) or isinstance(reading, ReadFailed | WebPage):
        return _failed(desk, feed, after, seen, seen.error)
    if seen.address and state.newest_at is not None:
        # A page in the place of a feed may be a notice for an hour: its feed is taken as a permanent redirect is.
        after = manners.after_redirect(after, seen.address, now)
        if after.address != seen.address:
            return _failed(desk, feed, after, seen, f"it leads to a web page now, which names the feed {seen.address}")
    elif seen.address:
        after = replace(after, address=seen.address)
    after = replace(after, etag=answer.etag, last_modified=answer.last_modified, gone=False)
    after = manners.after_redirect(after, answer.permanent_url, now)
    remarks = _moved(state, after, found=bool(seen.address))
    if reading is None or isinstance(answer, NotModified):
        after = _succeeded(desk, feed, after, answer.fresh_for)
        unchanged = Polled(feed=feed.name, unchanged=True, address=after.address, remarks=remarks)
        return Result(state=after, before=state, polled=unchanged)
    # The past of a feed that was found now is not new, and what was read elsewhere is not missing from it.
    before = replace(state, newest_at=None, fingerprints=()) if seen.address else state
    arrivals = await _arrivals(desk, feed, before, reading)
    after = _informed(after, answer, reading, now)
    return Result(
        state=_succeeded(desk, feed, after, answer.fresh_for),
        before=before,
        polled=Polled(feed=feed.name, address=after.address, remarks=(*remarks, *reading.remarks)),
        source=feed.title or reading.title or feed.name,
        arrivals=tuple(arrivals),
        unchanged=reading.unchanged,
        oldest=None if seen.address else reading.oldest,
    )


def _failed(desk: Desk, feed: Feed, state: FeedState, seen: Look | None, error: str) -> Result:
    now, failures = desk.clock(), state.failures + 1
    refused = seen.answer if seen and isinstance(seen.answer, FetchFailed) else None
    again = manners.after_failure(
        feed,
        failures,
        now,
        answered=refused is None or refused.status > 0,
        retry_after=refused.retry_after if refused else None,
        jitter=desk.jitter(),
    )
    gone = refused is not None and refused.gone and not state.address
    after = replace(state, failures=failures, last_error=error, next_poll_at=again, gone=gone)
    # No answer, a busy server or one that fails says nothing about the address.
    is_wrong = refused is None or refused.status in {401, 403, 404, 410}
    after = manners.after_failed_move(after) if is_wrong else after
    return Result(state=after, before=state, polled=Polled(feed=feed.name, error=error))


def _succeeded(desk: Desk, feed: Feed, state: FeedState, fresh_for: timedelta) -> FeedState:
    now = desk.clock()
    again = manners.after_success(feed, state, now, fresh_for=fresh_for, jitter=desk.jitter())
    return replace(state, succeeded_at=now, failures=0, last_error="", next_poll_at=again)


def _informed(state: FeedState, answer: Fetched, reading: FeedReading, now: datetime) -> FeedState:
    """`state` with what was read."""
    past = [at for at in reading.dates if at <= now]
    # Without dates, a changed body is the only sign of life.
    newest = max(past) if past else now if reading.fingerprints else state.newest_at
    if reading.breaks_off:
        # What is missing of a first poll is its past as well.
        newest = newest if state.newest_at else None
        # Whoever says that he has it would not be told the rest.
        state = replace(state, etag="", last_modified="")
    return replace(
        state,
        title=reading.title,
        body_sha256="" if reading.breaks_off else answer.sha256,
        wishes=reading.wishes,
        remark="; ".join(reading.remarks),
        gap=manners.usual_gap(reading.dates, now),
        newest_at=newest,
        fingerprints=reading.fingerprints,
    )


def _moved(before: FeedState, after: FeedState, *, found: bool) -> tuple[str, ...]:
    """What to say of a feed that is read elsewhere from now on, or soon will be."""
    if found:
        return (f"it is a web page; its feed is {after.address}",)
    if after.address != before.address and after.address:
        return (f"it has moved for good to {after.address}",)
    if after.moving_to and after.moving_to != before.moving_to:
        return (f"it is permanently redirected to {after.moving_to}",)
    return ()


async def _arrivals(desk: Desk, feed: Feed, state: FeedState, reading: FeedReading) -> list[Arrival]:
    """In the order in which they are numbered; of a feed that never had an article, what is old is backlog."""
    drafts = list(reading.articles)
    old: set[int] = set()
    if state.newest_at is None:
        since = desk.clock() - desk.backfill
        # After a new address was configured, what came since the last poll of the old one is new as well.
        old = _old(drafts, min(since, state.succeeded_at or since))
    partial_ones: set[int] = set()
    if feed.full_text:
        recent = [draft for place, draft in enumerate(drafts) if place not in old and draft.url]
        missing = set((await desk.database.run(articles.unknown, recent))[:_PAGES])
        fetched = await asyncio.gather(*(complete(desk, feed, draft) for draft in missing))
        whole = _told_apart(dict(zip(missing, fetched, strict=True)))
        partial_ones = {place for place, draft in enumerate(drafts) if draft not in missing}
        drafts = [whole.get(draft, draft) for draft in drafts]
    return [
        Arrival(draft=draft, backlog=place in old, partial=place in partial_ones, fingerprints=marks)
        for place, (draft, marks) in enumerate(zip(drafts, reading.marks, strict=True))
    ]


def _told_apart(whole: Mapping[ArticleDraft, ArticleDraft]) -> dict[ArticleDraft, ArticleDraft]:
    """Drafts and what they became; where the pages of several claim to be the same one, each keeps its own address."""
    times = Counter(after.url for after in whole.values())
    return {
        before: after if times[after.url] == 1 else replace(after, url=before.url, keys=before.keys)
        for before, after in whole.items()
    }


def _old(drafts: Sequence[ArticleDraft], since: datetime) -> set[int]:
    """The places of those that count as old: dated before `since`, or without a date and not among the first."""
    undated = [place for place, draft in enumerate(drafts) if draft.published_at is None]
    dated = [place for place, draft in enumerate(drafts) if draft.published_at and draft.published_at < since]
    return {*dated, *undated[_UNDATED:]}


def _spread(feeds: Iterable[Feed]) -> Iterable[Feed]:
    """`feeds`, those of one host as far apart as they can be, so that few wait for each other."""
    hosts: dict[str, list[Feed]] = {}
    for feed in feeds:
        hosts.setdefault(feed.host, []).append(feed)
    return (feed for feed in chain.from_iterable(zip_longest(*hosts.values())) if feed)
