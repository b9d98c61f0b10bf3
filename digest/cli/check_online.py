"""What `digest check --online` asks others: each feed, the DNS for the sender's domain, the mail server."""

import asyncio
from collections.abc import AsyncIterator

from digest import collect
from digest.app.house import House
from digest.app.sayings import counted
from digest.cli import dns
from digest.cli.feed_trial import tried
from digest.cli.findings import Finding, right, wrong
from digest.errors import RelayError
from digest.feeds.reading import ReadFailed
from digest.mail.mailer import Mailer
from digest.model import Feed
from digest.settings import nouns


async def findings(house: House) -> AsyncIterator[Finding]:
    """As they come; nothing is stored and nothing is sent."""
    async with house.collecting() as desk:
        for trial in asyncio.as_completed([_feed(desk, feed) for feed in house.feeds.values()]):
            yield await trial
    for finding in await _dns(house):
        yield finding
    yield await _relay(house)


async def _feed(desk: collect.Desk, feed: Feed) -> Finding:
    reading = await tried(desk, feed)
    if isinstance(reading, ReadFailed):
        return wrong(f"feed {feed.name}", f"{feed.url}: {reading.reason}")
    return right(f"feed {feed.name}", counted(len(reading.articles), "article"))


async def _dns(house: House) -> list[Finding]:
    domain = nouns.sender(house.settings).address.rpartition("@")[2]
    found = await dns.examine(domain, dns.ask)
    if not house.settings.mail.dkim:
        return found
    from digest.cli import dkim_findings

    # The keys are ours, so more can be said than that the relay may have one.
    others = [finding for finding in found if not finding.subject.startswith("DKIM ")]
    return [*others, *await dkim_findings.on_records(house, dns.ask)]


async def _relay(house: House) -> Finding:
    try:
        async with Mailer(*house.relays()) as mailer:
            return right("mail server", await mailer.check())
    except RelayError as error:
        return wrong("mail server", str(error))
