"""The preview on a real port: what is saved is seen at once, nothing is written and nobody outside is asked."""

import asyncio
import json
import os
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

import pytest

from digest.app.house import House, furnished
from digest.resources import TEMPLATES
from digest.settings import load
from digest.web import preview, server

TOKEN = "0123456789abcdef"
ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Visitor:
    """A browser, as far as it asks."""

    port: int
    #: A stream that nobody holds is closed.
    _writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def _open(self, path: str) -> asyncio.StreamReader:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self._writers.append(writer)
        writer.write(f"GET /{TOKEN}/{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        return reader

    async def close(self) -> None:
        for writer in self._writers:
            writer.close()
            await writer.wait_closed()

    async def state(self) -> Any:
        reader = await self._open("state")
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        return json.loads(body)

    async def events(self) -> "Events":
        return await Events(await self._open("events")).begun()


class Events:
    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader

    async def begun(self) -> Self:
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        assert b"content-type: text/event-stream" in head
        assert b"cache-control: no-store" in head
        assert await self.next() == ("hello", {})
        return self

    async def next(self) -> tuple[str, Any]:
        """The next event, with its data."""
        name = ""
        async with asyncio.timeout(10):
            while True:
                line = (await self._reader.readuntil(b"\n")).decode().strip()
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: ") and name:
                    return name, json.loads(line.removeprefix("data: "))

    async def files(self) -> set[str]:
        name, data = await self.next()
        assert name == "changed"
        return set(data["files"])

    async def is_over(self) -> bool:
        async with asyncio.timeout(10):
            rest = await self._reader.read()
        return b"event" not in rest


@pytest.fixture
def mine(house: House) -> House:
    """The house with templates and an included file of its own."""
    folder = house.path.parent
    (folder / "templates" / "classic").mkdir(parents=True)
    (folder / "feeds").mkdir()
    text = house.path.read_text(encoding="utf-8")
    house.path.write_text(f"{text}\ntemplates_dir: templates\ninclude: feeds/*.yaml\n", encoding="utf-8")
    (folder / "feeds" / "more.yaml").write_text("feeds: []\n", encoding="utf-8")
    return furnished(house.path, load(house.path, {}), house.database, house.clock)


@asynccontextmanager
async def served(house: House) -> AsyncIterator[tuple[Visitor, asyncio.Event]]:
    stop: asyncio.Event = asyncio.Event()
    ready: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    app = preview.application(house, "daily", TOKEN, environ={}, stop=stop)
    serving = asyncio.create_task(server.serve(app, "127.0.0.1", 0, stop, ready.set_result))
    visitor = Visitor(await ready)
    try:
        yield visitor, stop
    finally:
        stop.set()
        async with asyncio.timeout(5):
            await serving
        await visitor.close()


def story(words: str) -> str:
    text = (TEMPLATES / "classic" / "story.html.j2").read_text(encoding="utf-8")
    return f"{text}\n<tr><td>{words}</td></tr>\n"


async def test_a_saved_template_is_told_and_shown(mine: House) -> None:
    file = mine.path.parent / "templates" / "classic" / "story.html.j2"
    async with served(mine) as (visitor, _):
        events = await visitor.events()
        file.write_text(story("It is new."), encoding="utf-8")
        assert await events.files() == {"classic/story.html.j2"}
        assert "It is new." in (await visitor.state())["letter"]["html"]
        file.write_text(story("It is newer."), encoding="utf-8")
        assert await events.files() == {"classic/story.html.j2"}
        assert "It is newer." in (await visitor.state())["letter"]["html"]
        file.unlink()
        assert await events.files() == {"classic/story.html.j2"}
        assert "It is new" not in (await visitor.state())["letter"]["html"]


async def test_a_file_that_an_editor_puts_in_the_place_of_another_is_seen(mine: House) -> None:
    folder = mine.path.parent / "templates" / "classic"
    async with served(mine) as (visitor, _):
        events = await visitor.events()
        for words in ("One.", "Two."):
            (folder / "draft.tmp").write_text(story(words), encoding="utf-8")
            (folder / "draft.tmp").rename(folder / "story.html.j2")
            assert await events.files() == {"classic/story.html.j2"}
            assert words in (await visitor.state())["letter"]["html"]


async def test_a_new_folder_of_templates_is_watched_too(mine: House) -> None:
    folder = mine.path.parent / "templates" / "own"
    async with served(mine) as (visitor, _):
        events = await visitor.events()
        folder.mkdir()
        assert await events.files() == {"own"}
        (folder / "style.css").write_text(".text { color: #010203; }", encoding="utf-8")
        seen = await events.files()
        assert seen == {"own/style.css"}


async def test_a_mistake_in_a_template_is_shown_and_mended(mine: House) -> None:
    file = mine.path.parent / "templates" / "classic" / "story.html.j2"
    async with served(mine) as (visitor, _):
        events = await visitor.events()
        file.write_text("<tr><td>\n{{ story.tite }}\n</td></tr>", encoding="utf-8")
        await events.files()
        state = await visitor.state()
        assert state["letter"] is None
        assert (state["problem"]["template"], state["problem"]["line"]) == ("classic/story.html.j2", 2)
        assert state["slots"]
        file.write_text(story("Mended."), encoding="utf-8")
        await events.files()
        state = await visitor.state()
        assert state["problem"] is None
        assert "Mended." in state["letter"]["html"]


async def test_a_mistake_in_the_configuration_leaves_the_last_good_one(mine: House) -> None:
    text = mine.path.read_text(encoding="utf-8")
    async with served(mine) as (visitor, _):
        events = await visitor.events()
        mine.path.write_text(text.replace("My Views on News", "Other Views"), encoding="utf-8")
        assert await events.files() == {"digest.yaml"}
        assert "Other Views" in (await visitor.state())["letter"]["html"]
        mine.path.write_text(text.replace("categories: {", "categorys: {"), encoding="utf-8")
        await events.files()
        state = await visitor.state()
        problem = state["problem"]
        assert (problem["kind"], problem["template"]) == ("configuration", "digest.yaml")
        (here,) = (line for line in problem["source"] if line["is_here"])
        assert here["line"] == problem["line"]
        assert here["text"].startswith("categorys:")
        assert "Other Views" in state["letter"]["html"]
        mine.path.write_text(text, encoding="utf-8")
        await events.files()
        state = await visitor.state()
        assert state["problem"] is None
        assert "My Views on News" in state["letter"]["html"]


async def test_an_included_file_is_watched_and_so_is_a_new_one(mine: House) -> None:
    folder = mine.path.parent
    async with served(mine) as (visitor, _):
        events = await visitor.events()
        more = "feeds: [{name: extra, url: 'https://extra.example/rss', category: [}]"
        (folder / "feeds" / "more.yaml").write_text(more, encoding="utf-8")
        assert await events.files() == {"more.yaml"}
        assert (await visitor.state())["problem"]["template"] == "more.yaml"
        (folder / "feeds" / "more.yaml").write_text("feeds: []\n", encoding="utf-8")
        await events.files()
        assert (await visitor.state())["problem"] is None
        extra = "newsletters: {hourly: {title: The Hour, schedule: {at: '09:00'}}}\n"
        (folder / "feeds" / "other.yaml").write_text(extra, encoding="utf-8")
        assert await events.files() == {"other.yaml"}
        names = [each["name"] for each in (await visitor.state())["newsletters"]]
        assert names == ["daily", "weekly", "hourly"]


async def test_what_else_lies_beside_the_configuration_is_nobodys_business(mine: House) -> None:
    folder = mine.path.parent
    async with served(mine) as (visitor, _):
        events = await visitor.events()
        (folder / "notes.txt").write_text("hello", encoding="utf-8")
        (folder / "templates" / "classic" / "story.html.j2~").write_text("hello", encoding="utf-8")
        (folder / ".env").write_text("NAME=value\n", encoding="utf-8")
        assert await events.files() == {".env"}


async def test_everybody_who_listens_is_let_go_at_the_end(mine: House, caplog) -> None:
    async with served(mine) as (visitor, stop):
        listening = [await visitor.events() for _ in range(3)]
        stop.set()
        assert all([await events.is_over() for events in listening])
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


WATCHED = """
import asyncio, json, sys
outside = []
def hook(event, args):
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"):
        outside.append(event + repr(args[1:]))
sys.addaudithook(hook)
from datetime import UTC, datetime
from pathlib import Path
from starlette.testclient import TestClient
from digest.app.house import open_house
from digest.web import preview
clock = lambda: datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
with open_house(Path(sys.argv[1]), environ={}, clock=clock, read_only=True) as house:
    with TestClient(preview.application(house, "daily", "t", environ={}), base_url="http://127.0.0.1") as client:
        answers = [client.get("/t/").status_code]
        for query in ("", "?at=now", "?reader=ada@reader.example", "?categories=science&language=ar",
                      "?newsletter=weekly", "?at=2026-11-27T07:00", "?reader=nobody@x.example"):
            answer = client.get("/t/state" + query)
            answers.append(answer.status_code)
            letter = answer.json()["letter"]
            for path in ("frame?scheme=forced", "frame?images=off", "letter.html", "letter.txt", "letter.eml"):
                if letter:
                    answers.append(client.get("/t/letters/" + letter["key"] + "/" + path).status_code)
print(json.dumps({"answers": answers, "outside": outside}))
"""


def test_looking_writes_nothing_and_asks_nobody(house: House, subscribed) -> None:
    subscribed()
    folder = house.path.parent
    house.database.call(lambda connection: connection.exec_driver_sql("PRAGMA user_version").scalar())
    house.database.close()
    before = {file.name: sha256(file.read_bytes()).hexdigest() for file in folder.iterdir() if file.is_file()}
    script = textwrap.dedent(WATCHED)
    ran = subprocess.run(
        [sys.executable, "-c", script, str(house.path)],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout.splitlines()[-1])
    assert set(found["answers"]) == {200}
    assert len(found["answers"]) > 20
    assert found["outside"] == []
    after = {file.name: sha256(file.read_bytes()).hexdigest() for file in folder.iterdir() if file.is_file()}
    assert after["digest.db"] == before["digest.db"]
