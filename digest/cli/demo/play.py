"""The whole way once: feeds, articles, editions, mails.

feeds ─▶ collect ─▶ readers enrol ─▶ for each newsletter: publish ─▶ deliver ─▶ what was caught
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from digest import collect, deliver, publish
from digest.app.enrol import Via, enrol
from digest.app.house import House
from digest.cli.demo.catcher import Catcher
from digest.editions.board import Board
from digest.editions.judge import Terms
from digest.errors import DigestError
from digest.model import Edition, Newsletter, View
from digest.store import articles, editions
from digest.store.subscribers import Choices
from digest.web.inbox import Caught


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody invented who gets every newsletter."""

    address: str
    timezone: str
    #: From which to which of a newsletter's categories.
    wants: slice

    def categories(self, newsletter: Newsletter) -> tuple[str, ...]:
        """What this reader chooses of `newsletter`, by name; at least one."""
        return tuple(category.name for category in newsletter.categories[self.wants])


READERS = (
    Reader("alma@readers.example", "Europe/London", slice(None)),
    Reader("bruno@readers.example", "America/New_York", slice(2)),
    Reader("chiyo@readers.example", "Asia/Tokyo", slice(-1, None)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailed:
    """One letter as it arrived."""

    mail: Caught
    #: The titles of its sections, each with the number of its stories.
    sections: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """What became of one newsletter."""

    newsletter: Newsletter
    edition: Edition
    letters: int
    mailed: tuple[Mailed, ...]
    #: Why a mail did not arrive; empty: all did.
    trouble: str = ""


async def gather(house: House) -> list[collect.Polled]:
    """Polls every feed."""
    async with house.collecting() as desk:
        return await collect.collect(desk, list(house.feeds))


async def issue(house: House, catcher: Catcher) -> list[Issued]:
    """Enrols the readers, and makes and mails an edition of every newsletter. Raises DigestError."""
    await house.database.run(editions.know, list(house.newsletters), house.clock())
    issued = []
    for newsletter in house.newsletters.values():
        for reader in READERS:
            choices = Choices(categories=reader.categories(newsletter), timezone=reader.timezone)
            await enrol(house, reader.address, newsletter, choices, confirmed=True, via=Via("demo"))
        issued.append(await _issued(house, catcher, newsletter))
    return issued


def require_articles(polled: Sequence[collect.Polled]) -> None:
    """Raises DigestError where there is nothing to tell."""
    if any(it.recorded.new for it in polled):
        return
    if any(it.recorded.backlog for it in polled):
        raise DigestError("every article is older than collect.backfill, so there is nothing to tell: raise it")
    raise DigestError("no article could be collected; the table says why")


def require_mails(issued: Sequence[Issued]) -> None:
    """Raises DigestError where a mail was not taken, or there was none."""
    troubles = [f"{it.newsletter.name}: {it.trouble}" for it in issued if it.trouble]
    if troubles:
        raise DigestError("; ".join(troubles))
    if not any(it.mailed for it in issued):
        raise DigestError("no mail was sent: no newsletter has a category with an article in it")


async def _issued(house: House, catcher: Catcher, newsletter: Newsletter) -> Issued:
    frozen = await publish.publish_now(house.press(), newsletter, house.clock())
    if frozen is None:
        raise DigestError(f"{newsletter.name}: another process has made an edition of this moment")
    before = len(catcher.mails)
    async with house.posting() as post:
        report = await deliver.deliver(post, asyncio.Event(), frozen.edition.id)
    sections = await _sections(house, newsletter, frozen.edition)
    return Issued(
        newsletter=newsletter,
        edition=frozen.edition,
        letters=frozen.letters,
        mailed=tuple(Mailed(mail=mail, sections=sections.get(mail.recipient, ())) for mail in catcher.mails[before:]),
        trouble=_trouble(report, frozen.deliveries),
    )


def _trouble(report: deliver.Report, deliveries: int) -> str:
    if report.trouble:
        return f"the mail server refuses us: {report.trouble}"
    if report.sent == deliveries:
        return ""
    outcomes = ", ".join(f"{count} {name}" for name, count in sorted(report.outcomes.items()))
    return f"of {deliveries} mails not all were taken: {outcomes}"


async def _sections(house: House, newsletter: Newsletter, edition: Edition) -> Mapping[str, tuple[str, ...]]:
    """For each reader what the edition holds for them."""
    told = await house.database.run(articles.between, 0, edition.upto, edition.slot - newsletter.max_age)
    terms = Terms(
        newsletter=newsletter,
        feeds=house.feeds,
        categories=house.categories,
        slot=edition.slot,
        now=edition.frozen_at,
        upto=edition.upto,
    )
    board = Board(told, terms)
    found = {}
    for reader in READERS:
        view = View(mark=0, categories=reader.categories(newsletter), language=house.site.language, offset=0)
        sections = board.arrange(view).sections
        found[reader.address] = tuple(f"{it.category.title} {len(it.stories)}" for it in sections)
    return found
