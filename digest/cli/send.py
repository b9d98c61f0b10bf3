"""`digest send`: an edition now, or a trial of one."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from digest.app.sayings import counted
from digest.cli import doors
from digest.cli.base import INTERRUPTED, Command, printable
from digest.cli.editions import ways_out
from digest.cli.show import cell
from digest.cli.when import moment
from digest.errors import UsageError
from digest.model import DeliveryState, EditionState, Newsletter, Rhythm, Slot, View

if TYPE_CHECKING:
    from digest.app.house import House
    from digest.cli.delivering import Run
    from digest.store import Connection
    from digest.store.freezing import Frozen

#: More readers than this, and an operator at a terminal is asked first.
_ASK_ABOVE = 100
#: Among how many editions one that is paused is looked for.
_LOOK_BACK = 100


@dataclass(frozen=True, slots=True)
class _Wish:
    """The options of the command."""

    #: Addresses that follow the first one of --test.
    more: tuple[str, ...]
    when: str
    tests: tuple[str, ...]
    reader: str
    dry_run: bool
    resume: bool
    yes: bool

    def require_sense(self) -> None:
        if self.more and not self.tests:
            raise click.UsageError(f"Got unexpected extra argument ({self.more[0]})")
        if sum((bool(self.tests), self.dry_run, self.resume)) > 1:
            raise click.UsageError("--test, --dry-run and --resume exclude each other")
        if (self.reader and not self.tests) or (self.when and self.resume):
            raise click.UsageError("--as belongs to --test, and --at to an edition that is still to be made")

    def test_addresses(self) -> list[str]:
        return [address for each in (*self.tests, *self.more) for address in each.split(",") if address]


@click.command(cls=Command)
@click.argument("newsletter")
@click.argument("more", metavar="", nargs=-1)
@click.option("--at", "when", default="", metavar="WHEN", help="The slot that it counts as; default: this moment.")
@click.option(
    "--test", "tests", multiple=True, metavar="ADDRESS...", help="Send a trial to these addresses, no edition."
)
@click.option("--as", "reader", default="", metavar="ADDRESS", help="With --test: this reader's letter.")
@click.option("--dry-run", is_flag=True, help="Say how many readers and letters it would be; change nothing.")
@click.option("--resume", is_flag=True, help="Make no edition; deliver what is in the newsletter's outbox.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def send(context: click.Context, /, newsletter: str, **options: Any) -> None:
    """Make an edition now and send it.

    It goes to every reader, whatever the schedule says, with what is new to each; --at names the slot that it is then
    settled for. What the mail server puts off stays in the outbox for `digest run` or
    `digest send NEWSLETTER --resume`. With `review: true` it goes to the operators alone, and waits. Ends with 1 where
    a delivery failed.
    """
    wish = _Wish(**options)
    wish.require_sense()
    read_only = bool(wish.tests) or wish.dry_run
    with doors.house(read_only=read_only, prepare=not read_only) as house:
        chosen = house.newsletter(newsletter)
        at = moment(wish.when, house.clock(), house.zone) if wish.when else None
        if wish.tests:
            from digest.cli import trial_letter

            asyncio.run(trial_letter.send(house, chosen, wish.test_addresses(), reader=wish.reader, at=at))
        elif wish.dry_run:
            _foresee(house, chosen, at)
        else:
            doors.require_unfenced(house)
            editions = _under_way(house, chosen) if wish.resume else _made(house, chosen, at, ask=not wish.yes)
            context.exit(_deliver(house, editions) if editions else 0)


def _made(house: House, newsletter: Newsletter, at: datetime | None, *, ask: bool) -> list[int]:
    """The edition, made; none where there is nothing to send. Raises UsageError."""
    from digest import publish

    house.signer()  # An edition that cannot be sent for want of a secret is not made.
    slot, rhythms = house.database.call(_slot, house, newsletter, at)
    if ask and sys.stdin.isatty():
        _require_consent(house, newsletter, slot, rhythms)
    frozen = asyncio.run(publish.publish(house.press(), newsletter, slot, rhythms, house.clock()))
    if frozen is None:
        raise UsageError(f"there is an edition of {newsletter.name} for {_told(house, slot)} already")
    made = _said(newsletter, frozen)
    if newsletter.sending.review and frozen.deliveries:
        _ask_operators(house, frozen.edition.id)
    return made


def _ask_operators(house: House, edition: int) -> None:
    """Raises RelayError where nobody can be asked; then `digest run` tries it again."""
    from digest.app import review

    asked = asyncio.run(review.ask_now(house, edition))
    if asked.operators:
        click.echo(f"sent to be reviewed to {', '.join(asked.operators)}: the link in it sends the edition", err=True)
    for trouble in asked.troubles:
        click.echo(f"warning: not sent to be reviewed to {printable(trouble)}", err=True)


def _said(newsletter: Newsletter, frozen: Frozen) -> list[int]:
    if not frozen.deliveries:
        click.echo(f"{newsletter.name}: nothing is sent: {frozen.edition.reason}")
        return []
    letters, readers = counted(frozen.letters, "letter"), counted(frozen.deliveries, "reader")
    click.echo(f"{newsletter.name} no. {frozen.edition.number}: {letters} for {readers}")
    if frozen.edition.state is EditionState.PAUSED:
        click.echo(f"nothing is sent yet, it is {ways_out(frozen.edition)}", err=True)
        return []
    return [frozen.edition.id]


def _require_consent(house: House, newsletter: Newsletter, slot: Slot, rhythms: Sequence[Rhythm]) -> None:
    from digest.store import overview
    from digest.store.readership import Audience

    audience = Audience(newsletter=newsletter.name, slot=slot.at, rhythms=rhythms, now=house.clock())
    count = sum(house.database.call(overview.readers_by_view, audience).values()) if rhythms else 0
    if count > _ASK_ABOVE and not click.confirm(f"Send {newsletter.title} to {count:,} readers?"):
        raise UsageError("nothing was sent")


def _slot(
    connection: Connection, house: House, newsletter: Newsletter, at: datetime | None
) -> tuple[Slot, tuple[Rhythm, ...]]:
    """The schedule's slot at `at` with those readers who take it, or that moment for everybody."""
    from digest.editions.due import due_slots, slot_now
    from digest.store import readership

    rhythms = readership.rhythms(connection, newsletter.name)
    if at is not None:
        window = (at - timedelta(microseconds=1), at)
        for due in due_slots(newsletter, house.site, rhythms, (), window):
            return due.slot, due.rhythms
    return slot_now(newsletter, house.site, at or house.clock()), rhythms


