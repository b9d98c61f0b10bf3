"""`digest subscribers`: one reader at a time; lists of them are in `readers_lists`."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from digest.cli import doors, readers_lists
from digest.cli.base import Group, complain, json_option, printable
from digest.cli.show import Table, details, show_json
from digest.errors import DigestError, UnknownName, UsageError
from digest.model import Format, Frequency, Newsletter, Subscriber, SubscriptionState, Suppression, SuppressionReason

if TYPE_CHECKING:
    from datetime import datetime

    from digest.app.house import House
    from digest.store import Connection
    from digest.store.overview import Consent
    from digest.store.subscribers import Choices, Reader

#: Who agreed or left, as the record of consent has it.
_OPERATOR = "operator"
_LIST = ("address", "name", "newsletter", "state", "categories", "timezone", "hour", "frequency", "format", "since")
#: What `enrol` made of it, in words.
_SAID = {"asked": "asked by mail to confirm", "subscribed": "subscribed", "known": "was subscribed already"}


@dataclass(frozen=True, slots=True)
class _Wish:
    """The options of `add`."""

    categories: str
    timezone: str
    language: str
    name: str
    hour: str
    weekly: bool
    format: str
    confirmed: bool

    def cells(self) -> dict[str, str]:
        """As a line of a list has them."""
        frequency = Frequency.WEEKLY.value if self.weekly else ""
        return {
            "categories": self.categories,
            "timezone": self.timezone,
            "hour": self.hour,
            "frequency": frequency,
            "format": self.format,
        }


@click.group(cls=Group)
def subscribers() -> None:
    """Add, show, import, export and remove readers."""


subscribers.add_command(readers_lists.import_)
subscribers.add_command(readers_lists.export)


@subscribers.command()
@click.argument("addresses", metavar="ADDRESS...", nargs=-1, required=True)
@click.option("--newsletter", required=True, metavar="NAME")
@click.option("--categories", default="", metavar="A,B", help="Default: all.")
@click.option("--timezone", default="", metavar="ZONE", help="As in Europe/London; default: the site's.")
@click.option("--language", default="", metavar="TAG", help="As in en or pt-BR; default: the site's.")
@click.option("--name", default="", help="The person's; for one address only.")
@click.option("--hour", default="", metavar="HH:MM", help="Their own, where the newsletter goes by readers' clocks.")
@click.option("--weekly", is_flag=True, help="Only the first edition of each week.")
@click.option(
    "--format",
    type=click.Choice([it.value for it in Format]),
    default=Format.HTML.value,
    show_default=True,
    help="What they are sent; text: plain text alone.",
)
@click.option("--confirmed", is_flag=True, help="They have asked for it: without this they are asked by mail first.")
@click.pass_context
def add(context: click.Context, /, addresses: tuple[str, ...], newsletter: str, **options: Any) -> None:
    """Subscribe each ADDRESS to a newsletter.

    With --confirmed at once, on your word that the person asked for it; else they get a mail to confirm. Who has left
    can only come back by confirming, and an address that is suppressed stays so.
    """
    from digest.cli import roster

    wish = _Wish(**options)
    if wish.name and len(addresses) > 1:
        raise UsageError("--name is for one address at a time")
    with doors.house(prepare=True) as house:
        chosen = house.newsletter(newsletter)
        choices = roster.choices(wish.cells(), chosen)
        roster.person(wish.name), roster.language(wish.language)
        done = [_enrolled(house, chosen, address, choices, wish) for address in addresses]
    context.exit(0 if all(done) else 1)


def _enrolled(house: House, newsletter: Newsletter, address: str, choices: Choices, wish: _Wish) -> bool:
    """Whether it went as it should; says so."""
    from digest.app.enrol import Via, enrol
    from digest.store import subscribers as store

    try:
        enrolled = asyncio.run(enrol(house, address, newsletter, choices, confirmed=wish.confirmed, via=Via(_OPERATOR)))
    except DigestError as error:
        complain(error)
        return False
    house.database.call(store.add, enrolled.address, house.clock(), name=wish.name, language=wish.language)
    trouble = f", but the mail to confirm did not go out: {enrolled.trouble}" if enrolled.trouble else ""
    click.echo(printable(f"{enrolled.address}: {_SAID[enrolled.result]} ({enrolled.newsletter}){trouble}"))
    return not enrolled.trouble


@subscribers.command("list")
@click.option("--newsletter", metavar="NAME", help="Only this one's.")
@click.option("--state", type=click.Choice([it.value for it in SubscriptionState]), help="Only those.")
@click.option("--limit", type=click.IntRange(0), default=1000, show_default=True, help="0: all.")
@json_option
def list_(newsletter: str | None, state: str | None, limit: int, *, as_json: bool) -> None:
    """Readers by address."""
    with doors.house(read_only=True) as house:
        name = house.newsletter(newsletter).name if newsletter else ""
        found = house.database.call(_readers, name, state, limit + 1 if limit else None)
        zone = house.zone
    rows = [_row(reader) for reader in (found[:limit] if limit else found)]
    Table(_LIST, empty="there is no such reader", zone=zone).show(rows, as_json=as_json)
    if len(found) > len(rows):
        click.echo(f"only the first {limit:,} are shown: --limit 0 shows all, `export` writes them to a file", err=True)


def _readers(connection: Connection, newsletter: str, state: str | None, most: int | None) -> list[Reader]:
    from digest.store import subscribers as store

    every = store.everyone(connection, newsletter)
    return list(islice((it for it in every if state in (None, it.subscription.state)), most))


def _row(reader: Reader) -> tuple[object, ...]:
    who, own = reader.subscriber, reader.subscription
    hour = f"{own.send_at:%H:%M}" if own.send_at else ""
    return (
        who.address,
        who.name,
        own.newsletter,
        own.state,
        own.categories or "all",
        own.timezone,
        hour,
        own.frequency,
        own.format,
        own.since,
    )


@subscribers.command()
@click.argument("address")
@json_option
def show(address: str, *, as_json: bool) -> None:
    """All that is known of one reader: subscriptions, consents, suppression."""
    from digest.store import overview, suppressions

    with doors.house(read_only=True) as house:
        readers = _found(house, address)
        who = readers[0].subscriber
        barred = house.database.call(suppressions.find, who.address)
        consents = house.database.call(overview.consents, who.id)
        zone = house.zone
    facts = _facts(who, barred)
    own, acts = (
        [(*_row(reader)[2:], reader.subscription.paused_until) for reader in readers],
        [_act(c) for c in consents],
    )
    columns, act_columns = (*_LIST[2:], "paused until"), ("at", "newsletter", "act", "via", "from", "form", "words")
    if as_json:
        listed = [dict(zip(columns, row, strict=True)) for row in own]
        show_json(
            {**facts, "subscriptions": listed, "consents": [dict(zip(act_columns, a, strict=True)) for a in acts]}
        )
        return
    details(facts, zone=zone)
    click.echo()
    Table(columns, empty="", zone=zone).show(own)
    click.echo()
    Table(act_columns, empty="no consent is recorded", zone=zone).show(acts)


def _facts(who: Subscriber, barred: Suppression | None) -> dict[str, object]:
    return {
        "address": who.address,
        "name": who.name,
        "language": who.language,
        "known since": who.created_at,
        "suppressed": f"{barred.reason}: {barred.evidence}" if barred else "no",
    }


def _act(consent: Consent) -> tuple[object, ...]:
    return (
        consent.at,
        consent.newsletter,
        consent.act,
        consent.via,
        consent.origin,
        consent.form,
        consent.wording,
    )


@subscribers.command()
@click.argument("addresses", metavar="ADDRESS...", nargs=-1, required=True)
@click.option("--newsletter", metavar="NAME", help="Only from this one; default: from all.")
def remove(addresses: tuple[str, ...], newsletter: str | None) -> None:
    """Have each ADDRESS leave, as if by its own link; only the person can come back."""
    with doors.house() as house:
        # Before its note is written: one that was restored must not count as well-informed by that.
        asyncio.run(house.look_at_fence())
        wanted = house.newsletter(newsletter).name if newsletter else None
        chosen = {address: _found(house, address) for address in addresses}
        for readers in chosen.values():
            for reader in readers:
                own = reader.subscription
                if wanted in (None, own.newsletter):
                    left = house.database.call(_leave, own.id, house.clock())
                    said = "has left" if left else "had left already"
                    click.echo(f"{reader.subscriber.address}: {said} ({own.newsletter})")
        house.database.call(house.fence.write)


def _leave(connection: Connection, subscription: int, now: datetime) -> bool:
    """A store that is restored to before this is older than what it knew, and is held."""
    from digest.store import fence
    from digest.store import subscribers as store

    fence.advance(connection, now)
    return store.leave(connection, subscription, now, _OPERATOR)


@subscribers.command()
@click.argument("addresses", metavar="ADDRESS...", nargs=-1, required=True)
@click.option("--suppress", is_flag=True, help="Keep the bare address as one that is not mailed, whoever imports it.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def forget(addresses: tuple[str, ...], *, suppress: bool, yes: bool) -> None:
    """Erase all that is known of each ADDRESS; figures of what was sent remain, without a name.

    What stays is a keyed hash of the address, so that no list brings it back; only the person can, by subscribing.
    """
    with doors.house() as house:
        house.signer()  # raises where there is no secret to key the hash with
        found = [_found(house, address)[0].subscriber.address for address in addresses]
        if sys.stdin.isatty() and not yes and not click.confirm(f"Erase {', '.join(found)} for good?"):
            raise UsageError("nothing was done")
        asyncio.run(house.look_at_fence())
        for address in found:
            house.database.call(_erase, house, address, suppress)
            click.echo(f"{address}: erased{', and suppressed' if suppress else ''}")
        house.database.call(house.fence.write)


def _erase(connection: Connection, house: House, address: str, suppress: bool) -> None:
    from digest.store import fence, suppressions
    from digest.store.erasure import Eraser

    fence.advance(connection, house.clock())
    Eraser(house.secrets).erase(connection, address, house.clock())
    if suppress:
        reason = SuppressionReason.ERASED
        suppressions.add(
            connection,
            Suppression(address=address, reason=reason, evidence="at their own request", created_at=house.clock()),
        )


def _found(house: House, address: str) -> list[Reader]:
    from digest.app.enrol import normalized
    from digest.store import subscribers as store

    readers = house.database.call(store.by_address, normalized(address))
    if not readers:
        raise UnknownName("subscriber", address)
    return readers
