"""Programs run by `bench.deliver`, with the processor time and the memory that they took, and the sink they send to."""

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
#: Where Debian has the mail server's own tools.
_TOOLS = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
#: How often memory is looked at, in seconds.
_LOOK_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """What a program took; of several at once, all of them."""

    #: From its start to its end, in seconds.
    wall: float
    #: Seconds of processor time, with the children that it waited for.
    cpu: float
    said: str
    #: Resident MB of it and its children, twice a second.
    memory: tuple[float, ...] = ()


def tool(name: str) -> str:
    """The path of one of Postfix's tools. Raises FileNotFoundError."""
    found = shutil.which(name, path=_TOOLS)
    if found is None:
        raise FileNotFoundError(f"{name} is not there: apt-get install postfix")
    return found


def python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]


def run(*commands: Sequence[str], env: Mapping[str, str] | None = None, watch: bool = False) -> Took:
    """Runs the commands at the same time, to the end of all. Raises RuntimeError where one fails."""
    begun = time.perf_counter()
    running = [_start(command, env) for command in commands]
    memory: list[float] = []
    over = threading.Event()
    looking = threading.Thread(target=_look, args=([each.pid for each in running], memory, over))
    if watch:
        looking.start()
    said, cpu = [], 0.0
    for command, process in zip(commands, running, strict=True):
        said.append(process.stdout.read() if process.stdout else "")
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.stdout:
            process.stdout.close()
        cpu += usage.ru_utime + usage.ru_stime
        if process.returncode:
            over.set()
            raise RuntimeError(f"{' '.join(command)}: {process.returncode}\n{said[-1]}")
    wall = time.perf_counter() - begun
    over.set()
    if watch:
        looking.join()
    return Took(wall=wall, cpu=cpu, said="".join(said), memory=tuple(memory))


@dataclass(slots=True)
class Served:
    """A process that serves on a port of 127.0.0.1."""

    process: subprocess.Popen[str] = field(repr=False)
    port: int

    @property
    def cpu(self) -> float:
        """Seconds of processor time so far."""
        fields = _fields(self.process.pid)
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def sink() -> Iterator[Served]:
    """Postfix's smtp-sink: it takes everything and keeps nothing."""
    port = _free_port()
    # It gives up being root; whoever is not root runs it as he is.
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    command = [tool("smtp-sink"), *user, "-c", f"127.0.0.1:{port}", "1000"]
    # It tells its count on stdout, for each message.
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)
    with _ended(process):
        deadline = time.monotonic() + 10
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("smtp-sink does not answer")
        yield Served(process, port)


@contextmanager
def proxy(port: int, milliseconds: float) -> Iterator[Served]:
    """A way to `port` that takes so much longer in each direction."""
    command = python("-m", "bench.deliver_proxy", str(port), str(milliseconds))
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    with _ended(process):
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            raise RuntimeError("the proxy broke")
        yield Served(process, int(line))


@contextmanager
def _ended(process: subprocess.Popen[str]) -> Iterator[None]:
    try:
        yield
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def _start(command: Sequence[str], env: Mapping[str, str] | None) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT, env=os.environ | dict(env or {})
    )


def _look(processes: Sequence[int], memory: list[float], over: threading.Event) -> None:
    while not over.wait(_LOOK_S):
        memory.append(sum(_resident(process) for process in processes))


def _resident(process: int) -> float:
    """MB of resident pages of a process and of its children; 0 of one that has ended."""
    try:
        own = int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / 2**20
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except OSError:
        return 0.0
    return own + sum(_resident(int(child)) for child in children)


def _fields(process: int) -> list[str]:
    """The fields of proc(5)'s stat after the command's name."""
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as asked:
            return asked.recv(3) == b"220"
    except OSError:
        threading.Event().wait(0.02)
        return False
