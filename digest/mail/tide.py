"""How many connections a relay takes at present: fewer at once when it says that it is too much, more again slowly.

Additive increase, multiplicative decrease, as TCP has it. A relay that takes nothing at all is left alone, each time
for longer. Times are seconds of a clock that never goes back.
"""

#: Signs of trouble within so many seconds are one.
_ONE_TROUBLE = 1.0
#: After so many messages for each connection, or so long, without trouble one more is tried.
_MESSAGES, _SECONDS = 10, 10.0
#: A relay that refuses us is left alone for so long, twice as long each time.
_REST, _LONGEST_REST = 1.0, 900.0
#: Who we are does not change by itself, and failed sign-ins lock accounts.
_SIGN_IN_REST = 900.0
#: A rest is longer by up to this part of it, so that what failed together does not come back together.
_JITTER = 0.1


class Tide:
    """Of one relay."""

    def __init__(self, most: int) -> None:
        """`most`: how many connections there may ever be."""
        self._most, self._now = most, most
        self._calm_since = self._troubled_at = float("-inf")
        self._messages = 0
        self._rest = _REST
        #: Until then it is left alone.
        self.rest_until = float("-inf")

    def allowed(self, now: float) -> int:
        """How many connections may be open; never none."""
        if self._now < self._most and now - self._calm_since >= _SECONDS:
            self._grow(now)
        return self._now

    def accepted(self, now: float) -> None:
        """It took a message."""
        self._rest = _REST
        if self._now == self._most:
            return
        self._messages += 1
        if self._messages >= _MESSAGES * self._now:
            self._grow(now)

    def throttled(self, now: float) -> None:
        """It said that it is too much."""
        self._messages = 0
        self._calm_since = now
        if now - self._troubled_at >= _ONE_TROUBLE:
            self._troubled_at = now
            self._now = max(1, self._now // 2)

    def refused(self, now: float, jitter: float, *, sign_in: bool = False) -> None:
        """It takes nothing from us; `jitter` is from 0 to 1. With `sign_in`, because of who we are."""
        rest = _SIGN_IN_REST if sign_in else self._rest
        self.rest_until = max(self.rest_until, now + rest * (1 + _JITTER * jitter))
        self._rest = min(_LONGEST_REST, 2 * self._rest)

    def _grow(self, now: float) -> None:
        self._now = min(self._most, self._now + 1)
        self._messages = 0
        self._calm_since = now
