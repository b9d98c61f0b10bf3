"""Three hosts in networks of their own, eight processes, one PostgreSQL: killed, stopped, cut off, and nobody is lost.

The hosts are network namespaces, which need root and a kernel that lets one make them; where there is none, there is
no test here. DIGEST_BLOWS and DIGEST_READERS raise the counts.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from digest.model import DeliveryState
from digest.store import Database, schema
from tests.end_to_end.conftest import DIGEST
from tests.end_to_end.test_kills import rows

FORWARD = Path(__file__).parent / "forward.py"
BLOWS, READERS = int(os.environ.get("DIGEST_BLOWS", "12")), int(os.environ.get("DIGEST_READERS", "3000"))
CONNECTIONS = 4
#: Host -> what runs there.
ROLES = (("run", "worker", "worker"), ("run", "worker", "worker"), ("worker", "worker"))
#: Of every machine's tests another network.
NET = f"10.177.{os.getpid() % 250}"
TAG = f"dg{os.getpid() % 100_000}"


def ip(*words):
    return subprocess.run(["ip", *words], check=False, capture_output=True, text=True)


def possible():
    """Whether namespaces can be made here."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        return False
    name = f"{TAG}try"
    made = ip("netns", "add", name).returncode == 0
    linked = ip("link", "add", name, "type", "bridge").returncode == 0
    ip("link", "del", name)
    ip("netns", "del", name)
    return made and linked


@dataclass
class Host:
    """A network of its own, joined to the others by a bridge, and the processes there."""

    number: int
    config: Path
    log: Path
    processes: list[subprocess.Popen] = field(default_factory=list)

    @property
    def name(self):
        return f"{TAG}h{self.number}"

    @property
    def link(self):
        """The end of its cable that is ours."""
        return f"{TAG}v{self.number}"

    def build(self):
        inner = f"{TAG}i{self.number}"
        for words in (
            ("netns", "add", self.name),
            ("link", "add", self.link, "type", "veth", "peer", "name", inner),
            ("link", "set", inner, "netns", self.name),
            ("link", "set", self.link, "master", f"{TAG}br"),
            ("link", "set", self.link, "up"),
            ("-n", self.name, "addr", "add", f"{NET}.{10 + self.number}/24", "dev", inner),
            ("-n", self.name, "link", "set", inner, "up"),
            ("-n", self.name, "link", "set", "lo", "up"),
        ):
            done = ip(*words)
            assert done.returncode == 0, f"ip {' '.join(words)}: {done.stderr}"

    def start(self, role, place=None):
        with self.log.open("a") as log:
            process = subprocess.Popen(
                ["ip", "netns", "exec", self.name, *DIGEST, "--config", str(self.config), role],
                stdout=log,
                stderr=subprocess.STDOUT,
                env=os.environ | {"DIGEST_SECRET": "s" * 40},
            )
        if place is None:
            self.processes.append(process)
        else:
            self.processes[place] = process

    def cut(self, *, off):
        ip("link", "set", self.link, "down" if off else "up")

    def end(self):
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait()
        ip("link", "del", self.link)
        ip("netns", "del", self.name)


@pytest.fixture
def bridge():
    """Where the hosts meet; its address is that of the database and the mail server."""
    assert ip("link", "add", f"{TAG}br", "type", "bridge").returncode == 0
    ip("addr", "add", f"{NET}.1/24", "dev", f"{TAG}br")
    ip("link", "set", f"{TAG}br", "up")
    yield f"{NET}.1"
    ip("link", "del", f"{TAG}br")


