"""About one feed: fetch it, read it, know its articles again, and when to ask next.

fetch     server -> Fetched | NotModified | FetchFailed                      (network)
isolate   Fetched.body -> FeedReading | ReadFailed, in a child process       (processes)
  reading   the same, pure: document -> parse | json_feed -> plain -> furniture -> clean -> identity
      links   which addresses are safe, the same, or pictures
manners   when to poll again
"""

from digest.feeds.fetch import Fetcher, FetchLimits
from digest.feeds.fetched import Fetched, FetchFailed, NotModified
from digest.feeds.isolate import read_isolated
from digest.feeds.manners import after_failure, after_gone, after_success
from digest.feeds.reading import FeedReading, ReadFailed, Source

__all__ = [
    "FeedReading",
    "FetchFailed",
    "FetchLimits",
    "Fetched",
    "Fetcher",
    "NotModified",
    "ReadFailed",
    "Source",
    "after_failure",
    "after_gone",
    "after_success",
    "read_isolated",
]
