"""`digest run` and `digest worker` as processes of their own, stopped as a service manager stops them."""

import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from digest.model import DeliveryState
from digest.store import Database, overview

ROOT = Path(__file__).parents[2]
A = "ada@reader.test"


@pytest.fixture
def start(office) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """`start(command, ...)`: a running `digest`, ended with the test."""
    started: list[subprocess.Popen[str]] = []

    def run(*arguments: str) -> subprocess.Popen[str]:
        words = [
            sys.executable,
            "-c",
            "from digest.cli import main; main()",
            *arguments,
            "--config",
            str(office.config),
        ]
        process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True, cwd=ROOT)
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait(10)
        if process.stderr:
            process.stderr.close()


def until(process: subprocess.Popen[str], words: str) -> str:
    """What the process says up to a line with `words`; pytest's own timeout ends a wait in vain."""
    said = ""
    assert process.stderr is not None
    for line in process.stderr:
        said += line
        if words in line:
            return said
    raise AssertionError(f"{words!r} was never said:\n{said}")


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def stopped(process: subprocess.Popen[str]) -> int:
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    return process.returncode


def test_run_collects_serves_and_stops_in_order(office, start):
    port = free_port()
    office.configure(f'web: {{listen: "127.0.0.1:{port}"}}')
    process = start("run")
    said = until(process, "feed wire: 2 new")
    assert "daily is due next at" in said
    assert "sqlite:///" in said
    assert f"pages at http://127.0.0.1:{port}" in said
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
        assert b"The Daily" in answer.read()
    assert stopped(process) == 0


def test_without_the_pages_nothing_listens(office, start):
    port = free_port()
    office.configure(f'web: {{listen: "127.0.0.1:{port}"}}')
    process = start("run", "--no-web")
    assert "pages at" not in until(process, "feed wire: 2 new")
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port), 1):
        pass
    assert stopped(process) == 0


def test_a_worker_delivers_what_lies_in_the_outbox(office, start):
    office.stock()
    office.join(A)
    office.mail.refusals[A] = "554 not today"
    office.digest("send", "daily", code=1)
    office.mail.refusals.clear()
    office.digest("editions", "retry", "1", "--failed")
    process = start("worker")
    assert A not in until(process, "delivered: 1 sent")
    assert stopped(process) == 0
    database = Database(f"sqlite:///{office.folder / 'digest.db'}")
    assert database.call(overview.outbox).states.get(DeliveryState.QUEUED, 0) == 0
    database.close()


def test_without_a_secret_run_says_so_and_ends_with_two(office, start):
    office.configure(site='{url: "https://news.test"}')
    process = start("run")
    _, said = process.communicate(timeout=30)
    assert process.returncode == 2
    assert "DIGEST_SECRET" in said
    assert "Traceback" not in said


def test_preview_serves_this_machine_until_it_is_stopped(office):
    office.stock()
    words = ["preview", "daily", "--no-open", "--config", str(office.config)]
    with subprocess.Popen(
        [sys.executable, "-u", "-c", "from digest.cli import main; main()", *words],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        with urllib.request.urlopen(url, timeout=20) as answer:
            assert b"Rain in Rome" in answer.read()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert process.returncode == 0
