"""`digest editions`: what was sent and what comes, and the operator's hand on it."""

import json
from datetime import datetime, timedelta

import pytest

from digest.app.house import utc_now
from digest.store import Database, outbox
from digest.store.outbox import Lease

A, B = "ada@reader.test", "bob@reader.test"


@pytest.fixture
def put_off(office):
    """An edition that the mail server does not want to take just now."""
    office.stock()
    office.join(A)
    office.mail.refusals[A] = "451 4.7.1 later"
    office.digest("send", "daily")
    office.mail.refusals.clear()
    return office


def state(office) -> str:
    return json.loads(office.digest("editions", "list", "--json").stdout)[0]["state"]


def test_an_edition_is_listed_and_shown_with_its_letters_and_refusals(put_off):
    (listed,) = json.loads(put_off.digest("editions", "list", "daily", "--json").stdout)
    assert (listed["id"], listed["no"], listed["open"], listed["sent"]) == (1, 1, 1, 0)
    shown = json.loads(put_off.digest("editions", "show", "1", "--json").stdout)
    assert shown["deliveries"] == {"deferred": 1}
    assert [(letter["readers"], letter["articles"]) for letter in shown["letters"]] == [(1, 2)]
    assert [(refusal["state"], refusal["count"]) for refusal in shown["refusals"]] == [("deferred", 1)]
    assert "https://news.test/read/" in put_off.digest("editions", "show", "1").stdout


def test_what_comes_is_said_with_zones_and_readers(office):
    office.configure(
        newsletters='{daily: {schedule: {at: "07:00", timezone: subscriber}}, yearly: {schedule: {cron: "0 9 1 1 *"}}}'
    )
    for address, zone in ((A, "Asia/Tokyo"), (B, "Asia/Tokyo"), ("carl@reader.test", "America/New_York")):
        office.digest("subscribers", "add", address, "--newsletter", "daily", "--timezone", zone, "--confirmed")
    slots = json.loads(office.digest("editions", "next", "4", "--json").stdout)
    assert sorted((tuple(slot["zone"]), slot["readers"]) for slot in slots) == [
        (("America/New_York",), 1),
        (("America/New_York",), 1),
        (("Asia/Tokyo",), 2),
        (("Asia/Tokyo",), 2),
    ]
    at = [datetime.fromisoformat(slot["at"]) for slot in slots]
    assert at == sorted(at)
    assert utc_now() < at[0] < utc_now() + timedelta(days=1)
    many = json.loads(office.digest("editions", "next", "900", "--json").stdout)
    assert next(slot["zone"] for slot in many if slot["newsletter"] == "yearly") == ["Europe/London"]


def test_what_is_paused_is_not_sent_until_it_is_resumed(put_off):
    put_off.digest("editions", "pause", "1")
    assert state(put_off) == "paused"
    resumed = put_off.digest("send", "daily", "--resume")
    assert "edition 1 is paused: `digest editions resume 1` first" in resumed.stderr
    assert "empty" not in resumed.stdout
    assert "is paused, not sending" in put_off.digest("editions", "pause", "1", code=2).stderr
    put_off.digest("editions", "resume", "1")
    assert state(put_off) == "sending"


def test_what_is_cancelled_goes_into_the_next_letter(put_off):
    assert "1 delivery called off" in put_off.digest("editions", "cancel", "1").stdout
    assert "is cancelled: there is nothing to call off" in put_off.digest("editions", "cancel", "1", code=2).stderr
    put_off.digest("send", "daily")
    assert "Rain in Rome" in put_off.mail.mails()[A].get_body(("plain",)).get_content()


def test_what_failed_can_be_tried_again(office):
    office.stock()
    office.join(A)
    office.mail.refusals[A] = "554 5.7.1 not today"
    office.digest("send", "daily", code=1)
    office.mail.refusals.clear()
    assert "say which" in office.digest("editions", "retry", "1", code=2).stderr
    assert "1 delivery that was failed" in office.digest("editions", "retry", "1", "--failed").stdout
    assert "1 sent" in office.digest("send", "daily", "--resume").stdout
    assert "0 deliveries" in office.digest("editions", "retry", "1", "--in-doubt").stdout


def test_after_a_crash_resume_waits_for_the_lease_and_sends(put_off):
    database = Database(f"sqlite:///{put_off.folder / 'digest.db'}")
    # Leased by a worker that has died since; the lease has a moment to run.
    now = utc_now()
    wanted = Lease(holder="dead", until=now + timedelta(seconds=1.5), most=1)
    assert database.call(outbox.lease, wanted, now + timedelta(hours=1))
    database.close()
    result = put_off.digest("send", "daily", "--resume")
    assert "waiting" in result.stderr
    assert "1 sent" in result.stdout
    assert set(put_off.mail.mails()) == {A}
