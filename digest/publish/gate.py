"""Waits, but not for long, until the feeds that are due at a slot have been polled."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from digest.model import Newsletter, Slot


@dataclass(slots=True)
class Gate:
    """What this process is waiting for, and since when."""

    _since: dict[tuple[str, datetime], datetime] = field(default_factory=dict)

    def waits(self, newsletter: Newsletter, slot: Slot, now: datetime) -> bool:
        """Whether the edition of `slot`, some of whose feeds are not ready, is to wait on.

        The time begins when it is first asked for: after an outage all feeds are due, however late the edition is.
        """
        since = self._since.setdefault((newsletter.name, slot.at), now)
        # A clock that went back does not make it wait longer.
        return since <= now < since + newsletter.wait_for_feeds

    def keep(self, newsletter: Newsletter, due: Iterable[Slot]) -> None:
        """All but these of the newsletter's slots are settled, by whomever."""
        left = {slot.at for slot in due}
        for name, at in list(self._since):
            if name == newsletter.name and at not in left:
                del self._since[name, at]

    def is_waiting(self, newsletter: str) -> bool:
        """Whether any edition of the newsletter waits."""
        return any(name == newsletter for name, _ in self._since)
