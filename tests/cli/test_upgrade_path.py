"""A database of each earlier schema, with an edition half sent: after the upgrade each reader gets it once, and all."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import text

from digest.app.house import utc_now
from digest.model import ArticleDraft
from digest.store import Database, articles, migrate
from digest.store.articles import Arrival

REVISIONS = sorted(migrate.known())
#: Reader -> the state of their delivery, and whether they are served.
READERS = {
    "sent-1": "sent",
    "sent-2": "sent",
    "queued-1": "queued",
    "queued-2": "queued",
    "deferred": "deferred",
    "doubtful": "sending",
    "failed": "failed",
}
STILL_OWED = {"queued-1", "queued-2", "deferred", "doubtful"}


def half_sent(database, revision, now):
    """Rows as a version with this schema would have left them, when its process was killed."""
    slot, long_ago = now - timedelta(hours=1), now - timedelta(days=30)
    old_key, new_key = "0|0||en|", "0|0|0|0||en||0"
    key = old_key if revision == "0001" else new_key

    def put(connection, table, **values):
        names = ", ".join(values)
        marks = ", ".join(f":{name}" for name in values)
        connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({marks})"), values)

    with database.begin() as connection:
        put(connection, "newsletters", name="daily", known_since=moment(database, long_ago))
        for number in (1, 2):
            put(
                connection,
                "articles",
                number=number,
                title=f"Old story {number}",
                url=f"https://e.example/{number}",
                arrived_at=moment(database, slot - timedelta(hours=1)),
                tags="[]",
            )
            arrival = {} if revision == "0001" else {"arrival": number}
            put(connection, "article_feeds", article=number, feed="wire", place=number, **arrival)
            put(connection, "article_keys", key=f"old-{number}", article=number)
        connection.execute(text("UPDATE counters SET value = 2 WHERE name = 'arrival'"))
        put(
            connection,
            "editions",
            id=1,
            newsletter="daily",
            slot=moment(database, slot),
            wall=slot.replace(tzinfo=None).isoformat(),
            number=1,
            upto=2,
            state="sending",
            frozen_at=moment(database, slot),
        )
        words = "Old story 1, old story 2. Leave: zqabcLEAVEqz"
        put(
            connection,
            "letters",
            id=1,
            edition=1,
            nonce="abc",
            subject="Old news",
            text=words,
            html=f"<html><body><p>{words}</p></body></html>",
            language="en",
        )
        for number in (1, 2):
            put(connection, "letter_articles", letter=1, article=number)
        put(connection, "views", edition=1, key=key, letter=1)
        for number, (name, state) in enumerate(READERS.items(), start=1):
            address = f"{name}@x.example"
            put(
                connection,
                "subscribers",
                id=number,
                address=address,
                key=address,
                created_at=moment(database, long_ago),
            )
            put(
                connection,
                "subscriptions",
                id=number,
                subscriber=number,
                newsletter="daily",
                state="active",
                mark=2 if state == "sent" else 0,
                frequency="every",
                since=moment(database, long_ago),
            )
            put(
                connection,
                "deliveries",
                id=number,
                edition=1,
                view=key,
                subscription=number,
                subscriber=number,
                state=state,
                attempts=0 if state == "queued" else 1,
                next_attempt_at=moment(database, slot),
                lease="gone" if state == "sending" else "",
                lease_until=moment(database, slot) if state == "sending" else None,
            )
        if not database.is_sqlite:
            for table in ("subscribers", "subscriptions", "deliveries", "editions", "letters"):
                connection.execute(text(f"SELECT setval('{table}_id_seq', 100)"))


def moment(database, at):
    """As the column of this database takes it from plain SQL."""
    return at.replace(tzinfo=None).isoformat(" ", "microseconds") if database.is_sqlite else at


@pytest.mark.parametrize("revision", REVISIONS)
def test_what_was_half_sent_before_an_upgrade_is_sent_to_the_others_once(office, database_url, revision):
    now = utc_now()
    office.configure(database=database_url)
    database = Database(database_url)
    migrate.upgrade(database, revision)
    half_sent(database, revision, now)

    office.digest("db", "upgrade")
    office.digest("send", "daily", "--resume")
    assert Counter(address for address, _ in office.mail.received) == Counter(
        f"{name}@x.example" for name in STILL_OWED
    ), "those who had theirs get no other, and nobody is forgotten"
    assert all("Old news" in str(mail["Subject"]) for mail in office.mail.mails().values())

    office.digest("send", "daily", "--resume")
    assert len(office.mail.received) == len(STILL_OWED)

    drafts = [ArticleDraft(keys=("new",), title="New story", url="https://e.example/new", published_at=now)]
    database.call(articles.record, "wire", "World Wire", [Arrival(draft=draft) for draft in drafts], now)
    database.close()
    office.mail.received.clear()
    office.digest("send", "daily", "--yes")
    told = office.mail.mails()
    assert set(told) == {f"{name}@x.example" for name in READERS}
    for address, mail in told.items():
        body = mail.get_body(("plain",)).get_content()
        assert "New story" in body
        missed = address.startswith("failed")
        assert ("Old story" in body) == missed, office.digest("why", "Old story 1", "--to", address).output
