"""What the service logs: lines or JSON, and no mail address."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from digest.cli import logs


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield
    root.handlers[:] = before
    root.setLevel(level)


def said(form: str, level: str = "info", stream: io.StringIO | None = None) -> str:
    stream = stream or io.StringIO()
    logs.configure(form, level, stream)
    log = logging.getLogger("digest")
    log.debug("quiet")
    log.warning("the relay says: 550 <ada.lovelace+x@reader.test>: no such %s", "user bob@other.test")
    return stream.getvalue()


def test_a_machine_gets_json_lines():
    line = json.loads(said("auto"))
    assert line["level"] == "warning"
    assert line["logger"] == "digest"
    assert line["timestamp"].endswith("Z")


def test_a_person_gets_text():
    assert "the relay says" in said("auto", stream=Terminal())
    assert "\x1b" not in said("text")
    assert said("json", stream=Terminal()).startswith("{")


def test_colours_are_for_terminals_whose_owner_wants_them(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b" in said("text", stream=Terminal())
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in said("text", stream=Terminal())


@pytest.mark.parametrize("form", ["json", "text"])
def test_addresses_are_shortened_to_their_domain(form):
    out = said(form)
    assert "ada" not in out
    assert "bob" not in out
    assert "@reader.test" in out


def test_the_level_counts():
    assert "quiet" not in said("json", "info")
    assert "quiet" in said("json", "debug")


def test_a_traceback_is_without_addresses_too():
    stream = io.StringIO()
    logs.configure("json", "info", stream)
    try:
        int("ada@reader.test")
    except ValueError:
        logging.getLogger("digest").exception("failed")
    assert "Traceback" in stream.getvalue()
    assert "ada@" not in stream.getvalue()
