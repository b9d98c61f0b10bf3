"""What mail that comes back means for its readers: once, for whom it was, and no more than is shown."""

from datetime import timedelta

import pytest

from digest.mail.returns import Kind, Notice, Verp
from digest.model import SubscriptionState, SuppressionReason
from digest.returned import Returns
from digest.store import bounces, subscribers, suppressions
from tests.mail.returns.test_reading import ADA, OURS, block, complaint, report

VERP = Verp(OURS, ["a secret"])
DEAD = report(block(ADA, "5.1.1", "550 5.1.1 User unknown"))
FULL = report(block(ADA, "5.2.2", "552 5.2.2 Mailbox full"))


@pytest.fixture
def taken(newsroom):
    newsroom.join(ADA)
    return Returns(database=newsroom.database, after=3, within=timedelta(days=10))


def barred(newsroom, address=ADA):
    found = newsroom.database.call(suppressions.find, address)
    return found.reason if found else None


def test_a_dead_address_is_given_up_at_once(newsroom, taken):
    assert taken.take(DEAD, newsroom.now, source="maildir") == ["bounce: suppressed"]
    assert barred(newsroom) is SuppressionReason.BOUNCE
    assert "User unknown" in newsroom.database.call(suppressions.find, ADA).evidence


def test_one_report_counts_once_however_often_it_comes(newsroom, taken):
    for day in range(5):
        fates = taken.take(FULL, newsroom.now + timedelta(days=day), source="maildir")
    assert fates == ["bounce: known already"]
    assert newsroom.database.call(bounces.count) == 1
    assert barred(newsroom) is None


def test_mail_that_comes_back_on_several_days_is_given_up_and_a_day_counts_once(newsroom, taken):
    for hours in (0, 1, 30):
        raw = FULL + f"\nX: {hours}\n".encode()
        taken.take(raw, newsroom.now + timedelta(hours=hours), source="maildir")
    assert barred(newsroom) is None
    fates = taken.take(FULL + b"\nX: last\n", newsroom.now + timedelta(days=3), source="maildir")
    assert fates == ["bounce: suppressed"]
    assert barred(newsroom) is SuppressionReason.BOUNCE


def test_what_came_back_long_ago_does_not_count(newsroom, taken):
    for day in (0, 20, 40, 60):
        taken.take(FULL + f"\nX: {day}\n".encode(), newsroom.now + timedelta(days=day), source="maildir")
    assert barred(newsroom) is None


def test_a_complaint_stops_everything_at_once(newsroom, taken):
    assert taken.take(complaint(), newsroom.now, source="maildir") == ["complaint: suppressed"]
    assert barred(newsroom) is SuppressionReason.COMPLAINT


def test_who_answers_that_they_want_to_leave_has_left(newsroom, taken):
    raw = f"From: {ADA.upper()}\nTo: digest@news.example\nSubject: unsubscribe\n\n".encode()
    assert taken.take(raw, newsroom.now, source="maildir") == ["leave: has left"]
    (reader,) = newsroom.database.call(subscribers.by_address, ADA)
    assert reader.subscription.state is SubscriptionState.LEFT
    assert taken.take(raw, newsroom.now, source="maildir") == ["leave: had left already"]


def test_strangers_are_not_kept(newsroom, taken):
    raw = report(block("nobody@reader.example", "5.1.1", "User unknown"))
    assert taken.take(raw, newsroom.now, source="maildir") == ["bounce: of nobody that we know"]
    assert newsroom.database.call(bounces.count) == 0
    assert barred(newsroom, "nobody@reader.example") is None


async def test_with_signed_return_paths_nobody_makes_a_bounce_up(newsroom):
    newsroom.join(ADA)
    newsroom.join("bob@reader.example")
    newsroom.arrive("news")
    await newsroom.edition()
    delivery = {row.address: row.id for row in newsroom.rows()}
    taken = Returns(database=newsroom.database, verp=VERP)
    assert taken.take(DEAD, newsroom.now, source="maildir") == ["bounce: not to a signed return path, so not believed"]
    # The report names somebody else, as forwarded mail does: whom it was sent to counts.
    signed = report(block("old@alias.example", "5.1.1", "User unknown"), to=VERP.address_of(delivery[ADA]))
    assert taken.take(signed, newsroom.now, source="maildir") == ["bounce: suppressed"]
    assert barred(newsroom) is SuppressionReason.BOUNCE
    assert barred(newsroom, "bob@reader.example") is None


def test_what_a_provider_has_proven_needs_no_signed_return_path(newsroom):
    newsroom.join(ADA)
    notice = Notice(kind=Kind.BOUNCE, recipient=ADA, permanent=True, reason="gone")
    taken = Returns(database=newsroom.database, verp=VERP)
    assert taken.act((notice,), newsroom.now, source="ses", external_id="1", proven=True) == ["bounce: suppressed"]
