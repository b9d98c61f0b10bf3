"""Digest's own collecting, as `digest run` has it: an operator's configuration, a real SQLite file, child processes."""

import asyncio
import sys
from pathlib import Path
from time import perf_counter

from bench import farm
from bench.process import Answer, Order, obey

#: Rounds follow each other at once: a host is asked again within its second.
_CONFIGURATION = """\
site: {{url: "https://news.example"}}
database: sqlite:///digest.db
mail: {{from: news@news.example, smtp: {{host: mail.example}}}}
collect: {{concurrency: {concurrency}, spacing: 0s, allow_private_networks: true}}
feeds: [{{name: any, url: "https://feeds.example"}}]
newsletters: {{daily: {{title: Daily, schedule: {{at: "07:00"}}}}}}
"""


async def main(folder: Path, feeds: int, port: int, concurrency: int) -> None:
    # Imported here: a child process that reads feeds imports this module too, and needs none of it.
    from dataclasses import replace

    from digest.app.house import open_house
    from digest.collect import collect
    from digest.model import Feed

    path = folder / "digest.yaml"
    path.write_text(_CONFIGURATION.format(concurrency=concurrency))
    known = {name: Feed(name=name, url=farm.url(feed, port)) for feed in range(feeds) if (name := f"feed-{feed}")}
    with open_house(path, environ={}, prepare=True) as house:
        async with replace(house, feeds=known).collecting() as desk:

            async def do(order: Order) -> Answer:
                names = [f"feed-{feed}" for feed in farm.changing(feeds)] if order.get("changing") else list(known)
                begun = perf_counter()
                polled = await collect(desk, names, at_once=True)
                took = perf_counter() - begun
                return {
                    "seconds": took,
                    "unchanged": sum(each.unchanged for each in polled),
                    "read": sum(not each.unchanged and not each.error for each in polled),
                    "errors": [each.error for each in polled if each.error][:3],
                    "new": sum(each.recorded.new + each.recorded.backlog for each in polled),
                }

            await obey(do)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), *(int(each) for each in sys.argv[2:5])))
