"""The benches report what they say, on a small scale."""

import json
import socket
import sqlite3
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import feedparser
import pytest

from bench import deliver_loop, farm
from bench.collect import CHANGED, UNCHANGED, Plan, growth
from bench.deliver import thirds
from bench.deliver_house import Done, configure, done, make
from bench.deliver_meter import proxy, tool
from bench.process import Child, Peak
from bench.report import Finding, table
from digest.feeds.reading import FeedReading, Source, read

ROOT = Path(__file__).resolve().parent.parent
NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has all of 127.0.0.0/8")


def titles(feed: int, turn: int) -> list[str]:
    url = farm.url(feed, 80)
    source = Source(body=farm.body(feed, turn), content_type=farm.content_type(feed), url=url, feed_name="any")
    reading = read(source, NOW)
    assert isinstance(reading, FeedReading)
    return [article.title for article in reading.articles]


def test_the_bench_of_collecting_reports_what_it_says() -> None:
    command = [sys.executable, "-m", "bench.collect", "--json"]
    options = ["--feeds", "20", "--many", "0", "--latency-ms", "5", "--rounds", "2", "--concurrency", "8"]
    ran = subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True, check=True, timeout=100)
    found = {finding["what"]: finding for finding in json.loads(ran.stdout)["findings"]}
    assert list(found) == ["20 unchanged feeds", "20 unchanged feeds, processor time", "2 changed feeds"]
    # 20 feeds, 8 at a time, 5 ms before each answer: nobody is faster than three times that.
    assert all(found["20 unchanged feeds"][side] >= 0.015 for side in ("ours", "theirs"))
    assert all(found["2 changed feeds"][side] > 0 for side in ("ours", "theirs"))
    assert [finding["goal"] for finding in found.values()] == [UNCHANGED, None, CHANGED]
    assert all(
        finding["ratio"] == finding["ours"] / finding["theirs"] for finding in found.values() if finding["theirs"]
    )


def test_memory_is_that_of_a_process_and_of_its_children() -> None:
    with Child("bench.feedparser_alone", "20") as alone:
        alone.ask(ready=True)
        before = alone.peak()
        alone.ask(turn=1)
        peak = alone.peak()
        assert before is not None
        assert peak is not None
        assert (before.own > 5, before.children) == (True, 0)
        assert min(peak) > 5
        assert alone.cpu() > 0


def test_memory_with_many_feeds_is_judged_part_by_part(tmp_path: Path) -> None:
    plan = Plan(feeds=10, many=100, latency=0, concurrency=1, rounds=1, reader="", folder=tmp_path)
    found = growth(plan, "first poll", Peak(own=100, children=100), Peak(own=140, children=180))
    assert [(finding.ratio, finding.met) for finding in found] == [(1.4, True), (1.8, False), (1.6, False)]
    assert len(growth(plan, "unchanged", Peak(own=100, children=0), Peak(own=140, children=0))) == 2
    assert growth(plan, "first poll", None, None) == []


def test_a_ratio_is_judged_by_its_goal() -> None:
    slower = Finding(what="a", unit="s", ours=3, against="b", theirs=2, goal=1.3)
    faster = Finding(what="a", unit="s", ours=1, against="b", theirs=4, goal=3, less=True)
    told = Finding(what="a", unit="s", ours=1, against="b", theirs=4)
    assert [(each.ratio, each.met) for each in (slower, faster, told)] == [(1.5, False), (4, True), (0.25, None)]
    words = [line.split()[-1] for line in table([slower, faster, told], []).splitlines()[3:6]]
    assert words == ["MET", "met", "0.25"]


def test_the_feeds_are_like_real_ones() -> None:
    assert 30_000 < statistics.median(len(farm.body(feed, 0)) for feed in range(200)) < 60_000
    for feed in range(6):
        parsed = feedparser.parse(farm.body(feed, 1))
        assert not parsed.bozo
        assert [entry.title for entry in parsed.entries] == titles(feed, 1)
        assert 20 <= len(parsed.entries) <= 30
    assert len({farm.host(feed) for feed in range(10_000)}) == 10_000
    assert [farm.feed_at(farm.host(feed)) for feed in (0, 249, 250, 9_999)] == [0, 249, 250, 9_999]


