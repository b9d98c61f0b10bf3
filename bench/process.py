"""The processes of a bench, each told what to do by lines of JSON: nothing that one keeps in memory is another's.

Imports only the standard library: a rival's own environment has nothing else.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

ROOT = Path(__file__).resolve().parent.parent

Order = dict[str, Any]
Answer = dict[str, Any]


class Peak(NamedTuple):
    """The most memory that a process and its children have had, in MB of resident pages.

    A page that two of them share counts in both, and they may have peaked at different times: their sum is a bound.
    """

    own: float
    children: float


class Child:
    """A process that runs `module` and obeys; it ends with the block."""

    def __init__(self, module: str, *arguments: str, python: str = sys.executable) -> None:
        self._module = module
        self._process = subprocess.Popen(
            [python, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            # The feeds are on this machine: no proxy leads there.
            env={name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.stdin:
            self._process.stdin.close()
        try:
            self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()

    def ask(self, **order: Any) -> Answer:
        """What it answers. Raises RuntimeError when it has ended instead."""
        if not self._process.stdin or not self._process.stdout:
            raise AssertionError("its streams are pipes")
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._module} broke")
        answer: Answer = json.loads(line)
        return answer

    def peak(self) -> Peak | None:
        """Its memory and that of its children that are alive; None where there is no /proc to say it."""
        if not Path("/proc/self/status").exists():
            return None
        own, *children = (_peak(process) for process in _family(self._process.pid))
        return Peak(own=own, children=sum(children))

    def cpu(self) -> float:
        """Seconds of processor time so far, with its children that are alive; 0 where there is no /proc to say it."""
        ticks = sum(_ticks(process) for process in _family(self._process.pid))
        return ticks / os.sysconf("SC_CLK_TCK")


async def obey(do: Callable[[Order], Awaitable[Answer]]) -> None:
    """Runs in the child: answers each order by what `do` makes of it, until there are no more."""
    orders, answers = sys.stdin, sys.stdout
    # What a library prints is no answer.
    sys.stdout = sys.stderr
    while line := await asyncio.to_thread(orders.readline):
        order = json.loads(line)
        # Whoever answers is ready: what comes before the first order is over.
        answer = {} if order.get("ready") else await do(order)
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def _family(process: int) -> Sequence[int]:
    """`process` and all that it has started, itself first."""
    parents = {int(stat.parent.name): _parent(stat) for stat in Path("/proc").glob("[0-9]*/stat")}
    family = [process]
    for member in family:
        family.extend(child for child, parent in parents.items() if parent == member)
    return family


def _parent(stat: Path) -> int:
    return int(_fields(stat)[1])


def _ticks(process: int) -> int:
    fields = _fields(Path(f"/proc/{process}/stat"))
    return int(fields[11]) + int(fields[12])


def _fields(stat: Path) -> list[str]:
    """The fields of proc(5)'s stat after the command's name, which may hold anything; zeros for one that has ended."""
    try:
        return stat.read_text().rpartition(")")[2].split()
    except OSError:
        return ["0"] * 50


def _peak(process: int) -> float:
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), 0.0)
