"""Tells a form that a person filled in from one that a program did: by the time it took, and by work done for it.

    form opened ─▶ moment, signed ─▶ (work: a number that makes its hash small) ─▶ form posted ─▶ in time? once?

No cookie, and nothing is kept but which work has been counted.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

from digest.errors import TokenError
from digest.mail.tokens import Purpose, Signer

#: Nobody fills in a form sooner after it was opened, and few have it open for longer.
SOONEST, LATEST = timedelta(seconds=2), timedelta(hours=12)
#: Characters of an answer.
_LONGEST = 20
#: Moments whose work was counted that are remembered: to make so many takes days.
_MOST = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Trap:
    """Gives forms their moment and looks at it when they come back."""

    signer: Signer
    #: 64 unguessable bits, hexadecimal.
    nonce: Callable[[], str]
    #: Leading zero bits of the hash (0: no work is asked for), as in Hashcash.
    bits: int = 0
    _spent: dict[str, datetime] = field(default_factory=dict)

    def moment(self, now: datetime) -> str:
        """For a form that is opened now; no two are the same."""
        return self.signer.sign(Purpose.FORM, int(self.nonce(), 16), int(now.timestamp() * 1000))

    def is_timely(self, moment: str, now: datetime, soonest: timedelta = SOONEST) -> bool:
        """Whether the form was opened neither just now nor long ago."""
        try:
            _, opened = self.signer.read(Purpose.FORM, moment)
        except (TokenError, ValueError):
            return False
        return soonest <= timedelta(milliseconds=now.timestamp() * 1000 - opened) <= LATEST

    def is_paid(self, moment: str, answer: str, now: datetime) -> bool:
        """Whether `answer` shows the work done for `moment`; it counts once, in this process."""
        if not self.bits:
            return True
        if len(answer) > _LONGEST or not self.is_timely(moment, now, timedelta()):
            return False
        for known in [known for known, at in self._spent.items() if now - at > LATEST]:
            del self._spent[known]
        digest = sha256(f"{moment}:{answer}".encode("utf-8", "replace")).digest()
        if int.from_bytes(digest, "big") >> (256 - self.bits) or moment in self._spent:
            return False
        while len(self._spent) >= _MOST:
            del self._spent[next(iter(self._spent))]
        self._spent[moment] = now
        return True
