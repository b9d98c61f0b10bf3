"""What mail clients support, as the package carries it."""

import json
from pathlib import Path

import pytest

from digest.editions.lint import refresh
from digest.editions.lint.clients import CLIENTS_FILE, Client, Mark, features, names_of

DATA = {
    "last_update_date": "2026-05-13 14:45:41 +0000",
    "nicenames": {"family": {"outlook": "Outlook", "gmail": "Gmail"}},
    "data": [
        {
            "slug": "css-float",
            "title": " float ",
            "category": "css",
            "last_test_date": "2024-05-08",
            "stats": {
                "outlook": {"windows": {"2007": "y", "2010": "y #1", "2003": "n"}},
                "gmail": {"ios": {"2020": "a #2 #1"}, "android": {}},
            },
            "notes_by_num": {"1": "See [a page](https://x.test/(1) and more.", "2": "Two.", "3": "Of nobody."},
        },
        {
            "slug": "css-width",
            "title": "width",
            "category": "css",
            "last_test_date": "2019-05-08",
            "stats": {"outlook": {"windows": {"2007": "u"}}},
            "notes_by_num": None,
        },
        {"slug": "amp", "category": "others", "title": "", "stats": {}, "last_test_date": "", "notes_by_num": None},
    ],
}


def clients_of(*keys: str) -> list[Client]:
    known = {verdict.client.key: verdict.client for verdict in features()["css-width"].verdicts}
    return [known[key] for key in keys]


def test_the_last_version_that_is_listed_counts_whatever_it_is_called() -> None:
    reduced = refresh.reduce(DATA)
    assert reduced["clients"] == ["gmail.ios", "outlook.windows"]
    assert reduced["features"]["css-float"]["verdicts"] == "a#2#1 n"
    assert reduced["features"]["css-width"]["verdicts"] == "u u"


def test_every_version_goes_into_the_count() -> None:
    assert refresh.reduce(DATA)["features"]["css-float"]["all"] == [1, 1, 4]


def test_notes_are_kept_as_plain_text_where_a_last_version_has_them() -> None:
    features = refresh.reduce(DATA)["features"]
    assert list(features["css-float"]["notes"]) == ["1", "2"]
    assert features["css-float"]["notes"]["2"] == "Two."
    assert "notes" not in features["css-width"]


def test_what_is_not_about_the_content_of_a_mail_is_left_out() -> None:
    assert set(refresh.reduce(DATA)["features"]) == {"css-float", "css-width"}


def test_the_table_is_made_anew_from_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source, made = tmp_path / "data.json", tmp_path / "clients.json"
    source.write_text(json.dumps(DATA), encoding="utf-8")
    monkeypatch.setattr(refresh, "CLIENTS_FILE", made)
    monkeypatch.setattr("sys.argv", ["refresh", str(source)])
    refresh.main()
    assert json.loads(made.read_text(encoding="utf-8")) == refresh.reduce(DATA)
    assert "2026-05-13" in capsys.readouterr().out


def test_the_table_that_ships_is_small_and_names_its_licence() -> None:
    assert CLIENTS_FILE.stat().st_size < 150_000
    assert "Rémi Parmentier" in (CLIENTS_FILE.parent / "LICENSE").read_text(encoding="utf-8")
    assert "caniemail" in (CLIENTS_FILE.parent / "README.md").read_text(encoding="utf-8")


def test_a_feature_says_what_each_client_makes_of_it() -> None:
    flex = features()["css-display-flex"]
    marks = {verdict.client.key: verdict.mark for verdict in flex.verdicts}
    assert marks["outlook.windows"] is Mark.NO
    assert marks["apple-mail.ios"] is Mark.YES
    assert flex.url == "https://www.caniemail.com/features/css-display-flex/"


def test_every_feature_can_be_read() -> None:
    for feature in features().values():
        assert feature.title
        assert feature.verdicts
        assert 0 <= feature.partial + feature.unsupported <= 100
        assert all(note for verdict in feature.verdicts for note in verdict.notes)


def test_an_old_test_is_known_as_such() -> None:
    assert features()["css-padding"].tested == "2019-07-25"
    assert features()["css-padding"].is_old
    assert not features()["css-text-align"].is_old


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        (["outlook.windows"], "Outlook for Windows"),
        (["gmx.desktop-webmail", "gmail.android"], "Gmail on Android, GMX on the web"),
        (["outlook.outlook-com", "apple-mail.macos"], "Apple Mail for macOS, Outlook.com"),
        (["yahoo.ios", "yahoo.android", "yahoo.desktop-webmail"], "Yahoo Mail"),
        (["gmail.ios", "gmail.android", "gmail.desktop-webmail"], "Gmail"),
        (["gmail.ios", "gmail.android"], "Gmail on iOS, Gmail on Android"),
        ([], ""),
    ],
)
def test_clients_are_named_as_people_know_them(keys: list[str], words: str) -> None:
    assert names_of(clients_of(*keys)) == words


def test_of_many_clients_those_with_most_readers_are_named() -> None:
    everybody = [verdict.client for verdict in features()["css-width"].verdicts]
    assert names_of(everybody).startswith("Gmail, Apple Mail, Outlook, Yahoo Mail and ")
