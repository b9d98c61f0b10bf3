"""Whether what is new in a feed can be: rewritten GUIDs and a restored site make its past new at once."""

from collections.abc import Sequence
from datetime import timedelta

from digest.model import ArticleDraft, FeedState

#: Fewer are told: a desk that files three stories late is no flood.
_FEWEST = 5
#: Clocks differ, and an article may take a while from its date to its feed.
_SLACK = timedelta(hours=1)


def suspects(new: Sequence[ArticleDraft], before: FeedState, items: int) -> frozenset[int]:
    """The places of those of `new` that are to be held, of a body with so many `items`; `before`: as the feed was.

    Suspicious is what was published before the last poll that succeeded, and not after all that the feed had then: a
    server that gives an old copy for hours brings many at once in the end. So is what does not say when. A few are
    told; from five on, where they are more than half of the body, all are held. At the first poll nothing is.
    """
    if before.newest_at is None or before.succeeded_at is None:
        return frozenset()
    until = min(before.newest_at, before.succeeded_at - _SLACK)
    old = frozenset(
        place for place, draft in enumerate(new) if draft.published_at is None or draft.published_at <= until
    )
    return old if len(old) >= _FEWEST and 2 * len(old) > items else frozenset()


def remark(count: int, feed: str) -> str:
    """What the operator is told of `count` articles of `feed` that are held."""
    noun = "old article" if count == 1 else "old articles"
    return f"{count:,} {noun} became new at once: held; {choice(feed)}"


def choice(feed: str) -> str:
    """What the operator can do about what is held of `feed`."""
    return f"`digest feeds release {feed}` tells them, `digest feeds dismiss {feed}` does not"
