"""Collecting, side by side with the least that it could cost and with what others do.

    python -m bench.collect [--feeds 1000] [--many 10000] [--latency-ms 50] [--with-reader] [--json]

Nothing but this machine is asked: the feeds are made up and served on the loopback interface, each from a host of its
own (so it needs Linux, where all of 127.0.0.0/8 is there). Always exits with 0 unless it breaks.
"""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import farm, report
from bench.process import Child, Peak
from bench.report import Finding

#: What is hoped for: an unchanged feed costs little more than its request and a changed one little more than a plain
#: parse; in all it is several times faster than the rival; ten times the feeds do not take ten times the memory.
UNCHANGED, CHANGED, FASTER, GROWTH = 1.3, 1.25, 3.0, 1.5
READER = "reader==3.26"
#: Its own copy of feedparser imports this, and nothing that it requires brings it.
_READER_LACKS = "sgmllib3k"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much is measured."""

    feeds: int
    #: Feeds whose memory is compared with that of `feeds`; 0: it is not.
    many: int
    #: Milliseconds before each answer.
    latency: int
    #: Feeds that are fetched at a time, by all.
    concurrency: int
    #: Times that each side is measured, in turns; the best of each counts.
    rounds: int
    #: The rival as pip calls it; empty: without it.
    reader: str
    folder: Path


@dataclass(frozen=True, slots=True)
class Bench:
    """One run: its plan and its server."""

    plan: Plan
    server: Child

    def turn(self, number: int) -> None:
        """From now on the feeds are as they are in this round."""
        self.server.ask(turn=number)

    def ours(self, name: str, feeds: int) -> Child:
        """A process of ours that polls so many feeds, on the database of this name."""
        folder = self.plan.folder / name
        folder.mkdir(exist_ok=True)
        return Child("bench.ours", str(folder), *self._served(feeds))

    def bare(self) -> Child:
        return Child("bench.bare", *self._served(self.plan.feeds))

    def reader(self, python: Path) -> Child:
        database = self.plan.folder / "reader.db"
        return Child("bench.reader_alone", str(database), *self._served(self.plan.feeds), python=str(python))

    def _served(self, feeds: int) -> Sequence[str]:
        return [str(feeds), str(self.server.ask()["port"]), str(self.plan.concurrency)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Polls:
    """Our first two polls of all feeds: nothing was known, and one of ten had changed. Seconds, and memory."""

    first: float
    second: float
    processor: float
    peak: Peak | None


def poll(child: Child, *, unchanged: int, read: int, changing: bool = False) -> float:
    """Seconds of one poll. Raises RuntimeError where it was not the poll that was meant."""
    answer = child.ask(changing=changing)
    if (answer["unchanged"], answer["read"]) != (unchanged, read):
        raise RuntimeError(f"{unchanged} unchanged and {read} read were expected: {answer}")
    return float(answer["seconds"])


def main(arguments: Sequence[str] | None = None) -> None:
    options = _options(arguments)
    with TemporaryDirectory(prefix="digest-bench-") as folder:
        plan = Plan(
            feeds=options.feeds,
            many=options.many,
            latency=options.latency_ms,
            concurrency=options.concurrency,
            rounds=options.rounds,
            reader=options.with_reader,
            folder=Path(folder),
        )
        findings = measure(plan)
    print(report.as_json(findings, remarks(plan)) if options.json else report.table(findings, remarks(plan)))


def measure(plan: Plan) -> list[Finding]:
    """All of it, in one run on one machine."""
    with Child("bench.farm_server", str(plan.latency)) as server:
        bench = Bench(plan, server)
        polls, findings = _speed(bench)
        if plan.reader:
            findings += _rival(bench, polls)
        if plan.many:
            findings += _memory(bench, polls)
        return findings


def _speed(bench: Bench) -> tuple[Polls, list[Finding]]:
    feeds, changing = bench.plan.feeds, len(farm.changing(bench.plan.feeds))
    with bench.ours("ours", feeds) as ours, bench.bare() as bare, _parser(bench) as parser:
        bench.turn(0)
        ours.ask(ready=True)
        before = ours.cpu()
        first = poll(ours, unchanged=0, read=feeds)
        peak = ours.peak()
        poll(bare, unchanged=0, read=feeds)
        bench.turn(1)
        second = poll(ours, unchanged=feeds - changing, read=changing)
        processor = ours.cpu() - before
        poll(bare, unchanged=feeds - changing, read=changing)
        parser.ask(turn=1)
        findings = [*_unchanged(bench, ours, bare), _changed(bench, ours, parser)]
    return Polls(first=first, second=second, processor=processor, peak=peak), findings


def _parser(bench: Bench) -> Child:
    return Child("bench.feedparser_alone", str(bench.plan.feeds))


def _unchanged(bench: Bench, ours: Child, bare: Child) -> list[Finding]:
    """Every feed is polled, none has changed."""
    sides = (ours, bare)
    seconds: list[list[float]] = [[], []]
    processor: list[list[float]] = [[], []]
    for _ in range(bench.plan.rounds):
        for side, child in enumerate(sides):
            before = child.cpu()
            seconds[side].append(poll(child, unchanged=bench.plan.feeds, read=0))
            processor[side].append(child.cpu() - before)
    what = f"{bench.plan.feeds:,} unchanged feeds"
    best, least = [min(side) for side in seconds], [min(side) for side in processor]
    against = "bare aiohttp"
    return [
        Finding(what=what, unit="s", ours=best[0], against=against, theirs=best[1], goal=UNCHANGED),
        Finding(what=f"{what}, processor time", unit="s", ours=least[0], against=against, theirs=least[1]),
    ]


def _changed(bench: Bench, ours: Child, parser: Child) -> Finding:
    """Only the feeds that have something new are polled; of the other side the same bodies are only parsed."""
    changing = len(farm.changing(bench.plan.feeds))
    mine, theirs = [], []
    for turn in range(2, 2 + bench.plan.rounds):
        bench.turn(turn)
        mine.append(poll(ours, unchanged=0, read=changing, changing=True))
        theirs.append(float(parser.ask(turn=turn)["seconds"]))
    return Finding(
        what=f"{changing:,} changed feeds",
        unit="s",
        ours=min(mine),
        against="feedparser alone",
        theirs=min(theirs),
        goal=CHANGED,
    )


def _rival(bench: Bench, polls: Polls) -> list[Finding]:
    """The first poll of all feeds and the second, of which one in ten brings something."""
    feeds, changing = bench.plan.feeds, len(farm.changing(bench.plan.feeds))
    with bench.reader(_environment(bench.plan)) as reader:
        bench.turn(0)
        reader.ask(ready=True)
        before = reader.cpu()
        seconds = poll(reader, unchanged=0, read=feeds)
        bench.turn(1)
        seconds += poll(reader, unchanged=feeds - changing, read=changing)
        processor = reader.cpu() - before
    what, ours, against = f"{feeds:,} feeds, two polls", polls.first + polls.second, bench.plan.reader
    return [
        Finding(what=what, unit="s", ours=ours, against=against, theirs=seconds, goal=FASTER, less=True),
        Finding(
            what=f"{what}, processor time",
            unit="s",
            ours=polls.processor,
            against=against,
            theirs=processor,
            less=True,
        ),
    ]


def _environment(plan: Plan) -> Path:
    """A Python of its own with the rival in it, for this run only."""
    folder, uv = plan.folder / "venv", [sys.executable, "-m", "uv", "--quiet"]
    subprocess.run([*uv, "venv", "--python", sys.executable, str(folder)], check=True)
    python = folder / "bin" / "python"
    wanted = [plan.reader, _READER_LACKS]
    subprocess.run([*uv, "pip", "install", "--compile-bytecode", "--python", str(python), *wanted], check=True)
    return python


def _memory(bench: Bench, polls: Polls) -> list[Finding]:
    """The peak of one poll in a fresh process, with few feeds and with many."""
    few, many = bench.plan.feeds, bench.plan.many
    # As the feeds were when we polled them last.
    bench.turn(1 + bench.plan.rounds)
    little_again = _peak(bench, "ours", few, known=True)
    bench.turn(0)
    much, much_again = (_peak(bench, "many", many, known=known) for known in (False, True))
    return [
        *growth(bench.plan, "first poll", polls.peak, much),
        *growth(bench.plan, "unchanged", little_again, much_again),
    ]


def growth(plan: Plan, which: str, few: Peak | None, many: Peak | None) -> list[Finding]:
    """What the peaks of one kind of poll come to; nothing where there are none, or no children."""
    if few is None or many is None:
        return []
    parts = {
        "our process": (many.own, few.own),
        "its children": (many.children, few.children),
        "all": (sum(many), sum(few)),
    }
    return [
        Finding(
            what=f"memory, {which}, {part}: {plan.many:,} feeds",
            unit="MB",
            ours=large,
            against=f"{plan.feeds:,} feeds",
            theirs=small,
            goal=GROWTH,
        )
        for part, (large, small) in parts.items()
        if small
    ]


def _peak(bench: Bench, name: str, feeds: int, *, known: bool) -> Peak | None:
    with bench.ours(name, feeds) as ours:
        poll(ours, unchanged=feeds if known else 0, read=0 if known else feeds)
        return ours.peak()


def remarks(plan: Plan) -> list[str]:
    """What has to be known to judge the figures."""
    said = [
        f"{plan.feeds:,} feeds of 20 to 30 items, each on a host of its own on this machine; {plan.latency} ms before",
        f"  each answer, {plan.concurrency} fetched at a time by all; no compression, no TLS, a connection for each.",
        f"Best of {plan.rounds} rounds in turns. What serves the feeds shares the processors with both sides.",
        "Unchanged: we claim, ask and record; bare aiohttp asks the same and does nothing else.",
        "Changed: we fetch, read in child processes and store; feedparser has the bodies at hand, parses them by its",
        "  defaults in a process for each processor, and keeps no result. The processes of both had worked before.",
    ]
    if plan.reader:
        said += [
            f"{plan.reader}: its defaults, a worker for each feed that we fetch at a time, an SQLite file, and",
            "  scheduled=False, so that it polls again within the hour. It keeps whole texts, we keep excerpts.",
            "  Neither had worked before: our child processes start within the time.",
        ]
    if plan.many:
        said += [
            "Memory: the most resident pages that each process has had (VmHWM), one poll in a fresh process; what is",
            "  shared counts in each. No figure: this system does not say it, or there were no children.",
        ]
    return said


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.collect", description="Measures collecting, side by side.")
    parser.add_argument("--feeds", type=int, default=1_000, help="feeds that are polled (%(default)s)")
    parser.add_argument("--many", type=int, default=10_000, help="feeds to compare memory with; 0: not (%(default)s)")
    parser.add_argument("--latency-ms", type=int, default=50, help="before each answer (%(default)s)")
    parser.add_argument("--concurrency", type=int, default=32, help="feeds fetched at a time (%(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="of which the best counts (%(default)s)")
    parser.add_argument(
        "--with-reader", nargs="?", const=READER, default="", help=f"compare with {READER}, or with this requirement"
    )
    parser.add_argument("--json", action="store_true", help="instead of a table")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
