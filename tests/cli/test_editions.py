"""`digest editions`: what was sent and what comes, and the operator's hand on it."""

import json
from contextlib import closing
from datetime import datetime, timedelta

import pytest

from digest.app.house import utc_now
from digest.model import ArticleDraft
from digest.store import Database, articles, outbox, schema
from digest.store.articles import Arrival
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


def test_readers_whose_clocks_differ_share_a_slot_and_each_clock_is_said(office):
    office.configure(newsletters='{daily: {schedule: {at: "07:00", timezone: subscriber}}}')
    for address, zone, hour in ((A, "Asia/Tokyo", "07:00"), (B, "Asia/Kolkata", "03:30"), ("c@reader.test", "ROK", "")):
        own = ("--hour", hour) if hour else ()
        office.digest("subscribers", "add", address, "--newsletter", "daily", "--timezone", zone, *own, "--confirmed")
    (slot,) = json.loads(office.digest("editions", "next", "1", "--json").stdout)
    assert (slot["zone"], slot["readers"]) == (["Asia/Kolkata", "Asia/Tokyo", "ROK"], 3)
    assert [clock[-5:] for clock in slot["local_time"].split(", ")] == ["03:30", "07:00"]


def test_a_table_names_a_few_zones_of_a_slot_and_counts_the_others(office):
    office.configure(newsletters='{daily: {schedule: {at: "07:00", timezone: subscriber}}}')
    zones = ("Asia/Bangkok", "Asia/Jakarta", "Asia/Saigon", "Asia/Vientiane", "Asia/Phnom_Penh", "Etc/GMT-7")
    for number, zone in enumerate(zones):
        address = f"reader{number}@reader.test"
        office.digest("subscribers", "add", address, "--newsletter", "daily", "--timezone", zone, "--confirmed")
    assert (
        "Asia/Bangkok, Asia/Jakarta, Asia/Phnom_Penh, Asia/Saigon and 2 more"
        in office.digest("editions", "next", "1").stdout
    )


def test_quiet_days_are_passed_over_in_what_comes(office):
    tomorrow = utc_now().date() + timedelta(days=1)
    quiet = f"{tomorrow}..{tomorrow + timedelta(days=40)}"
    office.configure(newsletters=f"{{daily: {{schedule: {{at: 12:00, timezone: UTC, except: {quiet}}}}}}}")
    office.digest("subscribers", "add", A, "--newsletter", "daily", "--confirmed")
    days = [slot["at"][:10] for slot in json.loads(office.digest("editions", "next", "2", "--json").stdout)]
    assert days[1] >= f"{tomorrow + timedelta(days=41)}"


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


def plan(office) -> dict:
    return json.loads(office.digest("editions", "plan", "daily", "--json").stdout)


def test_a_note_is_set_down_replaced_read_from_a_pipe_and_taken_back(office):
    office.stock()
    said = office.digest("editions", "note", "daily", "Good morning").stdout
    assert said.startswith("daily no. 1, due ")
    assert "note: Good morning" in said
    office.digest("editions", "note", "daily", "-", input="Two\r\nlines\n")
    assert plan(office)["note"] == "Two\nlines"
    office.digest("editions", "note", "daily", "--clear")
    assert plan(office)["note"] == ""
    assert "nothing is set down" in office.digest("editions", "plan", "daily").stdout


@pytest.mark.parametrize("text", ["", " \n", "x" * 2_001, "bell\a", "\u202eturned", "tab\there"])
def test_a_note_that_would_do_no_good_in_a_mail_is_refused(office, text):
    office.stock()
    office.digest("editions", "note", "daily", text, code=2)
    assert plan(office)["note"] == ""


def test_a_note_needs_a_text_or_to_be_cleared_but_not_both(office):
    office.stock()
    office.digest("editions", "note", "daily", code=2)
    office.digest("editions", "note", "daily", "text", "--clear", code=2)


