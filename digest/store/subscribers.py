"""Subscribers and their subscriptions: who asked, who confirmed, who has left, and how far each has been served."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from digest.model import (
    NO_EVIDENCE,
    Evidence,
    Format,
    Frequency,
    Rhythm,
    Subscriber,
    Subscription,
    SubscriptionState,
    address_key,
)
from digest.store import locks
from digest.store.columns import is_open
from digest.store.schema import consents, deliveries, editions, subscribers, subscriptions
from digest.store.upsert import insert_missing

#: What separates names where several are kept in one text.
_RESERVED = frozenset(",|")
#: The columns of `Subscriber`.
_PERSON = [column for column in subscribers.c if column.name != "key"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What a reader may choose for one newsletter; as `Subscription` has it."""

    categories: tuple[str, ...] = ()
    frequency: Frequency = Frequency.EVERY
    timezone: str = ""
    send_at: time | None = None
    paused_until: datetime | None = None
    format: Format = Format.HTML

    @property
    def rhythm(self) -> Rhythm:
        return Rhythm(self.timezone, self.send_at, self.frequency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A subscription with whose it is."""

    subscriber: Subscriber
    subscription: Subscription


def add(connection: Connection, address: str, now: datetime, *, name: str = "", language: str = "") -> Subscriber:
    """The subscriber of `address`, made where there is none; a name or language given replaces the known one.

    Raises ValueError for what is no language.
    """
    if set(language) & _RESERVED:
        raise ValueError(f"not a language: {language!r}")
    insert_missing(connection, subscribers, {"address": address, "key": address_key(address), "created_at": now})
    changes = {key: value for key, value in (("name", name), ("language", language)) if value}
    if changes:
        connection.execute(update(subscribers).where(subscribers.c.key == address_key(address)).values(**changes))
    row = connection.execute(select(*_PERSON).where(subscribers.c.key == address_key(address))).one()
    return Subscriber(**row._asdict())


def subscribe(
    connection: Connection, subscriber: int, newsletter: str, choices: Choices, mark: int, now: datetime
) -> Subscription:
    """A pending subscription with these choices; an active one keeps its state and mark and takes the choices over.

    One who has left and asks again is pending again, and is served from `mark` on.
    """
    locks.to_choose(connection, newsletter)
    row = {"subscriber": subscriber, "newsletter": newsletter, "mark": mark, "began": mark, **columns(choices)}
    # Whoever presses the button twice asks twice at once.
    insert_missing(connection, subscriptions, {**row, "state": SubscriptionState.PENDING.value})
    found = of(connection, subscriber, newsletter)
    if found is None:
        raise AssertionError("it is there or has just been written")
    values = _chosen(connection, found, choices, now)
    if found.state is SubscriptionState.LEFT:
        start = max(mark, found.mark)
        values |= {"state": SubscriptionState.PENDING.value, "mark": start, "began": start, "owed": None}
    connection.execute(update(subscriptions).where(subscriptions.c.id == found.id).values(**values))
    subscribed = of(connection, subscriber, newsletter)
    if subscribed is None:
        raise AssertionError("it has just been written")
    return subscribed


def record(
    connection: Connection, subscription: int, act: str, now: datetime, via: str, evidence: Evidence = NO_EVIDENCE
) -> None:
    """Writes down what a person agreed to or took back; `via`: how."""
    row = {"subscription": subscription, "at": now, "act": act, "via": via, **columns_of(evidence)}
    connection.execute(insert(consents).values(row))


def confirm(
    connection: Connection, subscription: int, now: datetime, via: str, evidence: Evidence = NO_EVIDENCE
) -> bool:
    """pending -> active. False where it was active already or has left since: a request is good for one consent."""
    moved = _move(connection, subscription, SubscriptionState.PENDING, SubscriptionState.ACTIVE, now)
    if moved:
        record(connection, subscription, SubscriptionState.ACTIVE, now, via, evidence)
    return moved


def leave(connection: Connection, subscription: int, now: datetime, via: str, evidence: Evidence = NO_EVIDENCE) -> bool:
    """Any state -> left. False where it has left already."""
    moved = any(
        _move(connection, subscription, before, SubscriptionState.LEFT, now)
        for before in (SubscriptionState.PENDING, SubscriptionState.ACTIVE)
    )
    if moved:
        record(connection, subscription, SubscriptionState.LEFT, now, via, evidence)
    return moved


def come_back(
    connection: Connection, subscription: int, now: datetime, via: str, evidence: Evidence = NO_EVIDENCE
) -> bool:
    """left -> active, by the person's own act."""
    moved = _move(connection, subscription, SubscriptionState.LEFT, SubscriptionState.ACTIVE, now)
    if moved:
        record(connection, subscription, SubscriptionState.ACTIVE, now, via, evidence)
    return moved


def say_why(connection: Connection, subscription: int, words: str) -> None:
    """Keeps what somebody said on leaving."""
    connection.execute(update(subscriptions).where(subscriptions.c.id == subscription).values(left_reason=words))


def speak(connection: Connection, subscriber: int, language: str) -> None:
    """The person reads `language` (BCP 47) from now on."""
    connection.execute(update(subscribers).where(subscribers.c.id == subscriber).values(language=language))


def choose(connection: Connection, subscription: int, choices: Choices, now: datetime) -> None:
    """Replaces what the reader has chosen."""
    _before_an_edition(connection, subscription)
    own = subscriptions.c.id == subscription
    row = connection.execute(select(subscriptions).where(own)).one_or_none()
    if row:
        values = _chosen(connection, _subscription(row), choices, now)
        connection.execute(update(subscriptions).where(own).values(**values))


def of(connection: Connection, subscriber: int, newsletter: str) -> Subscription | None:
    """This subscriber's subscription to `newsletter`, in whatever state."""
    row = connection.execute(
        select(subscriptions).where(subscriptions.c.subscriber == subscriber, subscriptions.c.newsletter == newsletter),
    ).one_or_none()
    return _subscription(row) if row else None


def reader(connection: Connection, subscription: int) -> Reader | None:
    """The subscription of this number and whose it is."""
    row = connection.execute(_readers().where(subscriptions.c.id == subscription)).one_or_none()
    return _reader(row) if row else None


def by_address(connection: Connection, address: str) -> list[Reader]:
    """All subscriptions of an address, by newsletter."""
    rows = connection.execute(
        _readers().where(subscribers.c.key == address_key(address)).order_by(subscriptions.c.newsletter),
    )
    return [_reader(row) for row in rows]


def everyone(connection: Connection, newsletter: str = "") -> Iterator[Reader]:
    """By address, streamed; all newsletters where none is named."""
    chosen = _readers().order_by(subscribers.c.address, subscriptions.c.newsletter)
    if newsletter:
        chosen = chosen.where(subscriptions.c.newsletter == newsletter)
    for row in connection.execution_options(yield_per=1000).execute(chosen):
        yield _reader(row)


def counts(connection: Connection) -> dict[tuple[str, SubscriptionState], int]:
    """How many subscriptions each newsletter has in each state."""
    rows = connection.execute(
        select(subscriptions.c.newsletter, subscriptions.c.state, func.count().label("n")).group_by(
            subscriptions.c.newsletter, subscriptions.c.state
        ),
    )
    return {(row.newsletter, SubscriptionState(row.state)): row.n for row in rows}


#: Whom we still know: an address that was erased has none of these.
_KNOWN = subscribers.c.address.contains("@")


def _move(
    connection: Connection,
    subscription: int,
    before: SubscriptionState,
    after: SubscriptionState,
    now: datetime,
) -> bool:
    values: dict[str, Any] = {"state": after.value}
    if after is SubscriptionState.ACTIVE:
        _before_an_edition(connection, subscription)
        values["since"] = now
    moved = connection.execute(
        update(subscriptions)
        .where(
            subscriptions.c.id == subscription,
            subscriptions.c.state == before.value,
            subscriptions.c.subscriber.in_(select(subscribers.c.id).where(_KNOWN)),
        )
        .values(**values),
    ).rowcount
    return bool(moved)


def _before_an_edition(connection: Connection, subscription: int) -> None:
    """Or after it, but not while one is being frozen."""
    newsletter = connection.scalar(select(subscriptions.c.newsletter).where(subscriptions.c.id == subscription))
    if newsletter is not None:
        locks.to_choose(connection, newsletter)


def _chosen(connection: Connection, found: Subscription, choices: Choices, now: datetime) -> dict[str, Any]:
    """The columns that change with a choice, and from when on it counts.

    What the letters under way hold was chosen before. A slot that came before the rhythm was chosen is none of its own.
    """
    values = columns(choices)
    if choices.categories != found.categories:
        d = deliveries.c
        under_way = select(func.max(editions.c.upto)).join_from(deliveries, editions, editions.c.id == d.edition)
        open_ones = is_open(d.state)
        upto = connection.scalar(under_way.where(d.subscription == found.id, open_ones))
        values["began"] = max(found.mark, upto or 0)
    if choices.rhythm != found.rhythm:
        values["rhythm_since"] = now
    return values


def columns_of(evidence: Evidence) -> dict[str, str]:
    """As the table of consents has them."""
    return {"origin": evidence.origin, "form": evidence.form, "wording": evidence.wording}


def columns(choices: Choices) -> dict[str, Any]:
    """As the table has them. Raises ValueError for names that would not be read back as they were written."""
    for name in (*choices.categories, choices.timezone):
        if set(name) & _RESERVED:
            raise ValueError(f"not a name that can be kept: {name!r}")
    return {
        "categories": ",".join(choices.categories),
        "frequency": choices.frequency.value,
        "timezone": choices.timezone,
        "send_at": choices.send_at.strftime("%H:%M") if choices.send_at else "",
        "paused_until": choices.paused_until,
        "format": choices.format.value,
    }


def _readers() -> Select[Any]:
    chosen = select(*(column.label(f"r_{column.name}") for column in _PERSON), *subscriptions.c)
    return chosen.join_from(subscriptions, subscribers, subscribers.c.id == subscriptions.c.subscriber).where(_KNOWN)


def _reader(row: Row[Any]) -> Reader:
    values = row._asdict()
    own = {key.removeprefix("r_"): value for key, value in values.items() if key.startswith("r_")}
    return Reader(subscriber=Subscriber(**own), subscription=_subscription(row))


def _subscription(row: Row[Any]) -> Subscription:
    return Subscription(
        id=row.id,
        subscriber=row.subscriber,
        newsletter=row.newsletter,
        state=SubscriptionState(row.state),
        mark=row.mark,
        categories=tuple(row.categories.split(",")) if row.categories else (),
        frequency=Frequency(row.frequency),
        timezone=row.timezone,
        send_at=time.fromisoformat(row.send_at) if row.send_at else None,
        paused_until=row.paused_until,
        format=Format(row.format),
        since=row.since,
    )
