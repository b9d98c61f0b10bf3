"""A store that is older than what it has sent, or a copy of another, is found, and held until the operator says so."""

import shutil
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from digest.store import Database, fence, migrate
from digest.store.fence import Fence
from digest.store.schema import instance

NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)


@pytest.fixture
def store(database_url):
    """A store of this test's own."""
    database = Database(database_url)
    migrate.upgrade(database)
    yield database
    database.close()


@pytest.fixture
def house(tmp_path):
    """A store in a file that has sent until seven."""
    database = Database(f"sqlite:///{tmp_path}/here/digest.db")
    migrate.upgrade(database)
    _send(database, NOW)
    yield database
    database.close()


def _look(database, identity="another"):
    return database.call(Fence(database).look, identity)


def _send(database, at):
    own = Fence(database)
    assert database.call(own.look, "this") == ""
    assert database.call(fence.advance, at)
    database.call(own.write)


def test_a_store_that_goes_on_where_it_was_is_never_held(store):
    for hour in range(3):
        _send(store, NOW + timedelta(hours=hour))
    assert _look(store) == ""
    assert store.call(fence.held) == ""


def test_it_counts_on_though_the_clock_goes_back(store):
    _send(store, NOW)
    _send(store, NOW - timedelta(hours=1))
    with store.begin() as connection:
        assert connection.execute(instance.select()).one().epoch == NOW.timestamp() + 1


def test_a_backup_that_is_put_back_is_held_for_what_it_does_not_know(house):
    _send(house, NOW + timedelta(hours=2))
    with house.begin() as connection:
        connection.execute(update(instance).values(epoch=int(NOW.timestamp())))
    reason = _look(house)
    assert "until 2026-03-02 09:00:00 UTC, and it knows of none after 2026-03-02 07:00:00 UTC" in reason
    assert not house.call(fence.advance, NOW)
    assert house.call(fence.held) == reason
    assert _look(house) == reason, "until the operator says so"


def test_a_copy_is_held_with_its_note_and_without(house, tmp_path):
    house.close()
    shutil.copytree(tmp_path / "here", tmp_path / "with")
    shutil.copytree(tmp_path / "here", tmp_path / "without")
    (tmp_path / "without" / "digest.db.instance").unlink()
    for name, said in (("with", "it is a copy"), ("without", "is missing")):
        copy = Database(f"sqlite:///{tmp_path}/{name}/digest.db")
        assert said in _look(copy)
        copy.close()


def test_a_folder_that_is_moved_is_not_held(house, tmp_path):
    house.close()
    (tmp_path / "here").rename(tmp_path / "there")
    moved = Database(f"sqlite:///{tmp_path}/there/digest.db")
    assert _look(moved) == ""
    moved.close()


@pytest.mark.parametrize("note", ["", "[]", '{"instance": 1}', "\x00", '{"instance": "that", "epoch": 0, "place": ""}'])
def test_a_note_that_is_not_this_stores_holds_it(house, note):
    Fence(house).file.write_text(note)
    assert "is of another store" in _look(house)


def test_a_database_that_is_not_where_it_was_is_held_on_postgresql(on_postgresql):
    _send(on_postgresql, NOW)
    with on_postgresql.begin() as connection:
        connection.execute(update(instance).values(place="7/1/2"))
    assert "restored, copied or failed over" in _look(on_postgresql)


def test_a_database_that_has_never_sent_may_be_anywhere(store):
    assert _look(store) == ""
    with store.begin() as connection:
        connection.execute(update(instance).values(place="elsewhere"))
    assert _look(store) == ""


def test_once_it_is_adopted_it_sends_and_what_it_was_copied_from_does_not_bring_the_note_back(house):
    Fence(house).file.unlink()
    assert _look(house)
    house.call(Fence(house).adopt, "new", NOW, NOW - timedelta(hours=1))
    house.call(Fence(house).write)
    assert _look(house) == ""
    assert house.call(fence.told_until) == NOW - timedelta(hours=1)
    assert house.call(fence.advance, NOW)
