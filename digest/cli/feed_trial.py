"""Fetches a feed once and reads it, storing nothing."""

from digest import collect
from digest.feeds import FeedReading, Fetched, FetchFailed, ReadFailed, Source, read_isolated
from digest.model import Feed


async def tried(desk: collect.Desk, feed: Feed) -> FeedReading | ReadFailed:
    """What `feed` holds now, or why that cannot be said."""
    answer = await desk.fetcher.fetch(feed)
    if isinstance(answer, FetchFailed):
        return ReadFailed(answer.reason)
    if not isinstance(answer, Fetched):
        return ReadFailed("the server says that nothing is new, which nobody asked")
    source = Source(body=answer.body, content_type=answer.content_type, url=answer.final_url, feed_name=feed.name)
    return await read_isolated(source, desk.clock(), workers=desk.readers)
