"""What kept editions from being made, until their slots are settled: one that is too late in the end says why."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from types import TracebackType

#: Of a failure's own words, so many characters.
_WORDS = 300


class Failures:
    """Of each newsletter's slots; forgets when the process ends."""

    def __init__(self) -> None:
        self._why: dict[tuple[str, datetime], str] = {}

    @contextmanager
    def noting(self, newsletter: str, slot: datetime) -> Iterator[None]:
        """Keeps the words of whatever the block raises, and lets it pass; a block that ends well has them forgotten."""

        def note(_kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None) -> None:
            # Who is asked to stop has not failed.
            if isinstance(error, Exception):
                words = " ".join(str(error).split()) or type(error).__name__
                self._why[newsletter, slot] = words[:_WORDS]

        with ExitStack() as ending:
            ending.push(note)
            yield
            self._why.pop((newsletter, slot), None)

    def blamed(self, newsletter: str, slot: datetime, reason: str) -> str:
        """`reason` for which nothing is sent, with the failure that led to it, if there was one."""
        why = self._why.get((newsletter, slot), "")
        return f"failed, and too late now: {why}" if reason and why else reason
