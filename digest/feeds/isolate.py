"""Reads feeds and pages in child processes, so that what hangs, grows or crashes on one takes nothing else with it."""

import signal
import sys
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TypeVar

import anyio
from anyio import BrokenWorkerProcess, CapacityLimiter, to_process

from digest.feeds.pages import full_text
from digest.feeds.pages.full_text import FullText
from digest.feeds.reading import FeedReading, ReadFailed, Source, WebPage, read

Result = TypeVar("Result")

#: Seconds that reading one feed may take; the largest real ones take about one.
SECONDS = 10.0
#: Bytes of address space of a child: its code and tables take 110 MB, or 420 where no byte code is cached, and the
#: worst page that is read 300.
_MEMORY = 768 << 20
#: Seconds after its deadline at which a child ends itself, should the parent be gone and not have ended it.
_GRACE = 1.0


async def read_isolated(
    source: Source, now: datetime, *, workers: CapacityLimiter, seconds: float = SECONDS
) -> FeedReading | WebPage | ReadFailed:
    """`reading.read` in a child process, of which `workers` says how many there may be.

    A child that takes longer than `seconds` is killed; one that crashes or wants too much memory fails alone. All of
    that is a ReadFailed; waiting for a worker does not count.
    """
    return await isolated(partial(read, source, now), workers=workers, seconds=seconds)


async def page_isolated(
    source: Source, title: str, language: str, *, workers: CapacityLimiter, seconds: float = SECONDS
) -> FullText | None:
    """`full_text.read_page` in a child process, likewise; None as well where the child failed."""
    work = partial(full_text.read_page, source, title, language)
    found = await isolated(work, workers=workers, seconds=seconds)
    return found if isinstance(found, FullText) else None


async def isolated(work: Callable[[], Result], *, workers: CapacityLimiter, seconds: float) -> Result | ReadFailed:
    """What `work` (which must pickle) returns in a child process, or why it could not."""
    async with workers:
        try:
            with anyio.fail_after(seconds):
                return await _in_child(work, seconds)
        except TimeoutError:
            return ReadFailed(f"reading it took longer than {seconds:g} s")
        except MemoryError:
            return ReadFailed(f"reading it took more than {_MEMORY >> 20} MB of memory")
        except BrokenWorkerProcess:
            return ReadFailed("reading it made the reader crash")
        except Exception as error:  # noqa: BLE001 - the boundary: whatever a hostile feed breaks, the others go on
            return ReadFailed(f"reading it failed: {type(error).__name__}: {str(error)[:200]}")


async def _in_child(work: Callable[[], Result], seconds: float) -> Result:
    """`work` in a child; in a second one where the first is found dead, which may have been another feed's doing."""
    # The wait for a turn is over: this limiter, of our own, never makes it wait.
    run = partial(to_process.run_sync, _confined, work, seconds, cancellable=True, limiter=CapacityLimiter(1))
    try:
        return await run()
    except BrokenWorkerProcess:
        return await run()


def _confined(work: Callable[[], Result], seconds: float) -> Result:
    """Runs in the child: `work`, within limits that hold even when the parent is gone."""
    if sys.platform == "win32":
        return work()
    _limit_memory()
    # The terminal's Ctrl-C and a service manager's SIGTERM reach the whole group. The parent decides what becomes of
    # work in hand; a child ends when the parent's end of the pipe closes.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.setitimer(signal.ITIMER_REAL, seconds + _GRACE)
    try:
        return work()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _limit_memory() -> None:
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - Windows has none

    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    if soft == resource.RLIM_INFINITY or soft > _MEMORY:
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
