"""A newsroom in a temporary folder: a configuration, a store full of readers, a mail server, Digest as a process."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from digest.model import ArticleDraft
from digest.store import Database, articles, editions, migrate
from digest.store.articles import Arrival
from digest.store.schema import subscribers, subscriptions

SINK = Path(__file__).parent / "sink.py"
DIGEST = [sys.executable, "-c", "from digest.cli import main; main()"]
#: The shortest that the configuration allows.
LEASE_S = 10


@pytest.fixture
def wait_until() -> Callable[..., None]:
    """Waits for a condition that another process brings about; fails the test where it does not come."""

    def wait(condition: Callable[[], object], seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "it did not happen in time"
            threading.Event().wait(0.02)

    return wait


@dataclass
class MailServer:
    """The sink as a process, and what it has taken."""

    path: Path
    port: int
    process: subprocess.Popen[str]

    def taken(self) -> list[tuple[str, str]]:
        """(recipient, Message-ID) of every message taken so far, in order."""
        lines = self.path.read_text().splitlines() if self.path.exists() else []
        return [(recipient, identity) for recipient, identity in (line.split(" ") for line in lines)]

    def copies(self) -> Counter[str]:
        return Counter(recipient for recipient, _ in self.taken())

    def identities(self) -> dict[str, set[str]]:
        found = defaultdict(set)
        for recipient, identity in self.taken():
            found[recipient].add(identity)
        return found


@pytest.fixture
def mail_server(tmp_path: Path) -> Iterator[Callable[..., MailServer]]:
    """Starts sinks; they end with the test."""
    started: list[MailServer] = []

    def start(delay: float = 0.0) -> MailServer:
        path = tmp_path / f"taken-{len(started)}"
        process = subprocess.Popen(
            [sys.executable, str(SINK), "0", str(path), str(delay)], stdout=subprocess.PIPE, text=True
        )
        port = int(process.stdout.readline())
        started.append(MailServer(path, port, process))
        return started[-1]

    yield start
    for server in started:
        server.process.kill()
        server.process.wait()
        server.process.stdout.close()


@dataclass
class Newsroom:
    """One configuration and its store."""

    folder: Path
    url: str
    config: Path
    processes: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, *words: str) -> subprocess.Popen[str]:
        """`digest` with these words, in the background."""
        log = (self.folder / f"log-{len(self.processes)}").open("w")
        process = subprocess.Popen(
            [*DIGEST, "--config", str(self.config), *words],
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | {"DIGEST_SECRET": "s" * 40},
        )
        log.close()
        self.processes.append(process)
        return process

    def run(self, *words: str, timeout: float = 90) -> str:
        """`digest` with these words, to its end; fails the test where it fails."""
        process = self.start(*words)
        status = process.wait(timeout)
        said = self.said(self.processes.index(process))
        assert status == 0, said
        return said

    def said(self, which: int) -> str:
        return (self.folder / f"log-{which}").read_text()

    def stop(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.wait()


def fill(url: str, readers: int) -> None:
    """Articles, and so many readers who have been there for hours; the newsletter has been known for as long."""
    now = datetime.now(UTC)
    before = now - timedelta(hours=3)
    database = Database(url)
    migrate.upgrade(database)
    with database.begin() as connection:
        editions.know(connection, ["daily"], before)
        drafts = [
            ArticleDraft(
                keys=(f"k{n}",), title=f"Story {n}", url=f"https://e.example/{n}", excerpt="It happened. " * 20
            )
            for n in range(12)
        ]
        articles.record(connection, "wire", "The Wire", [Arrival(draft=draft) for draft in drafts], now)
        numbers = range(1, readers + 1)
        people = [
            {"id": n, "address": f"r{n}@example.org", "key": f"r{n}@example.org", "created_at": before} for n in numbers
        ]
        connection.execute(insert(subscribers), people)
        state = {"newsletter": "daily", "state": "active", "mark": 0, "frequency": "every", "since": before}
        connection.execute(insert(subscriptions), [{"subscriber": n, **state} for n in numbers])
    database.close()


@pytest.fixture
def newsroom(tmp_path: Path) -> Iterator[Callable[..., Newsroom]]:
    """Makes newsrooms; what they started ends with the test."""
    made: list[Newsroom] = []

    def make(url: str, smtp_port: int, readers: int, schedule: str = "07:00", connections: int = 8) -> Newsroom:
        config = tmp_path / "digest.yaml"
        config.write_text(f"""
site: {{name: House, url: "https://news.example"}}
database: "{url}"
mail:
  from: "House <digest@news.example>"
  lease: {LEASE_S}s
  smtp: {{host: 127.0.0.1, port: {smtp_port}, security: none, connections: {connections}}}
collect: {{allow_private_networks: true, spacing: 0s}}
categories: {{world: {{title: World}}}}
feeds: [{{name: wire, url: "http://127.0.0.1:9/feed", category: world}}]
newsletters: {{daily: {{schedule: {{at: "{schedule}", timezone: UTC}}}}}}
web: {{listen: "127.0.0.1:0"}}
""")
        fill(url, readers)
        made.append(Newsroom(tmp_path, url, config))
        return made[-1]

    yield make
    for room in made:
        room.stop()
