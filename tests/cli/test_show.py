"""How results look on a terminal, in a pipe and as JSON."""

import json
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from digest.app.sayings import counted, lasting
from digest.cli.show import Table, cell

AT = datetime(2026, 6, 1, 6, 0, tzinfo=UTC)
TABLE = Table(("name", "last success"), empty="nobody", zone=ZoneInfo("Europe/London"))


def test_in_a_pipe_cells_have_tabs_between_them(capsys):
    TABLE.show([("a\tb\n[red]", AT), ("", None)])
    assert capsys.readouterr().out == "name\tlast success\na b [red]\t2026-06-01 07:00\n-\t-\n"


def test_json_has_a_key_for_each_column_and_utc(capsys):
    TABLE.show([("a", AT)], as_json=True)
    assert json.loads(capsys.readouterr().out) == [{"name": "a", "last_success": "2026-06-01T06:00:00+00:00"}]


def test_on_a_terminal_markup_is_text_and_emptiness_is_said(capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    TABLE.show([("[red]\x1b[2J", AT)])
    out = capsys.readouterr().out
    assert "[red] [2J" in out
    assert "\x1b[2J" not in out
    TABLE.show([])
    assert capsys.readouterr().out == "nobody\n"


def test_on_a_terminal_no_address_is_broken_for_a_long_text_and_empty_columns_are_left_out(capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "60")
    table = Table(("address", "hour", "reason"), empty="nobody")
    table.show([("somebody@readers.example", "", "because " * 20), ("b@readers.example", None, "")])
    out = capsys.readouterr().out
    assert "somebody@readers.example" in out
    assert "hour" not in out
    assert out.count("because") == 20


def test_on_a_terminal_that_is_too_narrow_texts_are_broken_and_not_lost(capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "20")
    Table(("address", "newsletter", "state"), empty="nobody").show([("somebody@readers.example", "evening", "active")])
    shown = capsys.readouterr().out
    letters = Counter("somebody@readers.example" + "evening" + "active")
    assert not letters - Counter(shown)


@pytest.mark.parametrize(
    ("value", "shown"), [(True, "yes"), (("a", "b"), "a, b"), ((), "-"), (0, "0"), (1200, "1200"), ("x", "x")]
)
def test_a_cell_is_one_line(value, shown):
    assert cell(value) == shown


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59, "59 s"), (61, "1 min 1 s"), (3600, "1 h"), (7500, "2 h 5 min"), (90_000, "1 d 1 h"), (-5, "0 s")],
)
def test_a_span_has_two_figures_at_most(seconds, words):
    assert lasting(timedelta(seconds=seconds)) == words


def test_figures_agree_with_their_nouns():
    assert [counted(1, "reader"), counted(1200, "reader"), counted(0, "address", "addresses")] == [
        "1 reader",
        "1,200 readers",
        "0 addresses",
    ]
