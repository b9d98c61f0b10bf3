"""A sender that is killed in the middle: nobody is lost, and no more is doubled than could not be recorded."""

import signal

import pytest

from digest.model import DeliveryState
from digest.store import Database, outbox

READERS = 10_000


def tally(url):
    database = Database(url)
    try:
        return database.call(outbox.tally, 1)
    finally:
        database.close()


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_ten_thousand_readers_get_exactly_one_mail_each(newsroom, mail_server, tmp_path):
    server = mail_server()
    room = newsroom(f"sqlite:///{tmp_path}/digest.db", server.port, READERS)
    room.run("send", "daily", "--yes", timeout=120)
    copies = server.copies()
    assert len(copies) == READERS
    assert set(copies.values()) == {1}
    assert tally(room.url).states == {DeliveryState.SENT: READERS}


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_kill_loses_nobody_and_doubles_only_what_was_not_recorded(newsroom, mail_server, wait_until, tmp_path):
    server = mail_server()
    room = newsroom(f"sqlite:///{tmp_path}/digest.db", server.port, READERS)
    not_recorded = 0
    for share in (0.2, 0.5):
        words = ("--yes",) if share == 0.2 else ("--resume",)
        sending = room.start("send", "daily", *words)
        wait_until(lambda share=share: len(server.taken()) > READERS * share)
        sending.send_signal(signal.SIGKILL)
        sending.wait()
        not_recorded = len(server.taken()) - tally(room.url).states.get(DeliveryState.SENT, 0)
        assert 0 <= not_recorded <= 100, "a kill leaves only the last moments unrecorded"
    room.run("send", "daily", "--resume", timeout=120)

    copies = server.copies()
    assert len(copies) == READERS, "nobody is lost"
    assert sum(copies.values()) - READERS <= not_recorded, "no more is doubled than was not recorded"
    assert all(len(identities) == 1 for identities in server.identities().values()), "a double has the same Message-ID"
    assert tally(room.url).states == {DeliveryState.SENT: READERS}
