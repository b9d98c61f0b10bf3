"""What the store says of an edition that is to be made: its readers, its articles, its feeds, the operator's wishes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from digest.editions.due import coming_slot
from digest.editions.render import Unreached
from digest.model import NOTHING, Article, Correction, Edition, Feed, FeedState, Newsletter, Rhythm, Slot
from digest.publish.press import Press
from digest.store import Connection, articles, corrections, editions, feeds, letters, plans, readership
from digest.store.plans import Plan
from digest.store.readership import Audience, ViewKey

#: A feed that nobody has reached for so long is a matter for the operator, no longer for readers.
_LOST = timedelta(days=7)
#: Nothing arrived as early as this.
_NOTHING = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What all letters of an edition are made of."""

    number: int
    upto: int
    #: What is young enough, by number.
    articles: tuple[Article, ...]
    plan: Plan
    #: When each of its readers will have had another letter; None: that is not known.
    next_at: datetime | None
    unreached: tuple[Unreached, ...]
    #: How many fresh articles the last editions had.
    usual: tuple[int, ...]
    #: As `editions.judge.Terms` has it.
    stood: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    #: Of the newsletter's other editions, the last few hundred.
    subjects: frozenset[str] = frozenset()
    #: Of the newsletter, by id.
    corrections: Mapping[int, Correction] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """The material, and for whom."""

    audience: Audience
    material: Material
    #: View keys, and how many readers have each.
    keys: Mapping[str, int]
    #: By the letter that has left them over: numbers of articles.
    owed: Mapping[int, tuple[int, ...]]


def survey(connection: Connection, press: Press, newsletter: Newsletter, slot: Slot, audience: Audience) -> Survey:
    """All in one snapshot."""
    found = material(connection, press, newsletter, slot, audience)
    # What was chosen before the first of its articles makes no difference to any of them.
    floor = found.articles[0].number if found.articles else found.upto + 1
    audience = replace(audience, floor=floor)
    keys = readership.view_keys(connection, audience) if audience.rhythms else {}
    return Survey(
        audience=audience, material=found, keys=keys, owed=owed_to(connection, [ViewKey.read(key) for key in keys])
    )


def material(connection: Connection, press: Press, newsletter: Newsletter, slot: Slot, audience: Audience) -> Material:
    """What an edition for the audience is made of, which may still be to come."""
    number = editions.next_number(connection, newsletter.name, slot.local.isoformat())
    upto = articles.last_number(connection)
    coming = [coming_slot(newsletter, press.site, rhythm, slot.at) for rhythm in audience.rhythms or [Rhythm()]]
    arrived = articles.between(connection, _NOTHING, upto, slot.at - newsletter.max_age)
    found = corrections.marked(connection, arrived)
    orphans = [each.number for each in found if not press.feeds.keys() >= set(each.feeds)]
    return Material(
        number=number,
        upto=upto,
        articles=found,
        plan=plans.find(connection, newsletter.name, number),
        next_at=max(each.at for each in coming if each) if all(coming) else None,
        unreached=_unreached(connection, press, newsletter, min(slot.at, audience.now)),
        usual=editions.usual(connection, newsletter.name),
        stood=editions.places(connection, newsletter.name, orphans),
        subjects=letters.subjects(connection, newsletter.name, number),
        corrections=corrections.of_newsletter(connection, newsletter.name),
    )


def owed_to(connection: Connection, keys: Iterable[ViewKey]) -> dict[int, tuple[int, ...]]:
    """What the letters of before have left over for readers of these views."""
    served = [part for key in keys for part in (key.served, key.pending) if part]
    return letters.carried(connection, {part.owed for part in served if part.owed})


def waited_for(connection: Connection, press: Press, newsletter: Newsletter, slot: Slot) -> tuple[str, ...]:
    """The newsletter's feeds that were to be polled by the slot and have not been yet."""
    return tuple(feed.name for feed, state in _sources(connection, press, newsletter) if _is_due(state, slot.at))


def _sources(connection: Connection, press: Press, newsletter: Newsletter) -> list[tuple[Feed, FeedState]]:
    """The feeds that may have something for the newsletter, with what is known of them.

    Where any of its categories takes articles in by what they say, these are all.
    """
    names = {category.name for category in newsletter.categories}
    takes_any = any(category.rest or category.match != NOTHING for category in newsletter.categories)
    chosen = [feed for feed in press.feeds.values() if takes_any or not feed.categories or names & set(feed.categories)]
    known = feeds.states(connection, [feed.name for feed in chosen])
    return [(feed, known[feed.name]) for feed in chosen if feed.name in known]


def _unreached(connection: Connection, press: Press, newsletter: Newsletter, at: datetime) -> tuple[Unreached, ...]:
    return tuple(
        Unreached(title=feed.title or state.title or feed.name, categories=feed.categories)
        for feed, state in _sources(connection, press, newsletter)
        if _is_missed(feed, state, at)
    )


def unreached_then(connection: Connection, press: Press, edition: Edition) -> tuple[Unreached, ...]:
    """The feeds that an edition had to go without, as far as they are still configured."""
    if not edition.unreached:
        return ()
    known = feeds.states(connection, list(press.feeds))
    titles = {name: feed.title or known[name].title or name for name, feed in press.feeds.items() if name in known}
    return tuple(
        Unreached(title=title, categories=press.feeds[name].categories)
        for name, title in titles.items()
        if title in edition.unreached
    )


def _is_due(state: FeedState, at: datetime) -> bool:
    return not state.gone and (state.next_poll_at is None or state.next_poll_at <= at)


def _is_missed(feed: Feed, state: FeedState, at: datetime) -> bool:
    """Its last poll failed, or is longer ago than polls ever are; but somebody reached it in the last days."""
    if state.gone or state.succeeded_at is None or at - state.succeeded_at > _LOST:
        return False
    usual = max(feed.every, feed.max_every)
    return state.failures > 0 or (_is_due(state, at) and at - state.succeeded_at > usual)
