"""A whole house on a configuration file: a feed over HTTP, a mail server that writes down, a clock that tests move."""

import asyncio
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from digest.app.house import House, open_house
from digest.store import editions, subscribers
from digest.store.subscribers import Choices

CONFIG = """
site: {{name: House, url: "https://news.example", secret: "a secret of the tests, long enough"}}
database: "{database}"
mail:
  from: "House <digest@news.example>"
  smtp: {{host: 127.0.0.1, port: {smtp}, security: none, connections: 2}}
collect: {{allow_private_networks: true, spacing: 0s}}
categories: {{world: {{title: World}}}}
feeds:
  - {{name: world, url: "{feed}", category: world}}
newsletters:
  daily: {{title: The Daily, schedule: {{at: "07:00"}}, wait_for_feeds: 0s}}
  evening: {{title: The Evening, schedule: {{at: "19:00"}}, wait_for_feeds: 0s}}
"""


@dataclass
class Town:
    """The house, and what is outside of it. It is Monday, 06:30."""

    url: str
    feed: str
    folder: Path
    now: datetime = datetime(2026, 3, 2, 6, 30, tzinfo=UTC)
    #: Recipients, in the order in which their mails were accepted.
    mails: list[str] = field(default_factory=list)
    #: While it is not set, the mail server does not answer to the final dot.
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    dots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    smtp: int = 1
    stack: ExitStack = field(default_factory=ExitStack)

    def open(self) -> House:
        path = self.folder / "digest.yaml"
        path.write_text(CONFIG.format(database=self.url, smtp=self.smtp, feed=self.feed))
        opened = open_house(path, environ={}, clock=lambda: self.now, prepare=True)
        return self.stack.enter_context(opened)

    def join(self, house: House, address: str = "ada@reader.example", newsletter: str = "daily") -> None:
        """Somebody who subscribed a day ago; both newsletters are known since then."""
        before = self.now - timedelta(days=1)
        with house.database.begin() as connection:
            editions.know(connection, list(house.newsletters), self.now)
            someone = subscribers.add(connection, address, before)
            subscription = subscribers.subscribe(connection, someone.id, newsletter, Choices(), 0, before)
            subscribers.confirm(connection, subscription.id, before, "test")

    async def open_post_office(self) -> asyncio.Server:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 20)
        self.smtp = server.sockets[0].getsockname()[1]
        return server

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(b"220 here\r\n")
            recipient = ""
            while line := await reader.readline():
                recipient = line.partition(b"<")[2].partition(b">")[0].decode() if line[:4] == b"RCPT" else recipient
                if line[:4] == b"DATA":
                    writer.write(b"354 go on\r\n")
                    await reader.readuntil(b"\r\n.\r\n")
                    self.dots.release()
                    await self.gate.wait()
                    self.mails.append(recipient)
                writer.write(b"221 bye\r\n" if line[:4] == b"QUIT" else b"250 ok\r\n")
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@pytest.fixture
async def town(tmp_path: Path, httpserver: Any) -> Any:
    """On SQLite, with a feed of two articles and a mail server that answers."""
    start = Town(url=f"sqlite:///{tmp_path}/digest.db", feed=httpserver.url_for("/world"), folder=tmp_path)
    items = "".join(
        f"<item><guid>{n}</guid><title>On {n}</title><link>https://e.example/{n}</link>"
        f"<pubDate>{format_datetime(start.now - timedelta(hours=n))}</pubDate></item>"
        for n in (1, 2)
    )
    feed = f"<rss version='2.0'><channel><title>World</title>{items}</channel></rss>"
    httpserver.expect_request("/world").respond_with_data(feed, content_type="application/rss+xml")
    server = await start.open_post_office()
    start.gate.set()
    yield start
    start.stack.close()
    server.close()
