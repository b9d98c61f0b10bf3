"""lemon24/reader's update, in an environment of its own: its defaults, with a worker for each of our fetches."""

import asyncio
import sys
from time import perf_counter

from bench import farm
from bench.process import Answer, Order, obey


async def main(database: str, feeds: int, port: int, concurrency: int) -> None:
    from reader import make_reader

    reader = make_reader(database)
    for feed in range(feeds):
        reader.add_feed(farm.url(feed, port))

    async def do(_order: Order) -> Answer:
        begun = perf_counter()
        # Its default leaves out what it has updated within the hour; ours is told to poll at once, too.
        results = list(reader.update_feeds_iter(workers=concurrency, scheduled=False))
        took = perf_counter() - begun
        values = [result.value for result in results]
        return {
            "seconds": took,
            "unchanged": values.count(None),
            "read": sum(hasattr(value, "new") for value in values),
            "errors": [str(value) for value in values if isinstance(value, Exception)][:3],
            "new": sum(getattr(value, "new", 0) for value in values),
        }

    await obey(do)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], *(int(each) for each in sys.argv[2:5])))
