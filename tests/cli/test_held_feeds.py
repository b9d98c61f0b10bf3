"""What is held, as the operator sees it and decides."""

import json
import sqlite3
from contextlib import closing

import pytest


@pytest.fixture
def flooded(office):
    office.stock()
    with closing(sqlite3.connect(office.folder / "digest.db")) as database, database:
        database.execute("UPDATE articles SET held = 1")
        database.execute("INSERT INTO feeds (name, polled_at) VALUES ('wire', '2026-03-01 00:00:00.000000')")
    return office


CHOICE = "`digest feeds release wire` tells them, `digest feeds dismiss wire` does not\n"


def test_what_is_held_is_listed_and_said(flooded):
    listed = flooded.digest("feeds", "list", "--failing")
    assert "wire\theld\t" in listed.stdout
    assert f"wire: 2 old articles became new at once: held; {CHOICE}" in listed.stderr
    assert json.loads(flooded.digest("feeds", "list", "--json").stdout)[0]["held"] == 2
    assert f"held: 2 articles of wire, since they became new at once: {CHOICE}" in flooded.digest("status").stdout
    told = json.loads(flooded.digest("status", "--json").stdout)
    assert (told["feeds"]["held"], told["articles"]["stored"]) == ({"wire": 2}, 2)


@pytest.mark.parametrize(("command", "done"), [("release", "released"), ("dismiss", "dismissed")])
def test_the_operator_decides_once(flooded, command, done):
    assert f"2 articles of wire {done}\n" in flooded.digest("feeds", command, "wire").stderr
    assert f"0 articles of wire {done}\n" in flooded.digest("feeds", command, "wire").stderr
    assert "held" not in flooded.digest("status").stdout
    assert "wire\tfine\t" in flooded.digest("feeds", "list").stdout


def test_a_feed_that_is_configured_no_more_can_be_decided_about_and_an_unknown_one_not(flooded):
    flooded.configure(feeds="[{name: other, url: 'https://other.test/', category: world}]")
    assert "2 articles of wire dismissed\n" in flooded.digest("feeds", "dismiss", "wire").stderr
    assert "no feed" in flooded.digest("feeds", "dismiss", "wire", code=2).stderr
