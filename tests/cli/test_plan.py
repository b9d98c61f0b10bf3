"""`digest plan`: what a changed configuration would do to coming and past editions."""

import json

import pytest

WORLD = "{world: {title: World}}"
BOTH = "{world: {title: World}, sport: {title: Sport}}"


@pytest.fixture
def changed(office):
    """Writes the changed configuration, and leaves the one that is in force; gives its path."""

    def write(text: str = "", **replaced: str):
        own = office.config.read_text()
        office.configure(text, **replaced)
        path = office.config.with_name("changed.yaml")
        path.write_text(office.config.read_text())
        office.config.write_text(own)
        return str(path)

    return write


@pytest.fixture
def planned(office):
    """What `digest plan` says of a configuration; by a configuration in force that stands where the office has it."""

    def plan(path, *words, code=0):
        from click.testing import CliRunner

        from digest.cli import main

        line = ["--config", str(office.config), "plan", "--config", path, *words]
        result = CliRunner().invoke(main, line, env={"DIGEST_CONFIG": None, "DIGEST_SECRET": None})
        assert result.exit_code == code, result.output
        return result.output

    return plan


@pytest.fixture
def full(office):
    """An office with two readers, of whom one has chosen, and an edition that was sent."""
    office.stock()
    office.join("ada@x.example", "bob@x.example")
    office.digest("send", "daily", "--yes")
    return office


def test_what_changes_nothing_says_so(full, changed, planned):
    said = planned(changed())
    assert "no setting is otherwise" in said
    assert "daily: 1 past edition would have been the same" in said


def test_an_article_that_would_be_left_out_is_named_with_its_readers(full, changed, planned):
    path = changed(newsletters='{daily: {title: The Daily, exclude: {keywords: [Oslo]}, schedule: {at: "07:00"}}}')
    said = planned(path)
    assert "daily no. 1," in said
    assert "0 in, 1 out, 0 moved, for 2 of 2 readers" in said
    assert "- Snow in Oslo (" in said
    assert "newsletters.daily.exclude" in said


def test_an_article_under_another_heading_is_moved(full, changed, planned):
    path = changed(categories="{world: {title: Planet}}")
    found = json.loads(planned(path, "--json"))
    past = next(each for each in found["editions"] if each["number"] == 1)
    assert past["added"] == past["dropped"] == []
    assert past["moved"]
    assert {tuple(each[1:]) for each in past["moved"]} <= {("World", "Planet")}
    assert (past["touched"], past["readers"]) == (2, 2)
    assert ["categories.world.title", "World", "Planet"] in found["settings"]


def test_another_hour_moves_the_coming_edition(full, changed, planned):
    path = changed(newsletters='{daily: {title: The Daily, schedule: {at: "08:30"}}}')
    said = planned(path)
    assert "newsletters.daily.schedule" in said
    assert "07:00 -> " in said


def test_new_and_dropped_feeds_and_newsletters_are_told_of(full, changed, planned):
    path = changed(
        feeds='[{name: other, url: "https://other.example/feed", category: world}]',
        newsletters='{weekly: {title: The Weekly, schedule: {at: "07:00"}}}',
    )
    said = planned(path)
    assert "feed other is new" in said
    assert "feed wire is not polled any more" in said
    assert "newsletter daily is gone" in said
    assert "daily no. 1," in said
    assert "2 out" in said


def test_articles_that_are_waiting_are_in_the_plan_of_the_coming_edition(office, changed, planned):
    office.stock()
    office.join("ada@x.example")
    before = office.config.read_text()
    said = planned(
        changed(newsletters='{daily: {title: The Daily, exclude: {keywords: [Oslo]}, schedule: {at: "07:00"}}}')
    )
    assert "daily next," in said
    assert office.config.read_text() == before


def test_a_secret_that_is_changed_is_not_shown(full, changed, planned):
    path = changed()
    text = full.config.with_name("changed.yaml").read_text()
    full.config.with_name("changed.yaml").write_text(text + "\nweb: {token: a-token-of-the-tests-that-is-long}\n")
    said = planned(path)
    assert "web.token" in said
    assert "a-token-of-the-tests" not in said


def test_what_is_wrong_with_it_is_said_as_ever(full, changed, planned):
    assert "wrld" in planned(changed(feeds='[{name: a, url: "https://a.example/f", category: wrld}]'), code=2)


def test_the_store_is_not_written_to(full, changed, planned):
    store = full.folder / "digest.db"
    before = store.read_bytes()
    planned(changed(categories="{world: {title: Planet}}"))
    assert store.read_bytes() == before
