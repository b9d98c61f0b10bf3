"""`digest editions show`: how far an edition is, what it waits for, and what the servers said."""

import json
import re
from contextlib import closing
from datetime import timedelta

import pytest
from sqlalchemy import update

from digest.app.house import utc_now
from digest.store import Database, schema

A, B, C = "ada@reader.test", "bob@reader.test", "carl@reader.test"
DAILY = '{{daily: {{title: The Daily, schedule: {{at: "07:00"}}, sending: {{{sending}}}}}}}'


def sending(office, text):
    office.configure(newsletters=DAILY.format(sending=text))
    office.stock()


def shown(office):
    return json.loads(office.digest("editions", "show", "1", "--json").stdout)


def change(office, table, **values):
    with closing(Database(f"sqlite:///{office.folder / 'digest.db'}")) as database, database.begin() as connection:
        connection.execute(update(table).values(**values))


@pytest.fixture
def mixed(office):
    """One got it, one was put off, one refused."""
    office.stock()
    office.join(A, B, C)
    office.mail.refusals |= {B: f"451 4.7.1 <{B}> later, ask for 4F3A", C: f"550 5.7.1 <{C}> blocked, ask for 99"}
    office.digest("send", "daily", code=1)
    return office


def test_figures_replies_and_the_next_attempt_are_shown(mixed):
    it = shown(mixed)
    assert it["deliveries"] == {"sent": 1, "deferred": 1, "failed": 1}
    assert (it["open"], it["in_doubt"], it["next_attempts"]["count"]) == (0, 0, 1)
    assert it["next_attempts"]["first"] == it["next_attempts"]["last"]
    assert it["rate"] > 0
    said = {(each["state"], each["reply"], each["count"], each["about"]) for each in it["replies"]}
    assert ("deferred", "451 4.7.1 … later, ask for …", 1, False) in said
    assert ("failed", "550 5.7.1 … blocked, ask for …", 1, False) in said
    assert {each["state"] for each in it["refusals"]} == {"deferred", "failed"}
    assert {each["state"] for each in it["replies"]} == {"deferred", "failed", "sent"}
    said = mixed.digest("editions", "show", "1").stdout
    assert "1 sent, 1 deferred, 1 failed" in said
    assert re.search(r"^progress +3 of 3 deliveries$", said, re.MULTILINE)
    assert re.search(r"^next attempts +1 at \d{4}-", said, re.MULTILINE)
    assert re.search(r"^refused +1 of the first 2; paused at 3$", said, re.MULTILINE)


def test_what_is_under_way_has_a_speed_and_a_time_that_is_left(mixed):
    change(mixed, schema.deliveries.update().table, next_attempt_at=utc_now())
    with closing(Database(f"sqlite:///{mixed.folder / 'digest.db'}")) as database, database.begin() as connection:
        row = schema.deliveries.c
        connection.execute(update(schema.deliveries).where(row.state == "deferred").values(state="queued", code=0))
        recent = utc_now() - timedelta(seconds=30)
        connection.execute(update(schema.deliveries).where(row.settled_at.is_not(None)).values(settled_at=recent))
    said = mixed.digest("editions", "show", "1").stdout
    assert re.search(r"^progress +2 of 3 deliveries, 4 a minute, 1[4-6] s left$", said, re.MULTILINE)


def test_what_may_have_arrived_is_in_doubt_and_not_open(mixed):
    with closing(Database(f"sqlite:///{mixed.folder / 'digest.db'}")) as database, database.begin() as connection:
        past = utc_now() - timedelta(minutes=5)
        values = {"state": "sending", "dot_at": past, "lease": "dead", "lease_until": past}
        connection.execute(update(schema.deliveries).where(schema.deliveries.c.state == "deferred").values(**values))
    it = shown(mixed)
    assert (it["in_doubt"], it["open"]) == (1, 0)
    assert "1 in doubt" in mixed.digest("editions", "show", "1").stdout


def test_watching_ends_when_the_edition_is_over(office):
    office.stock()
    office.join(A)
    office.digest("send", "daily")
    assert "1 sent" in office.digest("editions", "show", "1", "--watch").stdout


def test_the_first_readers_get_it_and_the_others_wait_until_the_operator_lets_them(office):
    sending(office, "canary: 1, wait: 30m")
    office.join(A, B, C)
    result = office.digest("send", "daily")
    assert list(office.mail.mails()) == [A]
    said = r"edition 1: 1 of the 1 that go first are settled, the others at \d\d:\d\d; `digest run` goes on then, "
    assert re.search(said, result.stderr)
    assert re.search(r"^waits for +1 of the 1 that", office.digest("editions", "show", "1").stdout, re.MULTILINE)
    assert "the others at" in json.loads(office.digest("editions", "list", "--json").stdout)[0]["reason"]
    guard = shown(office)["guard"]
    assert (guard["first"], guard["release_at"] is not None) == ([1, 1], True)
    office.digest("editions", "resume", "1")
    office.digest("send", "daily", "--resume")
    assert set(office.mail.mails()) == {A, B, C}
    assert "is done, not paused" in office.digest("editions", "resume", "1", code=2).stderr


def test_the_others_get_it_once_the_canarys_wait_is_over(office):
    sending(office, "canary: 1, wait: 30m")
    office.join(A, B)
    office.digest("send", "daily")
    change(office, schema.editions, release_at=utc_now() + timedelta(seconds=1))
    assert "1 sent" in office.digest("send", "daily", "--resume").stdout
    assert set(office.mail.mails()) == {A, B}


def test_an_edition_that_is_refused_too_often_is_paused_and_it_is_said_why(office):
    sending(office, "canary: 4, stop_at: 10%")
    readers = [f"reader{number}@reader.test" for number in range(8)]
    office.join(*readers)
    office.mail.refusals |= {reader: f"550 5.1.1 <{reader}> unknown" for reader in readers[:4]}
    stderr = office.digest("send", "daily", code=1).stderr
    assert re.search(r"edition 1 is paused: [34] of the (first )?4 .*were refused: 550 5\.1\.1 … unknown", stderr)
    assert "`digest editions resume 1`" in stderr
    assert office.mail.mails() == {}
    (listed,) = json.loads(office.digest("editions", "list", "--json").stdout)
    assert (listed["state"], listed["open"]) == ("paused", 4)
    office.digest("editions", "resume", "1")
    assert "4 sent" in office.digest("send", "daily", "--resume").stdout


def test_an_edition_that_nobody_got_is_listed_with_what_the_server_said(office):
    office.stock()
    office.join(A)
    office.mail.refusals[A] = f"550 5.7.1 <{A}> blocked"
    office.digest("send", "daily", code=1)
    (listed,) = json.loads(office.digest("editions", "list", "--json").stdout)
    assert (listed["state"], listed["reason"][:20]) == ("done", "nobody got it: 550 5")


def test_an_edition_paused_by_hand_says_so(mixed):
    mixed.digest("editions", "pause", "1")
    assert re.search(r"^waits for +paused by the operator$", mixed.digest("editions", "show", "1").stdout, re.MULTILINE)
