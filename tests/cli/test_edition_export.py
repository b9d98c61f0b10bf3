"""`digest editions export` and `retry`: exactly who got it, and sending to the rest."""

import csv
import io
import json
import stat
from contextlib import closing
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from digest.app.house import utc_now
from digest.store import Database, schema

A, B, C = "ada@reader.test", "bob@reader.test", "carl@reader.test"


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def mixed(office):
    """One got it, one was put off, one refused."""
    office.stock()
    office.join(A, B, C)
    office.mail.refusals |= {B: "451 4.7.1 later", C: "550 5.7.1 =blocked"}
    office.digest("send", "daily", code=1)
    return office


def test_each_reader_is_a_line_with_the_reply_and_the_messages_id(mixed):
    by_address = {row["address"]: row for row in rows(mixed.digest("editions", "export", "1").stdout)}
    assert {address: row["state"] for address, row in by_address.items()} == {A: "sent", B: "deferred", C: "failed"}
    assert (by_address[C]["code"], by_address[C]["attempts"]) == ("550", "1")
    assert "blocked" in by_address[C]["reply"]
    assert utc_now() - datetime.fromisoformat(by_address[A]["settled_at"]) < timedelta(minutes=1)
    assert by_address[B]["settled_at"] == ""
    assert mixed.mail.mails()[A]["Message-ID"] == f"<{by_address[A]['message_id']}>"
    assert by_address[A]["page"].startswith("https://news.test/read/")


def test_states_are_chosen_and_what_may_have_arrived_is_one_of_them(mixed):
    export = lambda *more: [row["address"] for row in rows(mixed.digest("editions", "export", "1", *more).stdout)]  # noqa: E731
    assert export("--state", "sent,failed") == [A, C]
    assert export("--state", "in-doubt") == []
    with closing(Database(f"sqlite:///{mixed.folder / 'digest.db'}")) as database, database.begin() as connection:
        waiting = schema.deliveries.c.state == "deferred"
        connection.execute(update(schema.deliveries).where(waiting).values(state="sending", held=True))
    assert export("--state", "in-doubt") == [B]
    assert export("--state", "sending") == []
    assert "there is no state 'gone'" in mixed.digest("editions", "export", "1", "--state", "gone", code=2).stderr
    assert "9" in mixed.digest("editions", "export", "9", code=2).stderr


def test_it_can_be_written_to_a_file_that_others_cannot_read_and_as_json(mixed):
    file = mixed.folder / "who.jsonl"
    said = mixed.digest("editions", "export", "1", "--json", "--output", str(file)).stderr
    assert "with 3 deliveries" in said
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["address"] for line in lines] == [A, B, C]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "exists already" in mixed.digest("editions", "export", "1", "--output", str(file), code=2).stderr


def test_a_reply_is_no_formula_for_a_spreadsheet(mixed):
    with closing(Database(f"sqlite:///{mixed.folder / 'digest.db'}")) as database, database.begin() as connection:
        connection.execute(update(schema.deliveries).values(reply="=1+1"))
    assert {row["reply"] for row in rows(mixed.digest("editions", "export", "1").stdout)} == {"'=1+1"}


def test_what_failed_is_tried_again_for_those_alone_who_did_not_get_it(mixed):
    mixed.mail.refusals.clear()
    mixed.mail.received.clear()
    mixed.digest("editions", "retry", "1", "--failed")
    mixed.digest("send", "daily", "--resume")
    assert [address for address, _ in mixed.mail.received] == [C]


def test_what_was_put_off_is_tried_at_once_where_the_operator_says_so(mixed):
    mixed.mail.refusals.clear()
    mixed.mail.received.clear()
    assert "1 delivery that was deferred" in mixed.digest("editions", "retry", "1", "--deferred").stdout
    mixed.digest("send", "daily", "--resume")
    assert [address for address, _ in mixed.mail.received] == [B]
    assert "0 deliveries" in mixed.digest("editions", "retry", "1", "--deferred").stdout


def test_what_is_called_off_is_not_tried_again(mixed):
    mixed.digest("editions", "cancel", "1")
    assert "is cancelled: nothing" in mixed.digest("editions", "retry", "1", "--failed", code=2).stderr