def test_a_round_brings_one_feed_of_ten_one_to_five_new_items() -> None:
    changed = [feed for feed in range(40) if farm.validators(feed, 1) != farm.validators(feed, 2)]
    assert changed == [feed for feed in range(40) if farm.body(feed, 1) != farm.body(feed, 2)] == farm.changing(40)
    for feed in changed:
        fresh = set(titles(feed, 2)) - set(titles(feed, 1))
        assert 1 <= len(fresh) == farm.added(feed, 2) <= 5


async def test_the_server_answers_by_host_round_and_validator() -> None:
    import aiohttp

    with Child("bench.farm_server", "0") as server:
        port = server.ask(turn=1)["port"]
        async with aiohttp.ClientSession() as session:

            async def asked(feed: int, **headers: str) -> tuple[int, bytes]:
                async with session.get(farm.url(feed, port), headers=headers) as response:
                    assert (response.headers["ETag"], response.headers["Last-Modified"]) == farm.validators(feed, turn)
                    return response.status, await response.read()

            turn = 1
            assert await asked(10) == (200, farm.body(10, 1))
            known = {"If-None-Match": farm.validators(10, 1)[0]}
            assert await asked(10, **known) == (304, b"")
            turn = 2
            server.ask(turn=2)
            assert await asked(10, **known) == (200, farm.body(10, 2))
            assert (await asked(11, **{"If-None-Match": farm.validators(11, 1)[0]}))[0] == 304


def test_a_side_that_breaks_is_an_error_and_no_figure() -> None:
    with Child("bench.bare", "1", "1", "1") as nobody, pytest.raises(RuntimeError, match=r"bench\.bare broke"):
        nobody.ask()


def test_the_bench_of_delivering_reports_what_it_says() -> None:
    try:
        tool("smtp-sink")
    except FileNotFoundError as absent:
        pytest.skip(str(absent))
    command = [sys.executable, "-m", "bench.deliver", "--json", "--rounds", "1"]
    options = ["--readers", "60", "--connections", "4", "--far", "8", "--delay-ms", "5"]
    ran = subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True, timeout=110, check=False)
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert [(each["against"], each["goal"]) for each in told["findings"]] == [
        ("smtp-source -d", 0.8),
        ("smtp-source -d", 1.0),
        ("aiosmtplib in a loop", 3.0),
        ("smtp-source -d", None),
        ("aiosmtplib in a loop", None),
        ("aiosmtplib in a loop, 10 ms away", 1.8),
    ]
    # Four round trips of 10 ms a message, two connections.
    assert told["findings"][-1]["theirs"] >= 4 * 10_000 / 2
    assert len(told["remarks"]) == 7


def test_an_edition_is_frozen_for_all_readers_in_messages_of_the_size_that_is_told(tmp_path: Path) -> None:
    made = make(tmp_path, 10)
    assert made["deliveries"] == 10
    assert 19_000 < made["size"] < 21_500
    assert len(deliver_loop.message(made["size"])) == made["size"]
    assert done(configure(tmp_path, 25, 1)).sent == 0


def test_a_rate_is_of_what_was_recorded_after_the_first_group(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "digest.db") as ledger:
        ledger.execute("CREATE TABLE deliveries (state, settled_at)")
        moments = ["2026-03-02 07:00:00.000000"] * 5 + ["2026-03-02 07:00:01.000000", "2026-03-02 07:00:02.000000"]
        ledger.executemany("INSERT INTO deliveries VALUES ('sent', ?)", [(moment,) for moment in moments])
        ledger.execute("INSERT INTO deliveries VALUES ('failed', '2026-03-02 08:00:00.000000')")
    ledger.close()
    found = done(tmp_path / "digest.yaml")
    assert (found, found.rate) == (Done(sent=7, seconds=2.0, after=2), 1.0)


def test_the_longer_way_delays_and_changes_nothing() -> None:
    blocks = [bytes([number]) * 40_000 for number in range(50)]
    with socket.create_server(("127.0.0.1", 0)) as listening, proxy(listening.getsockname()[1], 20) as way:
        begun = time.monotonic()
        with socket.create_connection(("127.0.0.1", way.port)) as near:
            far, _ = listening.accept()
            with far:
                for block in blocks:
                    far.sendall(block)
                far.shutdown(socket.SHUT_WR)
                with near.makefile("rb") as got:
                    assert got.read() == b"".join(blocks)
        assert time.monotonic() - begun >= 0.02


def test_memory_is_told_of_the_beginning_the_middle_and_the_end() -> None:
    assert thirds([]) == (0.0, 0.0, 0.0)
    assert thirds([float(number) for number in range(100)]) == (12.0, 52.0, 92.0)
