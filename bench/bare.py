"""The least that a poll can be: the same conditional requests by aiohttp, nothing read, only validators kept."""

import asyncio
import sys
from time import perf_counter

import aiohttp

from bench import farm
from bench.process import Answer, Order, obey

_HEADERS = {"User-Agent": "Digest/bench (+https://news.example)", "Accept": "application/rss+xml, */*;q=0.5"}


async def main(feeds: int, port: int, concurrency: int) -> None:
    urls = [farm.url(feed, port) for feed in range(feeds)]
    conditions: dict[str, dict[str, str]] = {}
    turns = asyncio.Semaphore(concurrency)

    async def poll(session: aiohttp.ClientSession, url: str) -> int:
        async with turns, session.get(url, headers=conditions.get(url), allow_redirects=False) as response:
            await response.read()
            given = response.headers
            conditions[url] = {"If-None-Match": given["ETag"], "If-Modified-Since": given["Last-Modified"]}
            return response.status

    async def do(_order: Order) -> Answer:
        begun = perf_counter()
        statuses = await asyncio.gather(*(poll(session, url) for url in urls))
        return {"seconds": perf_counter() - begun, "unchanged": statuses.count(304), "read": statuses.count(200)}

    connector = aiohttp.TCPConnector(limit=concurrency, force_close=True)
    jar = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(connector=connector, headers=_HEADERS, cookie_jar=jar) as session:
        await obey(do)


if __name__ == "__main__":
    asyncio.run(main(*(int(each) for each in sys.argv[1:4])))
