"""feedparser with its defaults on bodies that are at hand, on all processors: no network, no store, only a count."""

import asyncio
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from time import perf_counter

import feedparser

from bench import farm
from bench.process import Answer, Order, obey


def entries(body: bytes) -> int:
    return len(feedparser.parse(body).entries)


async def main(feeds: int) -> None:
    with ProcessPoolExecutor(os.cpu_count()) as pool:

        async def do(order: Order) -> Answer:
            bodies = [farm.body(feed, order["turn"]) for feed in farm.changing(feeds)]
            begun = perf_counter()
            counts = list(pool.map(entries, bodies))
            return {"seconds": perf_counter() - begun, "read": len(counts), "entries": sum(counts)}

        await obey(do)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
