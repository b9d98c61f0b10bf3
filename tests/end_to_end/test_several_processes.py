"""Several processes on one database: each slot gives one edition, each reader one mail."""

import signal
import time
from datetime import UTC, datetime, timedelta

import pytest

from digest.model import DeliveryState, EditionState
from digest.store import Database, editions, outbox

READERS = 1_500


def five_minutes_ago():
    """A slot that has just been missed: every process finds it due as soon as it starts."""
    return (datetime.now(UTC) - timedelta(minutes=5)).strftime("%H:%M")


def ended(process):
    process.send_signal(signal.SIGTERM)
    begun = time.monotonic()
    status = process.wait(15)
    return status, time.monotonic() - begun


def under_way(room):
    """Whether an edition is being sent; the last deliveries may be recorded a moment after they were taken."""
    database = Database(room.url)
    try:
        return any(edition.state is EditionState.SENDING for edition in database.call(editions.latest))
    finally:
        database.close()


def check(room, server):
    copies = server.copies()
    assert len(copies) == READERS
    database = Database(room.url)
    sent = [edition for edition in database.call(editions.latest, "daily") if edition.state is EditionState.DONE]
    assert len(sent) == 1, "one edition for the slot"
    assert database.call(outbox.tally, sent[0].id).states == {DeliveryState.SENT: READERS}
    database.close()
    return copies


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_two_services_on_one_database_send_each_slot_once(newsroom, mail_server, wait_until, database_url):
    server = mail_server()
    room = newsroom(database_url, server.port, READERS, schedule=five_minutes_ago())
    services = [room.start("run"), room.start("run")]
    wait_until(lambda: len(server.copies()) == READERS, 100)
    wait_until(lambda: not under_way(room), 30)
    for service in services:
        status, seconds = ended(service)
        assert status == 0, room.said(services.index(service))
        assert seconds < 10
    assert set(check(room, server).values()) == {1}


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_workers_share_the_work_and_one_killed_loses_nothing(newsroom, mail_server, wait_until, postgresql_database):
    server = mail_server(0.02)
    room = newsroom(postgresql_database, server.port, READERS, schedule=five_minutes_ago(), connections=4)
    workers = [room.start("worker"), room.start("worker")]
    services = [room.start("run"), room.start("run")]
    wait_until(lambda: len(server.copies()) > READERS / 3, 100)
    workers[0].send_signal(signal.SIGKILL)
    workers[0].wait()
    wait_until(lambda: len(server.copies()) == READERS, 120)
    wait_until(lambda: not under_way(room), 90)
    for process in (workers[1], *services):
        status, _ = ended(process)
        assert status == 0
    copies = check(room, server)
    # At most what the killed one had in its hands.
    assert sum(copies.values()) - READERS <= 3 * 4
    assert all(len(identities) == 1 for identities in server.identities().values())


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_sigterm_finishes_what_is_in_flight_and_loses_nothing(newsroom, mail_server, wait_until, tmp_path):
    server = mail_server(0.05)
    room = newsroom(f"sqlite:///{tmp_path}/digest.db", server.port, READERS, schedule=five_minutes_ago())
    service = room.start("run")
    wait_until(lambda: len(server.copies()) > 50, 60)
    status, seconds = ended(service)
    assert status == 0
    assert seconds < 10
    database = Database(room.url)
    states = database.call(outbox.tally, 1).states
    database.close()
    taken = server.copies()
    assert states == {DeliveryState.SENT: len(taken), DeliveryState.QUEUED: READERS - len(taken)}
    assert set(taken.values()) == {1}
