"""How fast an edition is delivered, beside Postfix's own generator of mail and aiosmtplib in a loop.

    python -m bench.deliver [--readers 20000] [--rounds 3] [--many 0] [--json]

All send messages of one size over as many connections to one smtp-sink, which takes them and keeps nothing; ours is
`digest send --resume` as a process, with its ledger on SQLite. Then the same over a way that takes 10 ms longer in each
direction, with fewer readers. `--many 1000000` sends to so many readers and looks at memory. It needs Linux and
Debian's postfix, of which nothing is started but the sink. Always exits with 0 unless it breaks.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from statistics import mean, median
from typing import Any

from bench import report
from bench.deliver_house import NEWSLETTER, Done, done, moved
from bench.deliver_meter import ROOT, Served, Took, proxy, python, run, sink, tool
from bench.report import Finding

#: How many times less a message may take than with them, at least.
ALONE, TWO, LOOP, FAR = 0.8, 1.0, 3.0, 1.8
#: How many times more a message may take for many readers, and how much more memory at the end than at the start.
MANY, FLAT = 1.1, 1.1
#: Seconds that freezing for a million readers may take.
FREEZING = 15.0
_DIGEST = python("-c", "from digest.cli import main; main()")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One run of one side."""

    #: Messages a second.
    rate: float
    #: The same with what comes before the first and after the last message.
    whole: float
    #: Microseconds of processor time a message: the sender's, and the sink's.
    cpu: float
    sink: float
    memory: tuple[float, ...] = ()

    @property
    def each(self) -> float:
        """Microseconds a message."""
        return 1e6 / self.rate


