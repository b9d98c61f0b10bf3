"""From figures to what is wrong."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from digest.app.alerts.conditions import Figures, Limits, wrong
from digest.model import Edition, EditionState, FeedState

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FINE = Figures(now=NOW, readers=1_000, next_slot=NOW + DAY, free=0.5)
WIRE = FeedState(name="wire", url="https://wire.example/rss", succeeded_at=NOW - HOUR)
PAUSED = Edition(
    id=7,
    newsletter="daily",
    slot=NOW,
    number=3,
    upto=9,
    state=EditionState.PAUSED,
    reason="31 of the first 500 were refused",
    frozen_at=NOW,
)


def test_where_all_is_well_nothing_is_wrong():
    assert wrong(replace(FINE, feeds=[WIRE]), Limits()) == {}


@pytest.mark.parametrize(
    ("figures", "key"),
    [
        ({"feeds": [replace(WIRE, failures=9, succeeded_at=NOW - 25 * HOUR)]}, ("feed failing", "wire")),
        ({"feeds": [replace(WIRE, gone=True)]}, ("feed failing", "wire")),
        ({"feeds": [replace(WIRE, newest_at=NOW - 13 * DAY, gap=DAY)]}, ("feed silent", "wire")),
        ({"paused": [PAUSED]}, ("edition waits", "daily 7")),
        ({"overdue": {"daily": NOW - HOUR}}, ("edition late", "daily")),
        ({"oldest_due": NOW - HOUR}, ("mail late", "")),
        ({"held": "it is older than what it has sent"}, ("store held", "")),
        ({"relay": "535 no"}, ("mail server", "")),
        ({"bounces": 51}, ("bounces", "")),
        ({"complaints": 4}, ("complaints", "")),
        ({"free": 0.04}, ("disk", "")),
        ({"refused": "digest.yaml:3: no such key"}, ("configuration", "")),
        ({"certificate_ends": NOW + 13 * DAY}, ("certificate", "")),
        ({"certificate_ends": NOW - DAY}, ("certificate", "")),
        ({"next_slot": None}, ("nothing due", "")),
        ({"next_slot": NOW + 8 * DAY}, ("nothing due", "")),
        ({"step": timedelta(hours=1)}, ("clock", "")),
        ({"step": timedelta(hours=-1)}, ("clock", "")),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple | dict) else None,
)
def test_each_kind_of_trouble_is_found_and_no_other(figures, key):
    assert list(wrong(replace(FINE, **figures), Limits())) == [key]


@pytest.mark.parametrize(
    "figures",
    [
        {"feeds": [replace(WIRE, failures=9, succeeded_at=NOW - 23 * HOUR)]},
        {"feeds": [replace(WIRE, failures=9, succeeded_at=None)]},
        {"feeds": [replace(WIRE, newest_at=NOW - 11 * DAY, gap=DAY)]},
        {"feeds": [replace(WIRE, newest_at=NOW - 40 * HOUR, gap=timedelta(minutes=5))]},
        {"overdue": {"daily": NOW - timedelta(minutes=20)}},
        {"oldest_due": NOW - timedelta(minutes=20)},
        {"bounces": 50},
        {"bounces": 9, "readers": 10},
        {"complaints": 2, "readers": 10},
        {"free": None},
        {"certificate_ends": NOW + 15 * DAY},
        {"next_slot": None, "has_newsletters": False},
        {"step": timedelta(seconds=40)},
    ],
    ids=[
        "failing for less",
        "never polled",
        "silent for less",
        "silent for a night",
        "slot just past",
        "mail just due",
        "few bounces",
        "few readers",
        "two complaints",
        "disk not known",
        "certificate for long",
        "no newsletter",
        "clock a little off",
    ],
)
def test_what_may_be_so_is_not_told(figures):
    assert wrong(replace(FINE, **figures), Limits()) == {}


def test_no_slot_for_long_may_be_meant():
    assert wrong(replace(FINE, next_slot=None), Limits(nothing_due=timedelta())) == {}
