"""A sender that is killed again and again, at any moment: what was in doubt is known, and it is no more than that."""

import random
import signal

import pytest
from sqlalchemy import select

from digest.model import DeliveryState
from digest.store import Database
from digest.store.schema import deliveries

READERS, CONNECTIONS = 10_000, 8
_D = deliveries.c


def rows(url):
    """Every delivery: its id, state, whether its final dot was about to be written, and whether it is held."""
    database = Database(url)
    try:
        with database.begin() as connection:
            chosen = select(_D.id, _D.state, _D.dot_at, _D.held)
            return list(connection.execute(chosen))
    finally:
        database.close()


def doubtful(url):
    return {
        row.id
        for row in rows(url)
        if row.state == DeliveryState.SENDING.value and row.dot_at is not None and not row.held
    }


def killed(room, server, wait_until, kills, chance):
    """Sends, and is killed so many times, after a few messages each; how many were in doubt at each kill."""
    found, words, known = [], ("--yes",), set()
    for _ in range(kills):
        size = server.path.stat().st_size if server.path.exists() else 0
        # A line of the server's is some 60 octets.
        enough = size + 60 * chance.randrange(1, 45)
        sending = room.start("send", "daily", *words)
        wait_until(lambda enough=enough: server.path.exists() and server.path.stat().st_size >= enough)
        sending.send_signal(signal.SIGKILL)
        sending.wait()
        in_doubt = doubtful(room.url)
        found.append(len(in_doubt - known))
        known |= in_doubt
        words = ("--resume",)
    return found


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_hundred_kills_lose_nobody_and_double_only_what_was_known_to_be_in_doubt(
    newsroom, mail_server, wait_until, tmp_path, record_property
):
    server = mail_server()
    room = newsroom(f"sqlite:///{tmp_path}/digest.db", server.port, READERS, connections=CONNECTIONS)
    found = killed(room, server, wait_until, 200, random.Random(7))
    room.run("send", "daily", "--resume", timeout=180)
    copies = server.copies()
    doubled = sum(copies.values()) - READERS
    figures = f"{len(found)} kills, {sum(found)} in doubt, {max(found)} at most at once, {doubled} doubled"
    record_property("figures", figures)
    print(figures)
    assert len(copies) == READERS, "nobody is lost"
    assert max(found) <= CONNECTIONS, "one message a connection"
    assert doubled <= sum(found), "no more is doubled than was in doubt"
    assert all(len(identities) == 1 for identities in server.identities().values()), "a double has the same Message-ID"
    assert {row.state for row in rows(room.url)} == {DeliveryState.SENT.value}


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_held_in_doubt_nothing_is_doubled_and_each_doubt_is_named(
    newsroom, mail_server, wait_until, tmp_path, record_property
):
    server = mail_server()
    room = newsroom(f"sqlite:///{tmp_path}/digest.db", server.port, 2_000, connections=CONNECTIONS)
    room.config.write_text(room.config.read_text().replace("  lease:", "  in_doubt: hold\n  lease:"))
    found = killed(room, server, wait_until, 30, random.Random(8))
    room.run("send", "daily", "--resume", timeout=180)
    copies = server.copies()
    held = [row for row in rows(room.url) if row.held]
    figures = f"{len(found)} kills, {len(held)} held, {2_000 - len(copies)} of them did not arrive"
    record_property("figures", figures)
    print(figures)
    assert set(copies.values()) == {1}, "nothing is doubled"
    assert len(held) == sum(found)
    assert len(copies) + len(held) >= 2_000, "whoever got nothing is named"
    said = room.run("editions", "export", "1", "--state", "in-doubt")
    assert len(said.splitlines()) == len(held) + 1
