"""No more than so many messages in so much time, in several measures at once."""

from collections import deque
from datetime import timedelta

#: Up to so long turns are spread evenly; in a longer time they may come together, as a quota allows it.
_EVENLY_S = 1.0
#: So many moments are remembered of a limit; of more turns than that, every second, third ... one.
_REMEMBERED = 10_000


class _Limit:
    """`count` turns in any time of `period` seconds."""

    __slots__ = ("_block", "_distance", "_in_block", "_next", "_period", "_turns")

    def __init__(self, count: int, period: float) -> None:
        self._distance = period / count if period <= _EVENLY_S else 0.0
        self._next = float("-inf")
        self._period = period
        # Turns of one block count as if all had been at the time of its first.
        self._block = -(-count // _REMEMBERED)
        self._in_block = 0
        self._turns: deque[float] = deque(maxlen=max(1, count // self._block))

    def earliest(self, now: float) -> float:
        if self._distance:
            return max(now, self._next)
        is_full = len(self._turns) == self._turns.maxlen and not self._in_block
        return max(now, self._turns[0] + self._period) if is_full else now

    def take(self, at: float) -> None:
        if self._distance:
            self._next = at + self._distance
            return
        if not self._in_block:
            self._turns.append(at)
        self._in_block = (self._in_block + 1) % self._block


class Pace:
    """Turns for whoever asks, never more than every limit allows. Times are seconds of a clock that never goes back."""

    def __init__(self, *limits: tuple[int, timedelta]) -> None:
        """Each limit is `count` turns in any `period`; raises ValueError where either is not positive."""
        for count, period in limits:
            if count < 1 or period <= timedelta():
                raise ValueError(f"{count} in {period}")
        self._limits = [_Limit(count, period.total_seconds()) for count, period in limits]
        self._last = float("-inf")

    def earliest(self, now: float) -> float:
        """When the next turn would be."""
        return max((limit.earliest(now) for limit in self._limits), default=now)

    def reserve(self, now: float) -> float:
        """Takes the next turn; gives its moment, `now` or later. Turns that nobody took are not made up for."""
        at = max(self._last, self.earliest(now))
        for limit in self._limits:
            limit.take(at)
        self._last = at
        return at
