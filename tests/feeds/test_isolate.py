"""Reading in a child process: what goes wrong with one feed stays with it, and nothing is left behind."""

import asyncio
import os
import select
import signal
import subprocess
import sys
import textwrap
from functools import partial
from pathlib import Path

import anyio
import pytest
from anyio import CapacityLimiter

from digest.feeds.isolate import isolated, page_isolated, read_isolated
from digest.feeds.pages.full_text import FullText
from digest.feeds.reading import FeedReading, ReadFailed, Source, WebPage

ROOT = Path(__file__).resolve().parents[2]
BODY = b"<rss version='2.0'><channel><title>News</title><item><title>One</title></item></channel></rss>"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="limits of a child are POSIX's")


@pytest.fixture
def workers() -> CapacityLimiter:
    return CapacityLimiter(2)


def source(body: bytes = BODY) -> Source:
    return Source(body=body, content_type="", url="https://news.example/feed", feed_name="news")


async def test_a_feed_is_read_in_another_process(workers: CapacityLimiter, now) -> None:
    got = await read_isolated(source(), now, workers=workers)
    assert isinstance(got, FeedReading)
    assert [article.title for article in got.articles] == ["One"]
    assert await isolated(os.getpid, workers=workers, seconds=10) != os.getpid()


async def test_what_is_no_feed_is_said(workers: CapacityLimiter, now) -> None:
    got = await read_isolated(source(b"<!DOCTYPE html><title>News</title>"), now, workers=workers)
    assert got == WebPage(title="News")
    assert isinstance(await read_isolated(source(b"Moved."), now, workers=workers), ReadFailed)


async def test_a_reader_that_hangs_is_killed_and_others_go_on(workers: CapacityLimiter, now) -> None:
    await read_isolated(source(), now, workers=workers)
    hung, read = await asyncio.gather(
        isolated(signal.pause, workers=workers, seconds=0.3), read_isolated(source(), now, workers=workers)
    )
    assert hung == ReadFailed("reading it took longer than 0.3 s")
    assert isinstance(read, FeedReading)
    assert isinstance(await read_isolated(source(), now, workers=workers), FeedReading)


async def test_the_process_of_a_reader_that_hangs_is_gone(workers: CapacityLimiter) -> None:
    child = await isolated(os.getpid, workers=workers, seconds=10)
    await isolated(signal.pause, workers=workers, seconds=0.3)
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


async def test_a_reader_that_crashes_takes_nothing_with_it(workers: CapacityLimiter, now) -> None:
    assert await isolated(os.abort, workers=workers, seconds=10) == ReadFailed("reading it made the reader crash")
    assert isinstance(await read_isolated(source(), now, workers=workers), FeedReading)


async def test_a_reader_that_raises_is_a_failure_too(workers: CapacityLimiter) -> None:
    got = await isolated(partial(int, "x"), workers=workers, seconds=10)
    assert isinstance(got, ReadFailed)
    assert got.reason.startswith("reading it failed: ValueError")


async def test_a_reader_that_wants_too_much_memory_fails_alone(workers: CapacityLimiter, now) -> None:
    got = await isolated(partial(bytearray, 2 << 30), workers=workers, seconds=10)
    assert got == ReadFailed("reading it took more than 768 MB of memory")
    assert isinstance(await read_isolated(source(), now, workers=workers), FeedReading)


async def test_waiting_for_a_worker_is_not_counted(now) -> None:
    one = CapacityLimiter(1)
    hangs = [isolated(signal.pause, workers=one, seconds=0.4) for _ in range(3)]
    *hung, pid = await asyncio.gather(*hangs, isolated(os.getpid, workers=one, seconds=5))
    assert hung == [ReadFailed("reading it took longer than 0.4 s")] * 3
    assert isinstance(pid, int)


async def test_a_cancelled_reading_leaves_no_process(workers: CapacityLimiter) -> None:
    child = await isolated(os.getpid, workers=workers, seconds=10)
    with anyio.move_on_after(0.2):
        await isolated(signal.pause, workers=workers, seconds=60)
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


async def test_children_are_kept_from_one_feed_to_the_next(workers: CapacityLimiter, now) -> None:
    pids = set()
    for _ in range(3):
        await read_isolated(source(), now, workers=workers)
        pids.add(await isolated(os.getpid, workers=workers, seconds=10))
    assert len(pids) == 1


def meet(reads: int, writes: int) -> int:
    """Says that it is here, and returns when somebody else has said so."""
    os.write(writes, b"x")
    os.read(reads, 1)
    return os.getpid()


def through(here: Path, there: Path) -> int:
    return meet(os.open(here, os.O_RDWR), os.open(there, os.O_RDWR))


async def test_two_feeds_are_read_at_the_same_time(workers: CapacityLimiter, tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    os.mkfifo(one)
    os.mkfifo(other)
    jobs = [partial(through, one, other), partial(through, other, one)]
    pids = await asyncio.gather(*(isolated(job, workers=workers, seconds=20) for job in jobs))
    assert len({pid for pid in pids if isinstance(pid, int)}) == 2


def resident() -> int:
    """Bytes of this process's memory that are in use."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def grow() -> int:
    kept = [str(number) for number in range(1_500_000)]
    return resident() + len(kept)


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="asks Linux for the memory of a process")
async def test_what_a_large_feed_took_is_given_back(workers: CapacityLimiter) -> None:
    before = await isolated(resident, workers=workers, seconds=10)
    at_most = await isolated(grow, workers=workers, seconds=20)
    after = await isolated(resident, workers=workers, seconds=10)
    assert isinstance(before, int)
    assert isinstance(at_most, int)
    assert isinstance(after, int)
    assert at_most - before > 50 << 20
    assert after - before < 25 << 20


PAGE = """<title>The ferry sails again</title><article>
<p>The ferry between the islands sails again after three years.</p>
<p>Its owner had to rebuild the engine, which had been under water since the storm of 2023 and was thought to be lost.
The first boat leaves on Monday at seven, and the first hundred passengers go without a ticket, he said.</p></article>
"""


async def test_a_page_behind_an_article_is_read_in_another_process(workers: CapacityLimiter) -> None:
    got = await page_isolated(source(PAGE.encode()), "The ferry sails again", "en", workers=workers)
    assert isinstance(got, FullText)
    assert got.excerpt.startswith("The ferry between the islands sails again after three years.")


async def test_a_page_that_cannot_be_read_in_time_or_at_all_is_none(workers: CapacityLimiter) -> None:
    assert await page_isolated(source(b"<p>Sign in"), "The ferry", "en", workers=workers) is None
    assert await page_isolated(source(PAGE.encode()), "The ferry", "en", workers=workers, seconds=0) is None


PARENT = textwrap.dedent(
    """
    import asyncio, os, signal
    from anyio import CapacityLimiter
    from digest.feeds.isolate import isolated

    async def main():
        workers = CapacityLimiter(1)
        print(await isolated(os.getpid, workers=workers, seconds=10), flush=True)
        await isolated(signal.pause, workers=workers, seconds=0.5)

    asyncio.run(main())
    """
)


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="waits for a process that is not our child")
@pytest.mark.parametrize("way", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_however_the_parent_ends_its_children_end(way: signal.Signals) -> None:
    command = [sys.executable, "-c", PARENT]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as parent:
        assert parent.stdout is not None
        child = os.pidfd_open(int(parent.stdout.readline()))
        parent.send_signal(way)
        parent.wait(timeout=20)
    ended, _, _ = select.select([child], [], [], 20)
    os.close(child)
    assert ended
