"""`digest preview`: whose letter it is asked for, and where the page begins."""

import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

ROOT = Path(__file__).resolve().parents[2]
A = "a@reader.test"


@contextmanager
def page(office, *words: str) -> Iterator[str]:
    """The address that it prints while it serves."""
    command = ["preview", "daily", "--no-open", "--config", str(office.config), *words]
    with subprocess.Popen(
        [sys.executable, "-u", "-c", "from digest.cli import main; main()", *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        assert process.stdout
        try:
            yield process.stdout.readline().strip()
        finally:
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (0, "")


def state(url: str) -> dict:
    parts = urlsplit(url)
    with urllib.request.urlopen(
        f"{parts.scheme}://{parts.netloc}{parts.path}state?{parts.query}", timeout=20
    ) as answer:
        return json.load(answer)


def test_the_page_begins_with_what_was_asked_for(office) -> None:
    office.stock()
    words = (
        "--at",
        "2026-03-29T07:00",
        "--categories",
        "world, sport",
        "--language",
        "de",
        "--timezone",
        "Europe/Kyiv",
    )
    with page(office, *words) as url:
        assert parse_qs(urlsplit(url).query) == {
            "newsletter": ["daily"],
            "at": ["2026-03-29T07:00"],
            "categories": ["world", "sport"],
            "language": ["de"],
            "zone": ["Europe/Kyiv"],
        }
        found = state(url)
    assert found["when"] == "Sun 29 Mar 2026, 07:00 (06:00 UTC)"
    assert found["made_up"] == {"categories": ["world", "sport"], "language": "de", "zone": "Europe/Kyiv"}


def test_the_page_begins_with_a_reader(office) -> None:
    office.stock()
    office.join(A)
    with page(office, "--as", A, "--at", "now") as url:
        assert parse_qs(urlsplit(url).query) == {"newsletter": ["daily"], "reader": [A], "at": ["now"]}
        found = state(url)
    assert found["letter"]["recipient"] == A


def test_somebody_who_listens_does_not_hold_it_up(office) -> None:
    office.stock()
    with page(office) as url:
        events = urllib.request.urlopen(url.replace("/?", "/events?"), timeout=20)
        assert events.readline() == b"event: hello\r\n"
    assert b"event: changed" not in events.read()
    events.close()


def test_a_made_up_reader_on_the_terminal(office, stocked_letter: Callable[..., str]) -> None:
    assert "Rain in Rome" in stocked_letter("--categories", "world")
    said = office.digest("preview", "daily", "--format", "text", "--categories", "sport", code=1).stderr
    assert "nothing new in these topics" in said
    assert json.loads(stocked_letter("--language", "uk", form="json"))["language"] == "uk"


@pytest.fixture
def stocked_letter(office) -> Callable[..., str]:
    office.stock()

    def ask(*words: str, form: str = "text") -> str:
        return office.digest("preview", "daily", "--format", form, *words).stdout

    return ask


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--as", A, "--language", "de"), "--as names a reader"),
        (("--categories", "cooking"), "there is no category of daily 'cooking'"),
        (("--timezone", "Mars/Base"), "there is no time zone 'Mars/Base'"),
        (("--language", "a b"), "is no language"),
    ],
)
def test_what_makes_no_sense_is_said_at_once(office, words: tuple[str, ...], said: str) -> None:
    office.stock()
    for form in ((), ("--format", "text"), ("--explain",)):
        assert said in office.digest("preview", "daily", "--no-open", *form, *words, code=2).stderr


def test_why_a_made_up_reader_gets_what_they_get(office) -> None:
    office.stock()
    found = json.loads(office.digest("preview", "daily", "--explain", "--json", "--categories", "sport").stdout)
    assert found["told"] == []
    assert {other["verdict"] for other in found["others"]} == {"category"}
