"""What has been, day by day."""

from datetime import UTC, datetime, timedelta

from digest.store import history, subscribers
from digest.store.subscribers import Choices

DAY = timedelta(days=1)
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_readers_gained_and_lost_are_counted_by_day(database):
    days = [datetime(2026, 11, 21, tzinfo=UTC) + n * DAY for n in range(3)]
    with database.begin() as connection:
        own = []
        for n in range(4):
            who = subscribers.add(connection, f"r{n}@x.example", NOW)
            own.append(subscribers.subscribe(connection, who.id, "daily", Choices(), 0, NOW).id)
        subscribers.confirm(connection, own[0], NOW - 9 * DAY, "test")
        subscribers.confirm(connection, own[1], NOW - DAY, "test")
        subscribers.confirm(connection, own[2], NOW, "test")
        subscribers.confirm(connection, own[3], NOW, "test")
        subscribers.leave(connection, own[0], NOW - 2 * DAY, "test")
        subscribers.leave(connection, own[2], NOW, "test")

        assert history.gained_and_lost(connection, days) == ((0, 1, 2), (1, 0, 1))
