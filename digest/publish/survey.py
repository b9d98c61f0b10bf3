"""What the store says of an edition that is to be made: its readers, its articles, its feeds, the operator's wishes."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from digest.editions.due import coming_slot
from digest.editions.render import Unreached
from digest.model import Article, Feed, FeedState, Newsletter, Rhythm, Slot
from digest.publish.press import Press
from digest.store import Connection, articles, editions, feeds, letters, plans, readership
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
    found = material(connection, press, newsletter, slot, audience.rhythms)
    # What was chosen before the first of its articles makes no difference to any of them.
    floor = found.articles[0].number if found.articles else found.upto + 1
    audience = replace(audience, floor=floor)
    keys = readership.view_keys(connection, audience) if audience.rhythms else {}
    return Survey(
        audience=audience, material=found, keys=keys, owed=owed_to(connection, [ViewKey.read(key) for key in keys])
    )


def material(
    connection: Connection, press: Press, newsletter: Newsletter, slot: Slot, rhythms: Collection[Rhythm]
) -> Material:
    """What an edition for readers of these rhythms is made of."""
    number = editions.next_number(connection, newsletter.name, slot.local.isoformat())
    upto = articles.last_number(connection)
    coming = [coming_slot(newsletter, press.site, rhythm, slot.at) for rhythm in rhythms or [Rhythm()]]
    return Material(
        number=number,
        upto=upto,
        articles=articles.between(connection, _NOTHING, upto, slot.at - newsletter.max_age),
        plan=plans.find(connection, newsletter.name, number),
        next_at=max(each.at for each in coming if each) if all(coming) else None,
        unreached=_unreached(connection, press, newsletter, slot),
        usual=editions.usual(connection, newsletter.name),
    )


def owed_to(connection: Connection, keys: Iterable[ViewKey]) -> dict[int, tuple[int, ...]]:
    """What the letters of before have left over for readers of these views."""
    served = [part for key in keys for part in (key.served, key.pending) if part]
    return letters.carried(connection, {part.owed for part in served if part.owed})


def waited_for(connection: Connection, press: Press, newsletter: Newsletter, slot: Slot) -> tuple[str, ...]:
    """The newsletter's feeds that were to be polled by the slot and have not been yet."""
    return tuple(feed.name for feed, state in _sources(connection, press, newsletter) if _is_due(state, slot))


def _sources(connection: Connection, press: Press, newsletter: Newsletter) -> list[tuple[Feed, FeedState]]:
    """The feeds that may have something for the newsletter, with what is known of them."""
    names = {category.name for category in newsletter.categories}
    chosen = [feed for feed in press.feeds.values() if not feed.categories or names & set(feed.categories)]
    known = feeds.states(connection, [feed.name for feed in chosen])
    return [(feed, known[feed.name]) for feed in chosen if feed.name in known]


def _unreached(connection: Connection, press: Press, newsletter: Newsletter, slot: Slot) -> tuple[Unreached, ...]:
    return tuple(
        Unreached(title=feed.title or state.title or feed.name, categories=feed.categories)
        for feed, state in _sources(connection, press, newsletter)
        if _is_missed(feed, state, slot)
    )


def _is_due(state: FeedState, slot: Slot) -> bool:
    return not state.gone and (state.next_poll_at is None or state.next_poll_at <= slot.at)


def _is_missed(feed: Feed, state: FeedState, slot: Slot) -> bool:
    """Its last poll failed, or is longer ago than polls ever are; but somebody reached it in the last days."""
    if state.gone or state.succeeded_at is None or slot.at - state.succeeded_at > _LOST:
        return False
    usual = max(feed.every, feed.max_every)
    return state.failures > 0 or (_is_due(state, slot) and slot.at - state.succeeded_at > usual)
