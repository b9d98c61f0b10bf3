"""A house with a newsletter and some news in it, a mail server that keeps what it gets, and the public pages."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP
from starlette.testclient import TestClient

from digest.app.house import House, open_house
from digest.model import ArticleDraft, Image
from digest.store import articles, editions, subscribers
from digest.store.articles import Arrival
from digest.store.subscribers import Choices, Reader
from digest.web import public

#: A Monday.
NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)

CONFIG = """
site: {{name: My Views on News, tagline: Unflinching, url: "https://news.example", timezone: Europe/London,
  postal_address: "1 High St", secret: "a secret that is long enough for this test"}}
database: sqlite:///digest.db
mail: {{from: "My Views <digest@news.example>", smtp: {{host: 127.0.0.1, port: {port}, security: none}}}}
categories: {{world: {{title: World}}, science: {{title: Science}}, sport: {{title: Sport}}}}
feeds:
  - {{name: wire, url: "https://wire.example/rss", category: world}}
  - {{name: lab, url: "https://lab.example/rss", category: science}}
newsletters:
  daily: {{title: The Daily, schedule: {{at: "07:00", timezone: subscriber}}, limits: {{per_section: 3}}}}
  weekly: {{title: The Week, schedule: {{cron: "0 9 * * 6"}}, categories: [science]}}
"""


@dataclass
class Clock:
    """Stands still until it is told to go on."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Postbox:
    """A mail server in a thread of its own, and what it was given."""

    port: int = 0
    #: Recipient, and the message.
    got: list[tuple[str, bytes]] = field(default_factory=list)
    reply: str = "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: object, envelope: Any) -> str:  # noqa: N802
        self.got.append((envelope.rcpt_tos[0], envelope.content))
        return self.reply


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    box, ready, loop = Postbox(), threading.Event(), asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        server = await loop.create_server(lambda: SMTP(box, hostname="relay.example", loop=loop), "127.0.0.1", 0)
        box.port = server.sockets[0].getsockname()[1]
        ready.set()
        await stop.wait()
        server.close()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    ready.wait(10)
    yield box
    loop.call_soon_threadsafe(stop.set)
    thread.join(10)
    loop.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def house(tmp_path: Path, clock: Clock, postbox: Postbox) -> Iterator[House]:
    """Seven articles arrived over the night, five of them of the world."""
    path = tmp_path / "digest.yaml"
    path.write_text(CONFIG.format(port=postbox.port), encoding="utf-8")
    with open_house(path, environ={}, clock=clock, prepare=True) as house:
        with house.database.begin() as connection:
            editions.know(connection, list(house.newsletters), NOW - timedelta(hours=1))
            for feed, count in (("wire", 5), ("lab", 2)):
                drafts = [Arrival(draft=_draft(feed, n)) for n in range(count)]
                articles.record(connection, feed, feed.title(), drafts, NOW - timedelta(hours=8))
        yield house


def _draft(feed: str, n: int) -> ArticleDraft:
    url = f"https://{feed}.example/{n}"
    return ArticleDraft(
        keys=(url,),
        title=f"What {feed} says, {n} & more",
        url=url,
        excerpt="A sentence that says it.",
        published_at=NOW - timedelta(hours=9 + n),
        image=Image(url=f"https://{feed}.example/{n}.jpg", width=1200, height=800, alt="A view"),
    )


@pytest.fixture
def subscribed(house: House, clock: Clock) -> Callable[..., int]:
    """Gives the number of a new subscription, active unless told otherwise."""

    def subscribe(
        address: str = "ada@reader.example", newsletter: str = "daily", *, active: bool = True, **chosen: Any
    ) -> int:
        with house.database.begin() as connection:
            who = subscribers.add(connection, address, clock())
            own = subscribers.subscribe(connection, who.id, newsletter, Choices(**chosen), 0, NOW)
            if active:
                subscribers.confirm(connection, own.id, clock() - timedelta(days=1), "test")
        return own.id

    return subscribe


@pytest.fixture
def reader(house: House) -> Callable[[int], Reader]:
    """The subscription of that number, as it is now."""

    def find(subscription: int) -> Reader:
        found = house.database.call(subscribers.reader, subscription)
        assert found
        return found

    return find


@pytest.fixture
def client(house: House) -> Iterator[TestClient]:
    """As a browser would ask; what is done after the answers is done when the test is."""
    with TestClient(public.application(house), base_url="https://news.example", follow_redirects=False) as client:
        yield client


@pytest.fixture
def dump(house: House) -> Callable[[], list[str]]:
    """Everything that the store holds, to be compared."""
    import sqlite3

    path = house.path.parent / "digest.db"

    def read() -> list[str]:
        with sqlite3.connect(path) as connection:
            lines = list(connection.iterdump())
        connection.close()
        return lines

    return read