@pytest.fixture
def forwarded(bridge):
    """Makes something of ours reachable for the hosts; gives the port and the process."""
    started = []

    def start(target):
        process = subprocess.Popen(
            [sys.executable, str(FORWARD), bridge, str(target)], stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        return int(process.stdout.readline()), process

    yield start
    for process in started:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait()
        process.stdout.close()


def socket_of(url):
    """The path of the socket that a URL of the test's PostgreSQL leads to."""
    folder = url.partition("host=")[2].partition("&")[0]
    return next(Path(folder).glob(".s.PGSQL.*[0-9]"))


def tally(url):
    database = Database(url)
    found = database.call(
        lambda c: (
            c.scalar(select(func.count()).select_from(schema.deliveries).where(schema.deliveries.c.state != "sent")),
            c.scalar(select(func.count()).select_from(schema.deliveries)),
            c.scalar(select(func.coalesce(func.sum(schema.deliveries.c.doubts), 0))),
            c.scalar(select(func.count()).select_from(schema.editions).where(schema.editions.c.number > 0)),
        )
    )
    database.close()
    return found


class Blows:
    """What befalls the hosts, one blow after the other."""

    def __init__(self, hosts, database, chance):
        self.hosts, self.database, self.chance = hosts, database, chance
        self.dealt = []

    def deal(self):
        kind = self.chance.choice([self.kill, self.kill, self.stop, self.cut, self.silence])
        self.dealt.append(kind.__name__)
        kind()

    def kill(self):
        host = self.chance.choice(self.hosts)
        place = self.chance.randrange(len(host.processes))
        # `ip netns exec` becomes the program that it starts.
        host.processes[place].kill()
        host.processes[place].wait()
        host.start(ROLES[host.number][place], place)

    def stop(self):
        process = self.chance.choice(self.chance.choice(self.hosts).processes)
        process.send_signal(signal.SIGSTOP)
        self.wait(1, 4)
        process.send_signal(signal.SIGCONT)

    def cut(self):
        host = self.chance.choice(self.hosts)
        host.cut(off=True)
        self.wait(1, 4)
        host.cut(off=False)

    def silence(self):
        """The database answers nobody for a while."""
        self.database.send_signal(signal.SIGSTOP)
        self.wait(1, 3)
        self.database.send_signal(signal.SIGCONT)

    def wait(self, least, most):
        threading.Event().wait(self.chance.uniform(least, most))


if possible():

    @pytest.mark.slow
    @pytest.mark.timeout(1800)
    def test_hosts_that_are_killed_stopped_and_cut_off_lose_nobody_and_double_only_what_was_in_doubt(
        newsroom, mail_server, wait_until, postgresql_database, forwarded, bridge, tmp_path, record_property
    ):
        server, chance = mail_server(0.1), random.Random(17)
        slot = (datetime.now(UTC) - timedelta(minutes=5)).strftime("%H:%M")
        room = newsroom(postgresql_database, server.port, READERS, schedule=slot, connections=CONNECTIONS)
        sql, database = forwarded(socket_of(room.url))
        smtp, _ = forwarded(server.port)
        name = room.url.partition("?")[0].rpartition("/")[2]
        text = room.config.read_text().replace(room.url, f"postgresql://postgres@{bridge}:{sql}/{name}")
        config = tmp_path / "hosts.yaml"
        config.write_text(text.replace(f"host: 127.0.0.1, port: {server.port}", f"host: {bridge}, port: {smtp}"))
        hosts = [Host(number, config, tmp_path / f"host-{number}") for number in range(len(ROLES))]
        with ExitStack() as stack:
            for host in hosts:
                stack.callback(host.end)
                host.build()
                for role in ROLES[host.number]:
                    host.start(role)
            wait_until(lambda: len(server.taken()) > READERS / 20, 90)
            blows = Blows(hosts, database, chance)
            for blow in range(BLOWS):
                enough = READERS * (1 + blow) // (BLOWS + 2)
                wait_until(lambda enough=enough: len(server.taken()) >= enough, 120)
                blows.deal()
            # Whoever holds something that is in doubt has until the lease ends, and whoever retries some time more.
            wait_until(lambda: tally(room.url)[0] == 0, 300)
        left, deliveries, doubts, editions = tally(room.url)
        copies = server.copies()
        doubled = sum(copies.values()) - READERS
        record_property("figures", f"{blows.dealt}: {doubts} in doubt, {doubled} of {READERS} doubled")
        assert (left, deliveries, editions) == (0, READERS, 1), "the slot fires once, for everybody"
        assert len(copies) == READERS, "nobody is lost"
        assert all(len(identities) == 1 for identities in server.identities().values()), "a double is the same letter"
        assert doubled <= doubts
        assert {row.state for row in rows(room.url)} == {DeliveryState.SENT.value}
