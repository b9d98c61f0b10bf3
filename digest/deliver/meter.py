"""What this process has delivered since it began, for whoever watches: counters, cheap enough for every message."""

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field

#: Seconds up to which an answer to the final dot belongs to a bucket; those that take longer are beyond the last.
BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)


@dataclass(slots=True)
class Meter:
    """Only grows."""

    #: Results that have been recorded, by what they came to.
    outcomes: Counter[str] = field(default_factory=Counter)
    #: Replies by the first digit of their code.
    replies: Counter[int] = field(default_factory=Counter)
    #: How many answers to the final dot came within each of `BOUNDS`, and beyond; and how long all of them took.
    waits: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    waited: float = 0.0

    def answered(self, seconds: float) -> None:
        """An answer to the final dot came after so long."""
        self.waits[bisect_left(BOUNDS, seconds)] += 1
        self.waited += seconds