def _foresee(house: House, newsletter: Newsletter, at: datetime | None) -> None:
    slot, rhythms = house.database.call(_slot, house, newsletter, at)
    letters, readers, idle = house.database.call(_counts, house, newsletter, slot, rhythms)
    nothing = f"; nothing new for {counted(idle, 'reader')}" if idle else "" if rhythms else "; nobody is subscribed"
    click.echo(
        f"{newsletter.name} at {_told(house, slot)} would be {counted(letters, 'letter')} for "
        f"{counted(readers, 'reader')}{nothing}"
    )


def _told(house: House, slot: Slot) -> str:
    """The moment of a slot as every list shows it."""
    return cell(slot.at, house.zone)


def _counts(
    connection: Connection, house: House, newsletter: Newsletter, slot: Slot, rhythms: Sequence[Rhythm]
) -> tuple[int, int, int]:
    """How many letters, how many readers get one, and how many do not."""
    from digest import publish
    from digest.store import overview
    from digest.store.readership import Audience, ViewKey

    audience = Audience(newsletter=newsletter.name, slot=slot.at, rhythms=rhythms, now=house.clock())
    by_key = overview.readers_by_view(connection, audience) if rhythms else {}
    keys = {text: ViewKey.read(text) for text in by_key}
    composer = publish.composer_for(connection, house.press(), newsletter, slot, house.clock())
    owed = publish.owed_to(connection, keys.values())
    by_view: Counter[View | None] = Counter()
    for text, key in keys.items():
        by_view[composer.view(key, key.told_from, owed)] += by_key[text]
    told = [count for view, count in by_view.items() if composer.letter(view) is not None]
    return len(told), sum(told), by_view.total() - sum(told)


def _under_way(house: House, newsletter: Newsletter) -> list[int]:
    from digest.store import editions as store
    from digest.store import overview

    editions = house.database.call(overview.under_way, newsletter.name)
    latest = house.database.call(store.latest, newsletter.name, _LOOK_BACK)
    paused = [edition for edition in latest if edition.state is EditionState.PAUSED]
    for edition in paused:
        why = edition.reason or "paused"
        click.echo(f"edition {edition.id} is {printable(why)}: `digest editions resume {edition.id}` first", err=True)
    if not editions and not paused:
        click.echo(f"{newsletter.name}: the outbox is empty")
    return editions


def _deliver(house: House, editions: Sequence[int]) -> int:
    """Delivers and says what came of it; the exit status."""
    from digest.app import loop
    from digest.cli.delivering import until_nothing_is_due

    run = loop.run(until_nothing_is_due(house, editions))
    # What was given back unsent is a part of what is left only, which is told below.
    told = sorted((name, count) for name, count in run.outcomes.items() if name != DeliveryState.QUEUED)
    click.echo(", ".join(f"{count:,} {name}" for name, count in told) or "nothing was sent")
    _remark(house, editions, run)
    if run.stopped:
        return INTERRUPTED
    return 1 if run.trouble or run.outcomes[DeliveryState.FAILED] else 0


def _remark(house: House, editions: Sequence[int], run: Run) -> None:
    """What the figures cannot say."""
    from digest.store import overview

    if run.trouble:
        click.echo(f"error: the mail server refuses us: {printable(run.trouble)}", err=True)
    for edition in editions:
        for refusal in house.database.call(overview.refusals, edition):
            click.echo(f"{refusal.count:,} {refusal.state}: {printable(refusal.reply)}", err=True)
    if house.database.call(overview.next_attempt_at, editions):
        click.echo(
            "what is left waits in the outbox: `digest run` or `digest send NEWSLETTER --resume` goes on", err=True
        )
