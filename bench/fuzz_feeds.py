"""Breaks feeds at random and reads what is left: `python -m bench.fuzz_feeds [--inputs N] [--seed N] [FILE_OR_DIR...]`.

The samples are the built-in ones (`bench.mutants`) and the files given; the same samples and seed make the same
inputs. Each is read in a process that is watched. What fails is saved to a folder and said, and the exit status is
then 1: an exception that escapes, a text that no database takes, more than 2 s of processor time or 200 MB of memory
for one input, a process that dies.
"""

import argparse
import ctypes
import multiprocessing as mp
import os
import re
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import NamedTuple

from bench.mutants import built_in, mutant
from digest.feeds.reading import FeedReading, Source, read

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
#: Seconds of processor time and MB that one input may cost, and seconds after which its process is ended.
SLOW, LARGE, HUNG = 2.0, 200.0, 60.0
#: Bytes of address space of a process, as in `digest.feeds.isolate`.
_MEMORY = 1 << 30
#: Half a surrogate pair is no UTF-8, and PostgreSQL has no NUL.
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class Verdict(NamedTuple):
    """What came of reading one input."""

    number: int
    #: In plain words, the same for inputs that fail in the same way; empty: it was read or refused as it should be.
    problem: str = ""
    seconds: float = 0.0
    megabytes: float = 0.0
    articles: int = 0


def judge(number: int, source: Source, reader: Callable[[Source, datetime], object] = read) -> Verdict:
    """Reads `source` and says how that went."""
    problem, articles = "", 0
    before, start = _memory("VmRSS", reset=True), time.process_time()
    try:
        result = reader(source, NOW)
    except Exception as error:  # noqa: BLE001 - that none escapes is what is tested
        frame = traceback.extract_tb(error.__traceback__)[-1]
        problem = f"{type(error).__name__} in {Path(frame.filename).name}, {frame.name}, line {frame.lineno}"
    else:
        if isinstance(result, FeedReading):
            articles, problem = len(result.articles), _unstorable(result)
    seconds, megabytes = time.process_time() - start, _memory("VmHWM") - before
    if not problem and seconds > SLOW:
        problem = f"more than {SLOW:g} s"
    if not problem and megabytes > LARGE:
        problem = f"more than {LARGE:g} MB"
    return Verdict(number, problem, seconds, megabytes, articles)


def warm_up() -> None:
    """Reads what is whole, so that what a process loads only once is not laid to the first input's charge."""
    for body in built_in():
        read(Source(body=body, content_type="", url="https://news.example/feed", feed_name="news"), NOW)


def _unstorable(reading: FeedReading) -> str:
    """Which texts of `reading` no database takes, in plain words; empty: it takes all."""
    texts = [("title of the feed", reading.title), *(("remark", remark) for remark in reading.remarks)]
    for it in reading.articles:
        texts += [("title", it.title), ("url", it.url), ("author", it.author), ("excerpt", it.excerpt)]
        texts += [("picture", it.image.url + it.image.alt)] if it.image else []
        texts += [*(("label", tag) for tag in it.tags), *(("key", key) for key in it.keys)]
    found = sorted({what for what, text in texts if _UNSTORABLE.search(text)})
    return f"no database takes: {', '.join(found)}" if found else ""


def _memory(figure: str, *, reset: bool = False) -> float:
    """MB of this process; with `reset` it gives back what it does not use and its peak begins anew, where that is."""
    try:
        if reset:
            ctypes.CDLL(None).malloc_trim(0)
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except (OSError, AttributeError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return int(status.split(f"{figure}:")[1].split()[0]) / 1024


def fuzz(samples: Sequence[bytes], inputs: int, seed: int) -> Iterator[Verdict]:
    """The verdicts on all inputs as they come, from a process for each processor."""
    step = min(os.cpu_count() or 1, inputs)
    shares = [range(first, inputs, step) for first in range(step)]
    watched = dict(_start(samples, seed, share) for share in shares)
    reading: dict[Connection, int] = {}
    while watched:
        for pipe in wait(list(watched)):
            assert isinstance(pipe, Connection)
            try:
                said: int | Verdict = pipe.recv()
            except EOFError:
                process = watched.pop(pipe)
                process.join()
                if (number := reading.pop(pipe, None)) is not None:
                    yield Verdict(number, f"the process dies with status {process.exitcode}", HUNG)
                    watched |= [_start(samples, seed, range(number + step, inputs, step))]
                continue
            if isinstance(said, int):
                reading[pipe] = said
            else:
                del reading[pipe]
                yield said


def _start(samples: Sequence[bytes], seed: int, share: range) -> tuple[Connection, BaseProcess]:
    spawn = mp.get_context("spawn")
    ours, theirs = spawn.Pipe(duplex=False)
    process = spawn.Process(target=_work, args=(theirs, samples, seed, share), daemon=True)
    process.start()
    theirs.close()
    return ours, process


def _work(pipe: Connection, samples: Sequence[bytes], seed: int, share: range) -> None:
    """In a process of its own: says which input it begins with, and then what came of it."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    # Libraries in C do not come back for a handler: the signal must end the process.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    warm_up()
    for number in share:
        pipe.send(number)
        source = mutant(samples, seed, number)
        signal.setitimer(signal.ITIMER_REAL, HUNG)
        verdict = judge(number, source)
        signal.setitimer(signal.ITIMER_REAL, 0)
        pipe.send(verdict)


def _files(paths: Sequence[Path]) -> list[bytes]:
    found = {file for path in paths for file in (path.rglob("*") if path.is_dir() else [path]) if file.is_file()}
    return [file.read_bytes() for file in sorted(found)]


def report(verdicts: Sequence[Verdict], samples: Sequence[bytes], seed: int) -> bool:
    """Prints what came of it, saves the inputs that failed; whether none did."""
    failed = [verdict for verdict in verdicts if verdict.problem]
    slowest, largest = max(verdicts, key=lambda it: it.seconds), max(verdicts, key=lambda it: it.megabytes)
    fruitful = sum(verdict.articles > 0 for verdict in verdicts) / len(verdicts)
    print(f"{len(verdicts):,} inputs from {len(samples)} samples, seed {seed}: {len(failed)} failed")
    print(f"{fruitful:.1%} gave articles; {sum(verdict.seconds for verdict in verdicts):.0f} s in all")
    print(f"slowest: {slowest.seconds:.2f} s (input {slowest.number})")
    print(f"largest: {largest.megabytes:.0f} MB (input {largest.number})")
    if failed:
        folder = Path(tempfile.mkdtemp(prefix="fuzz-feeds-"))
        for verdict in failed:
            (folder / str(verdict.number)).write_bytes(mutant(samples, seed, verdict.number).body)
        for problem, times in Counter(verdict.problem for verdict in failed).most_common():
            numbers = " ".join(str(verdict.number) for verdict in failed if verdict.problem == problem)
            print(f"{times} x {problem}\n    {folder}: {numbers[:200]}")
    return not failed


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="bench.fuzz_feeds", description=__doc__)
    parser.add_argument("--inputs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("samples", nargs="*", type=Path, metavar="FILE_OR_DIR")
    given = parser.parse_args(arguments)
    samples = built_in() + _files(given.samples)
    verdicts = []
    for verdict in fuzz(samples, max(given.inputs, 1), given.seed):
        verdicts.append(verdict)
        if len(verdicts) % 1_000 == 0:
            print(f"{len(verdicts):,} read", file=sys.stderr)
    return 0 if report(sorted(verdicts), samples, given.seed) else 1


if __name__ == "__main__":
    sys.exit(main())
