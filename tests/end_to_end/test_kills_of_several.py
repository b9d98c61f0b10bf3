"""Senders that share one database: killed, stopped, cut off from it, or out of disk; nobody is lost or has two letters.

DIGEST_KILLS and DIGEST_READERS raise the counts of the first test.
"""

import os
import random
import resource
import signal
from collections import Counter

import pytest
from sqlalchemy import text

from digest.model import DeliveryState
from digest.store import Database
from tests.end_to_end.test_kills import doubtful, rows

CONNECTIONS, SENDERS = 4, 3
KILLS, READERS = int(os.environ.get("DIGEST_KILLS", "40")), int(os.environ.get("DIGEST_READERS", "4000"))


def size(server):
    return server.path.stat().st_size if server.path.exists() else 0


def figures_of(server, readers, found):
    """What is told of a run; the doubled are those with more than one copy of their letter."""
    copies = server.copies()
    assert len(copies) == readers, "nobody is lost"
    assert all(len(identities) == 1 for identities in server.identities().values()), "a double has the same Message-ID"
    return sum(copies.values()) - readers, f"{len(found)} times, {sum(found)} in doubt"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_three_senders_killed_by_turns_lose_nobody_and_double_only_what_was_in_doubt(
    newsroom, mail_server, wait_until, postgresql_database, record_property
):
    server, chance = mail_server(), random.Random(11)
    room = newsroom(postgresql_database, server.port, READERS, connections=CONNECTIONS)
    room.start("send", "daily", "--yes")
    wait_until(lambda: size(server) > 0)
    senders = [room.processes[-1], *(room.start("send", "daily", "--resume") for _ in range(SENDERS - 1))]
    found, known = [], set()
    for _ in range(KILLS):
        enough = size(server) + 60 * chance.randrange(1, 60)
        wait_until(lambda enough=enough: size(server) >= enough or all(each.poll() is not None for each in senders))
        place = chance.randrange(SENDERS)
        before = doubtful(room.url)
        senders[place].send_signal(signal.SIGKILL)
        senders[place].wait()
        # Those of the others are on their way; what stays in doubt until its lease runs out is the killed one's.
        found.append(len(doubtful(room.url) | before))
        known |= doubtful(room.url) | before
        senders[place] = room.start("send", "daily", "--resume")
    for sender in senders:
        sender.wait(180)
    room.run("send", "daily", "--resume", timeout=180)
    doubled, said = figures_of(server, READERS, found)
    record_property("figures", f"{KILLS} kills of {SENDERS} senders: {doubled} of {READERS} doubled")
    assert doubled <= KILLS * CONNECTIONS, f"one message a connection of the killed one: {said}"
    assert {row.state for row in rows(room.url)} == {DeliveryState.SENT.value}


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_sender_that_is_asked_to_stop_ends_what_it_has_begun(
    newsroom, mail_server, wait_until, tmp_path, record_property
):
    readers, stops, chance = 1_500, 12, random.Random(12)
    server = mail_server(0.01)
    room = newsroom(f"sqlite:///{tmp_path}/digest.db", server.port, readers, connections=CONNECTIONS)
    words, codes = ("--yes",), Counter()
    for _ in range(stops):
        enough = size(server) + 60 * chance.randrange(1, 60)
        sending = room.start("send", "daily", *words)
        wait_until(lambda enough=enough: size(server) >= enough)
        sending.send_signal(signal.SIGTERM)
        codes[sending.wait(20)] += 1
        assert doubtful(room.url) == set(), "what was begun is known"
        words = ("--resume",)
    room.run("send", "daily", "--resume", timeout=120)
    doubled, _ = figures_of(server, readers, [])
    record_property("figures", f"{stops} stops, exit codes {dict(codes)}, {doubled} doubled")
    assert doubled == 0


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_full_disk_stops_before_the_next_final_dot_and_what_is_sent_is_not_sent_again(
    newsroom, mail_server, wait_until, tmp_path, record_property
):
    readers = 1_500
    server = mail_server(0.01)
    path = tmp_path / "digest.db"
    room = newsroom(f"sqlite:///{path}", server.port, readers, connections=CONNECTIONS)
    sending = room.start("send", "daily", "--yes")
    wait_until(lambda: size(server) >= 60 * 100)
    # No file of this process may grow beyond the smallest there is: that is how a full disk answers.
    wal = path.with_name("digest.db-wal").stat().st_size
    resource.prlimit(sending.pid, resource.RLIMIT_FSIZE, (wal // 2, wal // 2))
    status = sending.wait(60)
    said = room.said(room.processes.index(sending))
    assert status != 0, said
    assert "error" in said.lower()
    reached = len(server.copies())
    in_doubt = doubtful(room.url)
    room.run("send", "daily", "--resume", timeout=120)
    doubled, _ = figures_of(server, readers, [])
    record_property(
        "figures", f"{reached} had theirs, {len(in_doubt)} in doubt, {doubled} doubled; {said.splitlines()[-1]}"
    )
    assert doubled <= len(in_doubt) <= reached


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_database_that_drops_every_connection_in_mid_send_loses_nobody(
    newsroom, mail_server, wait_until, postgresql_database, record_property
):
    readers, cuts, chance = 1_000, 5, random.Random(13)
    server = mail_server(0.03)
    room = newsroom(postgresql_database, server.port, readers, connections=CONNECTIONS)
    everybody = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    sending, found = room.start("send", "daily", "--yes"), []
    for _ in range(cuts):
        enough = size(server) + 60 * chance.randrange(20, 120)
        wait_until(lambda enough=enough, sending=sending: size(server) >= enough or sending.poll() is not None)
        database = Database(room.url)
        with database.begin() as connection:
            connection.execute(everybody)
        database.close()
        # One that was between two transactions connects anew, and goes on.
        if sending.poll() is not None:
            found.append(len(doubtful(room.url)))
            sending = room.start("send", "daily", "--resume")
    sending.wait(120)
    found.append(len(doubtful(room.url)))
    room.run("send", "daily", "--resume", timeout=180)
    doubled, said = figures_of(server, readers, found)
    record_property("figures", f"cut off {cuts} times, ended by it {said}, {doubled} doubled")
    assert doubled <= sum(found)
    assert {row.state for row in rows(room.url)} == {DeliveryState.SENT.value}