def test_articles_are_pinned_in_order_and_taken_back(office):
    office.stock()
    office.digest("editions", "pin", "daily", "2")
    office.digest("editions", "pin", "daily", "Rain in Rome", "2")
    assert [(each["article"], each["title"]) for each in plan(office)["pins"]] == [
        (2, "Snow in Oslo"),
        (1, "Rain in Rome"),
    ]
    office.digest("editions", "unpin", "daily", "2")
    assert [each["article"] for each in plan(office)["pins"]] == [1]
    assert "not pinned" in office.digest("editions", "unpin", "daily", "2", code=2).stderr
    office.digest("editions", "unpin", "daily")
    assert plan(office)["pins"] == []


def test_what_is_planned_is_in_the_edition_that_is_sent_and_not_in_the_next_plan(office):
    office.stock()
    office.join(A)
    office.digest("editions", "note", "daily", "Good morning, readers")
    office.digest("editions", "pin", "daily", "2")
    office.digest("send", "daily")
    text = office.mail.mails()[A].get_body(("plain",)).get_content()
    assert "Good morning, readers" in text
    assert text.index("Snow in Oslo") < text.index("Rain in Rome")
    assert (plan(office)["no"], plan(office)["note"]) == (2, "")


def test_what_would_not_be_told_though_it_is_pinned_is_said(office):
    office.stock()
    assert "there is no article 99" in office.digest("editions", "pin", "daily", "99", code=2).stderr
    with closing(Database(f"sqlite:///{office.folder / 'digest.db'}")) as database, database.begin() as connection:
        rows = schema.articles.update()
        connection.execute(rows.where(schema.articles.c.number == 1).values(backlog=True))
        connection.execute(rows.where(schema.articles.c.number == 2).values(held=True))
    said = office.digest("editions", "pin", "daily", "1", "2").stderr
    assert "article 1 was old when its feed was first polled" in said
    assert "article 2 is held" in said
    office.configure(newsletters='{daily: {title: The Daily, schedule: {at: "07:00"}, categories: [sport]}}')
    with closing(Database(f"sqlite:///{office.folder / 'digest.db'}")) as database, database.begin() as connection:
        connection.execute(schema.articles.update().values(backlog=False, held=False))
    assert "article 1 is in no category" in office.digest("editions", "plan", "daily").stderr


@pytest.fixture
def held(office):
    """An edition that is held."""
    office.stock()
    office.join(A)
    with closing(Database(f"sqlite:///{office.folder / 'digest.db'}")) as database, database.begin() as connection:
        for number in range(1, 5):
            past = utc_now() - timedelta(days=number)
            row = {"newsletter": "daily", "slot": past, "wall": f"{number}", "number": number, "upto": 0}
            more = {"state": "done", "frozen_at": past, "not_before": past, "fresh": 1}
            connection.execute(schema.editions.insert().values(**row, **more))
        now = utc_now()
        arrivals = [
            Arrival(draft=ArticleDraft(keys=(f"n{n}",), title=f"Word{n} thing{n}", url=f"https://w.example/n{n}"))
            for n in range(60)
        ]
        articles.record(connection, "wire", "World Wire", arrivals, now)
    result = office.digest("send", "daily")
    assert "nothing is sent yet, it is held: 62 articles where 1 are usual" in result.stderr
    return office


def test_an_edition_that_is_held_is_said_everywhere_with_what_to_do(held):
    commands = ("`digest editions resume 5`", "`digest editions cancel 5`", "`digest preview daily --at ")
    for words in (("editions", "list"), ("editions", "show", "5"), ("status",)):
        said = held.digest(*words)
        assert all(command in said.stdout + said.stderr for command in commands)
    assert "edition 5 is held:" in held.digest("send", "daily", "--resume").stderr
    assert held.mail.mails() == {}
    (listed,) = json.loads(held.digest("status", "--json").stdout)["paused"]
    assert (listed["id"], listed["newsletter"]) == (5, "daily")


def test_an_edition_that_is_held_is_sent_once_it_is_resumed(held):
    held.digest("editions", "resume", "5")
    held.digest("send", "daily", "--resume")
    assert list(held.mail.mails()) == [A]
