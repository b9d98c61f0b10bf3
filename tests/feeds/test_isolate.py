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

from digest.feeds import FeedReading, ReadFailed, Source, read_isolated
from digest.feeds.isolate import isolated

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
    assert got == ReadFailed("this is a web page, not a feed")


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
    assert got == ReadFailed("reading it took more than 1024 MB of memory")
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
