"""`digest why`: the way of one article, from its feeds to the mail server's reply."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

import click

from digest.app.sayings import counted
from digest.app.verdicts import WORDS
from digest.cli import doors
from digest.cli.base import Command, json_option, printable
from digest.cli.show import cell, show_json

if TYPE_CHECKING:
    from digest.app.fate import Step
    from digest.app.house import House
    from digest.app.reading import Reading
    from digest.app.why import Chain, Run
    from digest.store.trail import Posted, Spread


@click.command(cls=Command)
@click.argument("article")
@click.argument("address", required=False, default="")
@click.option("--newsletter", default="", metavar="NAME", help="Only this one.")
@json_option
def why(article: str, address: str, newsletter: str, *, as_json: bool) -> None:
    """Say why an article reached readers, or one of them, or did not.

    ARTICLE is its number, its address, or words of its title. With ADDRESS it is what became of it for that reader, and
    what is still to come. What was is told as it was written down then, whatever is configured by now.
    """
    from digest.app import why as story
    from digest.app.finding import find

    with doors.house(read_only=True) as house:
        number = house.database.call(find, article)
        chain = story.why(house, number, address=address, newsletter=newsletter)
        if as_json:
            show_json(_facts(chain))
            return
        for line in _lines(house, chain, address):
            click.echo(printable(line))


def _facts(chain: Chain) -> dict[str, object]:
    """The answer as data; `verdict` is one of `model.Verdict` or of `app.fate.Miss`, "" where it is fit to be told."""
    return {
        "article": asdict(chain.article),
        "carried": [asdict(each) for each in chain.carried],
        "newsletters": [asdict(each) for each in chain.belonging],
        "editions": [_run_facts(run) for run in chain.runs],
        "readings": [_reading_facts(reading) for reading in chain.readings],
    }


def _run_facts(run: Run) -> dict[str, object]:
    edition, judgement = run.edition, run.judgement
    return {
        "edition": edition.id,
        "newsletter": edition.newsletter,
        "no": edition.number or None,
        "slot": edition.slot,
        "verdict": judgement.verdict,
        "words": judgement.detail,
        "categories": judgement.categories,
        "story": judgement.story,
        "letters": [asdict(each) for each in run.spread],
    }


def _reading_facts(reading: Reading) -> dict[str, object]:
    return {
        "newsletter": reading.newsletter,
        "state": reading.subscription.state,
        "verdict": reading.verdict,
        "foreseen": reading.foreseen,
        "steps": [_step_facts(step) for step in reading.steps],
        "coming": _step_facts(reading.coming) if reading.coming else None,
    }


def _step_facts(step: Step) -> dict[str, object]:
    post = step.delivery
    kept = ("state", "attempts", "code", "reply", "settled_at", "next_attempt_at")
    return {
        "edition": step.edition or None,
        "no": step.number or None,
        "slot": step.slot,
        "verdict": step.verdict,
        "words": step.words,
        "delivery": {name: getattr(post, name) for name in kept} if post else None,
    }


def _lines(house: House, chain: Chain, address: str) -> Iterator[str]:
    yield from _article_lines(house, chain)
    for each in chain.belonging:
        places = "; ".join(f"{name} ({reason})" for name, reason in each.categories.items())
        yield f"{each.newsletter}: {each.excluded or places or 'belongs to none of its categories'}"
    yield ""
    if not address:
        for run in chain.runs:
            yield from _run_lines(house, run)
        if not chain.runs:
            yield _never_judged(chain)
        return
    for reading in chain.readings:
        yield from _reading_lines(house, reading)
    yield ""
    for reading in chain.readings:
        yield _answer(house, reading, address)


def _article_lines(house: House, chain: Chain) -> Iterator[str]:
    article = chain.article
    yield f"article {article.number}: {article.title}"
    yield f"  {article.url or 'without an address'}"
    yield (
        f"  published {_when(house, article.published_at)}, arrived {_when(house, article.arrived_at)}"
        f"{f', changed {_when(house, article.changed_at)}' if article.changed_at else ''}"
    )
    feeds = [
        f"{each.feed} (arrival {each.arrival}{', taken back' if each.withdrawn else ''})" for each in chain.carried
    ]
    yield f"  carried by {', '.join(feeds) or 'no feed'}"
    if article.backlog:
        yield "  it was old when its feed was first polled, or dismissed: known, and never told"
    if article.held:
        brought = article.feeds[0] if article.feeds else "FEED"
        yield f"  held, since suspiciously many became new at once: `digest feeds release {brought}` tells them"


def _run_lines(house: House, run: Run) -> Iterator[str]:
    detail = f": {run.judgement.detail}" if run.judgement.detail else ""
    words = WORDS[run.judgement.verdict] + detail
    if run.edition.reason:
        words += f" ({run.edition.state}: {run.edition.reason})"
    yield f"{_edition(house, run.edition.newsletter, run.edition.number, run.edition.slot)}  {words}"
    for each in run.spread:
        yield f"    {_spread(each)}"
    if not run.spread and not run.judgement.verdict:
        yield "    in no letter"


def _spread(each: Spread) -> str:
    readers = f"{counted(each.letters, 'letter')} to {counted(each.readers, 'reader')}"
    return f"{WORDS[each.verdict]} in {readers}, {each.sent:,} sent"


def _never_judged(chain: Chain) -> str:
    if chain.article.backlog:
        return "No edition tells it: it was old when its feed was first polled."
    return "No edition has judged it yet."


def _reading_lines(house: House, reading: Reading) -> Iterator[str]:
    own = reading.subscription
    since = f" since {_when(house, own.since)}" if own.since else ""
    yield f"{reading.newsletter}: {own.state}{since}, categories {cell(own.categories) if own.categories else 'all'}"
    for step in reading.steps:
        yield f"  {_edition(house, '', step.number, step.slot)}  {_step(step)}"
        if step.delivery and step.brought:
            yield f"      {_delivery(house, step.delivery)}"
    if reading.coming:
        yield f"  {_edition(house, '', 0, reading.coming.slot)}  to come: {_step(reading.coming)}"


def _step(step: Step) -> str:
    return WORDS[step.verdict] + (f": {step.words}" if step.words else "")


def _delivery(house: House, post: Posted) -> str:
    state = "in doubt, held" if post.held else post.state.value
    when = f" at {_when(house, post.settled_at)}" if post.settled_at else ""
    again = f", again at {_when(house, post.next_attempt_at)}" if post.state == "deferred" else ""
    code = f"{post.code} " if post.code and not post.reply.startswith(str(post.code)) else ""
    reply = f": {code}{post.reply}".rstrip() if code or post.reply else ""
    return f"delivery {state}{when} after {counted(post.attempts, 'attempt')}{again}{reply}"


def _answer(house: House, reading: Reading, address: str) -> str:
    """In one sentence."""
    step, name = reading.decisive, reading.newsletter
    if step is None:
        return f"{name}: nothing is known of it for {address} yet."
    when = _when(house, step.slot)
    if reading.foreseen:
        if step.brought:
            return f"{name}: it would be {step.verdict} in the next edition for {address}, {when}."
        return f"{name}: it would not be told in the next edition for {address}, {when}: {_step(step)}."
    if step.arrived:
        return f"{name}: yes, {step.verdict} to {address} in the edition of {when}."
    if step.under_way:
        return f"{name}: {step.verdict} in the edition of {when}, which is on its way to {address}."
    reason = WORDS["undelivered"] if step.brought else _step(step)
    return f"{name}: no, it was not told to {address}: {reason} (edition of {when})."


def _edition(house: House, newsletter: str, number: int, slot: datetime) -> str:
    return " ".join(filter(None, [newsletter, f"No. {number}" if number else "", _when(house, slot)]))


def _when(house: House, moment: datetime | None) -> str:
    return f"{moment.astimezone(house.zone):%a %Y-%m-%d %H:%M}" if moment else "at a time that is not known"