@dataclass(slots=True, kw_only=True)
class Bench:
    """A frozen edition, a sink, and who sends to it."""

    house: Path
    readers: int
    size: int
    connections: int
    sink: Served
    #: Where they send to: the sink, or the way to it.
    port: int
    folder: Path
    _runs: "count[int]" = field(default_factory=count)

    def ours(self, processes: int = 1, *, watch: bool = False) -> Sample:
        """`digest send --resume` by so many processes at once, each with its share of the connections."""
        folder = self.folder / f"run-{next(self._runs)}"
        config = moved(self.house, folder, self.port, self.connections // processes)
        command = [*_DIGEST, "--config", str(config), "send", NEWSLETTER, "--resume", "--yes"]
        used = self.sink.cpu
        took = run(*[command] * processes, watch=watch)
        result: Done = done(config)
        if result.sent != self.readers:
            raise RuntimeError(f"{result.sent:,} of {self.readers:,} were sent\n{took.said}")
        shutil.rmtree(folder)
        # A few messages are recorded in one group.
        return self._sample(took, used, result.rate or self.readers / took.wall)

    def smtp_source(self) -> Sample:
        """Postfix's generator, told not to disconnect."""
        options = ["-d", "-s", self.connections, "-l", self.size, "-m", self.readers]
        addresses = ["-f", "digest@news.example", "-t", "reader@readers.example"]
        used = self.sink.cpu
        took = run([tool("smtp-source"), *map(str, options), *addresses, f"127.0.0.1:{self.port}"])
        return self._sample(took, used, self.readers / took.wall)

    def loop(self) -> Sample:
        """aiosmtplib's sendmail, one message after another on each connection."""
        numbers = map(str, (self.port, self.connections, self.readers, self.size))
        used = self.sink.cpu
        took = run(python("-m", "bench.deliver_loop", *numbers))
        return self._sample(took, used, self.readers / float(took.said))

    def _sample(self, took: Took, used: float, rate: float) -> Sample:
        return Sample(
            rate=rate,
            whole=self.readers / took.wall,
            cpu=took.cpu / self.readers * 1e6,
            sink=(self.sink.cpu - used) / self.readers * 1e6,
            memory=took.memory,
        )


class Samples:
    """What several rounds found, by the name of the side."""

    def __init__(self) -> None:
        self._found: defaultdict[str, list[Sample]] = defaultdict(list)

    def measure(self, rounds: int, sides: dict[str, Callable[[], Sample]]) -> None:
        """All sides in turns, so that what slows the machine down for a while is none's alone."""
        for _ in range(rounds):
            for name, side in sides.items():
                self._found[name].append(side())

    def each(self, name: str) -> float:
        """Microseconds a message, the median."""
        return median(sample.each for sample in self._found[name])

    def cpu(self, name: str) -> float:
        """Microseconds of the sender's processor time a message, the median."""
        return median(sample.cpu for sample in self._found[name])

    def remarks(self) -> list[str]:
        """A line a side: what the ratios are made of."""
        return [_told(name, samples) for name, samples in self._found.items()]


def _told(name: str, samples: Sequence[Sample]) -> str:
    def middle(what: Callable[[Sample], float]) -> str:
        return f"{median(map(what, samples)):,.0f}"

    rates = " ".join(f"{sample.rate:,.0f}" for sample in samples)
    return (
        f"{name}: {middle(lambda it: it.rate)} messages a second (of {rates}), {middle(lambda it: it.whole)} from the"
        f" process's start to its end; {middle(lambda it: it.cpu)} µs of its processor time a message, and"
        f" {middle(lambda it: it.sink)} of the sink's"
    )


_SEND, _SOURCE, _PLAIN = "digest send", "smtp-source -d", "aiosmtplib in a loop"
_PAIR = "digest send, two processes"


def near(bench: Bench, rounds: int, samples: Samples) -> list[Finding]:
    """Ours beside both of the others, and two of ours."""
    sides: dict[str, Callable[[], Sample]] = {
        _SEND: bench.ours,
        _SOURCE: bench.smtp_source,
        _PLAIN: bench.loop,
        _PAIR: lambda: bench.ours(2),
    }
    samples.measure(rounds, sides)
    pairs = ((_SEND, _SOURCE, ALONE), (_PAIR, _SOURCE, TWO), (_SEND, _PLAIN, LOOP))
    found = [_times(ours, theirs, samples.each(ours), samples.each(theirs), goal) for ours, theirs, goal in pairs]
    for theirs in (_SOURCE, _PLAIN):
        what = f"{_SEND}, processor time"
        found.append(_times(what, theirs, samples.cpu(_SEND), samples.cpu(theirs), None))
    return found


def far(bench: Bench, rounds: int, samples: Samples, way: str) -> list[Finding]:
    """Ours beside the loop, where each round trip costs."""
    ours, theirs = f"{_SEND}, {way}", f"{_PLAIN}, {way}"
    samples.measure(rounds, {ours: bench.ours, theirs: bench.loop})
    return [_times(ours, theirs, samples.each(ours), samples.each(theirs), FAR)]


def large(bench: Bench, few: Bench, frozen: float, samples: Samples) -> list[Finding]:
    """Very many readers: the speed beside that for few, right before, and memory over time."""
    name, less = f"{_SEND} to {bench.readers:,}", f"to {few.readers:,}"
    kept: list[Sample] = []

    def watched() -> Sample:
        kept.append(bench.ours(watch=True))
        return kept[-1]

    samples.measure(1, {f"{_SEND} {less}, before": few.ours, name: watched, f"{_SEND} {less}, after": few.ours})
    before, after = (samples.each(f"{_SEND} {less}, {when}") for when in ("before", "after"))
    start, middle, end = thirds(kept[0].memory)
    return [
        Finding(what=name, unit="µs", ours=kept[0].each, against=less, theirs=mean((before, after)), goal=MANY),
        Finding(what="its memory in the middle", unit="MB", ours=middle, against="at the start", theirs=start),
        Finding(what="its memory at the end", unit="MB", ours=end, against="at the start", theirs=start, goal=FLAT),
        Finding(
            what=f"freezing for {bench.readers:,}", unit="s", ours=frozen, against="at most", theirs=FREEZING, goal=1.0
        ),
    ]


def thirds(memory: Sequence[float]) -> tuple[float, float, float]:
    """The memory of a process that ends: a tenth of the way through, in the middle, and before the end; medians."""
    if not memory:
        return 0.0, 0.0, 0.0
    width = max(1, len(memory) // 20)
    starts = (len(memory) // 10, len(memory) // 2, max(0, len(memory) - 2 * width))
    start, middle, end = (median(memory[at : at + width]) for at in starts)
    return start, middle, end


def _times(what: str, against: str, ours: float, theirs: float, goal: float | None) -> Finding:
    return Finding(what=what, unit="µs", ours=ours, against=against, theirs=theirs, goal=goal, less=True)


def _made(folder: Path, readers: int) -> dict[str, Any]:
    """The house in `folder`, made by a process that takes its memory with it."""
    folder.mkdir()
    command = python("-m", "bench.deliver_house", str(folder), str(readers))
    found: dict[str, Any] = json.loads(subprocess.check_output(command, text=True, cwd=ROOT))
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints what was found."""
    options = _options(arguments)
    samples, findings = Samples(), []
    with tempfile.TemporaryDirectory(prefix="digest-deliver-") as scratch, sink() as server:
        folder = Path(scratch)

        def bench(name: str, readers: int, connections: int) -> tuple[Bench, float]:
            made = _made(folder / name, readers)
            ready = Bench(
                house=folder / name,
                readers=readers,
                size=made["size"],
                connections=connections,
                sink=server,
                port=server.port,
                folder=folder / f"{name}-runs",
            )
            return ready, float(made["seconds"])

        few, _ = bench("few", options.readers, options.connections)
        findings += near(few, options.rounds, samples)
        if options.far:
            distant, _ = bench("far", options.far, max(1, options.connections // 2))
            with proxy(server.port, options.delay_ms) as longer:
                distant.port = longer.port
                way = f"{2 * options.delay_ms:g} ms away"
                findings += far(distant, options.rounds, samples, way)
        if options.many:
            many, frozen = bench("many", options.many, options.connections)
            findings += large(many, few, frozen, samples)
    about = f"Microseconds a message of {few.size:,} octets, over {few.connections} connections; medians."
    show = report.as_json if options.json else report.table
    sys.stdout.write(show(findings, [about, *samples.remarks()]) + "\n")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    form = argparse.RawTextHelpFormatter
    parser = argparse.ArgumentParser(prog="bench.deliver", description=__doc__, formatter_class=form)
    parser.add_argument("--readers", type=int, default=20_000)
    parser.add_argument("--connections", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--far", type=int, default=2_000, help="readers behind the longer way; 0: not measured")
    parser.add_argument("--delay-ms", type=float, default=10.0, help="that it takes longer in each direction")
    parser.add_argument("--many", type=int, default=0, help="readers whose memory is looked at; 0: not measured")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
