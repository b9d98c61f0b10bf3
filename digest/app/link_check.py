"""Asks the links of a letter, once each and politely, whether they lead anywhere."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from urllib.parse import urlsplit
from urllib.request import getproxies_environment

from digest import __version__
from digest.app.house import House
from digest.editions.lint import LinkResult, LinkStatus
from digest.feeds.wire.fetch import Answer, Fetcher, FetchLimits
from digest.feeds.wire.fetched import FetchFailed

#: Of one letter; the rest is not asked for.
MOST = 100
#: For all of them together.
_PATIENCE = 60.0
#: So much of a page is read at most: that it comes is enough.
_BODY = 65_536
#: What lets no program in, or wants less of it; people may get there (999 is LinkedIn's own).
_CLOSED = frozenset({401, 403, 405, 406, 407, 418, 423, 425, 429, 451, 999})
#: As `Fetcher` says it.
_NO_HOST, _PRIVATE, _UNUSABLE = "there is no host named", "is in a private network", "its address cannot be used"
#: On the site: what is the reader's own, and not ours to open; and the letter, which is there once it is sent.
_OWN = ("/leave/", "/choose/", "/confirm/", "/read/")


async def check_links(house: House, urls: Sequence[str]) -> list[LinkResult]:
    """What came of asking for `urls`, each once, in their order; nothing of the store changes.

    Addresses in private networks are asked only where the configuration lets feeds be there. The site's own pages for
    readers are left out.
    """
    own = tuple(f"{house.site.url}{path}" for path in _OWN)
    wanted = [url for url in dict.fromkeys(urls) if not url.startswith(own)]
    asked, rest = wanted[:MOST], wanted[MOST:]
    async with _fetching(house) as fetcher:
        found = await _answers(fetcher, asked)
    return [*found, *(LinkResult(url, LinkStatus.UNKNOWN, f"not asked: beyond the first {MOST}") for url in rest)]


@asynccontextmanager
async def _fetching(house: House) -> AsyncIterator[Fetcher]:
    limits = FetchLimits(
        total=timedelta(seconds=10),
        connect=timedelta(seconds=10),
        body=_BODY,
        concurrency=16,
        per_host=2,
        spacing=min(house.settings.collect.spacing, timedelta(seconds=0.2)),
        allow_private_networks=house.settings.collect.allow_private_networks,
    )
    agent = f"Digest/{__version__} (+{house.site.url})"
    async with Fetcher(agent, house.clock, limits, proxies=getproxies_environment()) as fetcher:
        yield fetcher


async def _answers(fetcher: Fetcher, urls: Sequence[str]) -> list[LinkResult]:
    """By each of `urls`, in as much time as there is for all."""
    if not urls:
        return []
    tasks = {url: asyncio.create_task(fetcher.fetch(url, page=True)) for url in urls}
    _, pending = await asyncio.wait(tasks.values(), timeout=_PATIENCE)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    late = LinkStatus.UNKNOWN, f"no answer within {_PATIENCE:g} s for all links"
    return [LinkResult(url, *late) if task in pending else _result(url, task.result()) for url, task in tasks.items()]


def _result(url: str, answer: Answer) -> LinkResult:
    hops = answer.exchange.hops
    status = hops[-1][0] if hops else 0
    reason = answer.reason if isinstance(answer, FetchFailed) else ""
    if 200 <= status < 300:
        # It is there, even where it is larger, or otherwise packed, than we care to read.
        moved = all(hop in {301, 308} for hop, _ in hops[:-1]) and hops[:-1] and _is_elsewhere(url, hops[-1][1])
        return LinkResult(url, LinkStatus.MOVED, hops[-1][1]) if moved else LinkResult(url, LinkStatus.OK)
    if status in _CLOSED or _PRIVATE in reason:
        return LinkResult(url, LinkStatus.REFUSED, reason)
    if 400 <= status < 500 or _NO_HOST in reason or _UNUSABLE in reason:
        return LinkResult(url, LinkStatus.BROKEN, reason)
    return LinkResult(url, LinkStatus.UNKNOWN, reason)


def _is_elsewhere(url: str, there: str) -> bool:
    """Whether the two differ in more than a slash at the end."""
    one, other = (urlsplit(each)._replace(fragment="").geturl().rstrip("/") for each in (url, there))
    return one != other
