"""One poll's articles, compared with those that are stored, and written."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select, update

from digest.model import Article, ArticleDraft
from digest.store import fence
from digest.store.article_rows import Carrier, carriers_of, columns_of, known_names, numbered
from digest.store.schema import article_feeds, article_keys, articles
from digest.store.upsert import insert_all_missing

#: Names of one article that are kept.
_NAMES = 50

#: Whether a draft is the stored article that some of its names, these, belong to.
IsSame = Callable[[ArticleDraft, Collection[str], Article], bool]
#: Of one poll's new articles that are not backlog, the places of those that are held.
Floods = Callable[[Sequence[ArticleDraft]], Collection[int]]


def any_name(draft: ArticleDraft, names: Collection[str], known: Article) -> bool:  # noqa: ARG001 - as IsSame has it
    """One name is enough."""
    return True


def no_flood(new: Sequence[ArticleDraft]) -> Collection[int]:  # noqa: ARG001 - as Floods has it
    """Nothing is held."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """On which one poll's articles are taken in."""

    is_same: IsSame = any_name
    floods: Floods = no_flood
    #: Fingerprints of all items that the feed has now.
    items: frozenset[str] = frozenset()


#: Any name will do, and nothing is suspicious.
ANYTHING_GOES = Terms()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What became of one poll's articles."""

    new: int = 0
    #: Came with the first poll of the feed and were old already: known now, never told.
    backlog: int = 0
    #: New, and suspiciously many at once: not told until the operator says so.
    held: int = 0
    updated: int = 0
    known: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A draft as it arrives."""

    draft: ArticleDraft
    backlog: bool = False
    #: The draft has not all that is stored of the article (it was completed from its page): text and picture stay.
    partial: bool = False
    #: Of the items that it was made of; empty: unknown.
    fingerprints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """Whose articles these are."""

    feed: str
    source: str
    at: datetime


class Arriving:
    """One poll's articles on their way into the store."""

    def __init__(self, connection: Connection, poll: Poll, terms: Terms) -> None:
        self._connection, self._poll, self._terms = connection, poll, terms
        #: The number of the last arrival.
        self.last = 0
        self._told_until = fence.told_until(connection)
        self._new: dict[int, dict[str, Any]] = {}
        self._drafts: dict[int, ArticleDraft] = {}
        self._changed: dict[int, dict[str, Any]] = {}
        self._keys: dict[str, int] = {}
        self._carriers: dict[int, tuple[Carrier, ...]] = {}
        self._stored: dict[int, Article] = {}
        self._fresh_keys: dict[str, int] = {}
        self._taken_keys: dict[str, int] = {}
        #: How the feed carries what the poll had, in the order of the poll.
        self._met: dict[int, Carrier] = {}

    def look_up(self, arrivals: Iterable[Arrival]) -> None:
        """Finds what is stored under the names of `arrivals`."""
        self._keys = known_names(self._connection, [arrival.draft for arrival in arrivals])
        self._carriers = carriers_of(self._connection, sorted(set(self._keys.values())))
        self._stored = numbered(self._connection, self._carriers)

    def needs_number(self, arrival: Arrival) -> bool:
        """Whether `arrival` gets a number of its own."""
        number = self._number(arrival)
        return number is None or self._comes_anew(number, arrival)

    def take(self, arrival: Arrival) -> None:
        """Decides what becomes of one arrival."""
        number = self._number(arrival)
        is_new = number is None
        if number is None:
            number = self._add(arrival)
        elif number not in self._new:
            self._refresh(number, arrival)
        self._carry(number, arrival)
        for key in arrival.draft.keys:
            if key not in self._keys:
                self._fresh_keys[key] = number
            elif is_new:
                self._taken_keys[key] = number
            else:
                continue
            self._keys[key] = number

    def write(self) -> None:
        """All that was decided."""
        self._hold()
        if self._new:
            self._connection.execute(insert(articles), list(self._new.values()))
        self._write_changes()
        self._write_keys()
        self._write_carriers()

    def recorded(self, total: int) -> Recorded:
        """What became of the `total` of arrivals."""
        new, updated = len(self._new), len(self._changed)
        backlog = sum(row["backlog"] for row in self._new.values())
        held = sum(row["held"] for row in self._new.values())
        return Recorded(
            new=new - backlog - held, backlog=backlog, held=held, updated=updated, known=total - new - updated
        )

    def _number(self, arrival: Arrival) -> int | None:
        """The number of the stored article that `arrival` is; None: it is new.

        What another feed brought as old is news where this one brings it as such: nobody has been told.
        """
        draft = arrival.draft
        asked: set[int] = set()
        for key in draft.keys:
            number = self._keys.get(key)
            if number is None or number in asked:
                continue
            asked.add(number)
            known = self._stored[number]
            if known.backlog and not arrival.backlog and self._poll.feed not in known.feeds:
                continue
            names = [name for name in draft.keys if self._keys.get(name) == number]
            if self._terms.is_same(draft, names, known):
                return number
        return None

    def _comes_anew(self, number: int, arrival: Arrival) -> bool:
        """Whether the stored article arrives once more: the feed begins to carry it, and not as one of its past."""
        return self._poll.feed not in self._stored[number].feeds and not arrival.backlog

    def _add(self, arrival: Arrival) -> int:
        number = self.last = self.last + 1
        draft, source = arrival.draft, self._poll.source
        values = columns_of(source, draft)
        own = {"number": number, "arrived_at": self._poll.at, "backlog": arrival.backlog or self._was_told(draft)}
        self._new[number] = {**values, **own, "held": False}
        self._drafts[number] = draft
        told = values | own | {"image": draft.image, "tags": draft.tags}
        self._stored[number] = Article(**told, feeds=())
        self._carriers[number] = ()
        return number

    def _was_told(self, draft: ArticleDraft) -> bool:
        """By an edition that this store knows nothing of, because it was restored since."""
        return bool(self._told_until and draft.published_at and draft.published_at <= self._told_until)

    def _refresh(self, number: int, arrival: Arrival) -> None:
        """Takes over what the publisher has changed; another feed's wording of the same article changes nothing."""
        stored = self._stored[number]
        draft = arrival.draft
        if arrival.partial:
            draft = replace(
                draft,
                url=stored.url,
                excerpt=stored.excerpt,
                image=stored.image,
                words=stored.words,
                language=stored.language,
                author=draft.author or stored.author,
                published_at=draft.published_at or stored.published_at,
            )
        values = columns_of(self._poll.source, draft)
        # Any feed may call itself what this one is called.
        is_own = stored.feeds[:1] == (self._poll.feed,) and stored.source == self._poll.source
        if is_own and columns_of(stored.source, stored) != values:
            self._changed[number] = values | {"changed_at": self._poll.at}

    def _carry(self, number: int, arrival: Arrival) -> None:
        """Notes that the feed carries the article, by the items that it was made of beside those that are still there.

        A feed may have several items of one article; all of them have to go before it is missed.
        """
        met = self._met.get(number)
        if met is None:
            was = self._own(number)
            kept = was.fingerprints & self._terms.items if was else frozenset[str]()
            met = Carrier(self._poll.feed, self._arrival_number(number, arrival, was), kept, 0)
        self._met[number] = met._replace(fingerprints=met.fingerprints.union(arrival.fingerprints))

    def _own(self, number: int) -> Carrier | None:
        return next((carrier for carrier in self._carriers[number] if carrier.feed == self._poll.feed), None)

    def _arrival_number(self, number: int, arrival: Arrival, was: Carrier | None) -> int:
        if number in self._new or not self._comes_anew(number, arrival):
            return was.arrival if was else number
        self.last += 1
        return self.last

    def _hold(self) -> None:
        told = [number for number, row in self._new.items() if not row["backlog"]]
        for place in self._terms.floods([self._drafts[number] for number in told]):
            self._new[told[place]]["held"] = True

    def _write_changes(self) -> None:
        if self._changed:
            columns = next(iter(self._changed.values()))
            changed = (
                update(articles)
                .where(articles.c.number == bindparam("of"))
                .values({column: bindparam(column) for column in columns})
            )
            self._connection.execute(changed, [{**values, "of": number} for number, values in self._changed.items()])

    def _write_keys(self) -> None:
        full = self._with_many_names()
        fresh = [{"key": key, "article": number} for key, number in self._fresh_keys.items() if number not in full]
        insert_all_missing(self._connection, article_keys, fresh)
        for key, number in self._taken_keys.items():
            self._connection.execute(update(article_keys).where(article_keys.c.key == key).values(article=number))

    def _with_many_names(self) -> set[int]:
        """Those that have so many names that they get no more: a feed may date its items anew at every poll."""
        renamed = sorted(set(self._fresh_keys.values()) - self._new.keys())
        named = (
            select(article_keys.c.article)
            .where(article_keys.c.article.in_(renamed))
            .group_by(article_keys.c.article)
            .having(func.count() >= _NAMES)
        )
        return set(self._connection.scalars(named)) if renamed else set()

    def _write_carriers(self) -> None:
        """How the feed carries what it had."""
        own = {number: self._own(number) for number in self._met}
        rows = [
            {"article": number, "place": len(self._carriers[number]), **_columns(met)}
            for number, met in self._met.items()
            if own[number] is None
        ]
        insert_all_missing(self._connection, article_feeds, rows)
        changed = [
            {f"of_{column}": value for column, value in {"article": number, **_columns(met)}.items()}
            for number, met in self._met.items()
            if own[number] not in (None, met)
        ]
        if changed:
            c = article_feeds.c
            carried = update(article_feeds).where(c.article == bindparam("of_article"), c.feed == bindparam("of_feed"))
            new: dict[str, Any] = {name: bindparam(f"of_{name}") for name in ("arrival", "fingerprint", "missed")}
            self._connection.execute(carried.values(new), changed)


def _columns(carrier: Carrier) -> dict[str, Any]:
    return {
        "feed": carrier.feed,
        "arrival": carrier.arrival,
        "fingerprint": " ".join(sorted(carrier.fingerprints)),
        "missed": carrier.missed,
    }
