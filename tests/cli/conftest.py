"""An installation in a folder of its own: a configuration, a feed over HTTP, a mail server that keeps what it gets."""

import shutil
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from click.testing import CliRunner, Result
from pytest_httpserver import HTTPServer

from digest.app.house import utc_now
from digest.cli import main
from digest.model import ArticleDraft
from digest.store import Database, articles, migrate
from digest.store.articles import Arrival

SECRET = "a secret that is long enough for this"


@dataclass
class MailServer:
    """Takes every mail but to those it refuses."""

    port: int = 0
    #: Address -> the reply to RCPT.
    refusals: dict[str, str] = field(default_factory=dict)
    received: list[tuple[str, bytes]] = field(default_factory=list)
    #: Recipient -> the envelope's sender.
    return_paths: dict[str, str] = field(default_factory=dict)

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.received.extend((address, envelope.content) for address in envelope.rcpt_tos)
        self.return_paths.update(dict.fromkeys(envelope.rcpt_tos, envelope.mail_from))
        return "250 queued"

    def mails(self) -> dict[str, EmailMessage]:
        """By recipient; of several the last."""
        return {to: message_from_bytes(content, policy=policy.default) for to, content in self.received}


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        server = MailServer(found.getsockname()[1])
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    yield server
    controller.stop()


def feed_of(*titles: str, hours_ago: float = 1.0) -> str:
    """An RSS feed with an article for each title."""
    date = format_datetime(utc_now() - timedelta(hours=hours_ago))
    items = "".join(
        f"<item><title>{title}</title><link>https://world.example/{number}</link><guid>{title}</guid>"
        f"<description>All about {title}, in a sentence.</description><pubDate>{date}</pubDate></item>"
        for number, title in enumerate(titles)
    )
    return f'<rss version="2.0"><channel><title>World Wire</title>{items}</channel></rss>'


@dataclass
class Office:
    """One installation, and what an operator types there."""

    folder: Path
    feeds: HTTPServer
    mail: MailServer
    stocked: Path

    @property
    def config(self) -> Path:
        return self.folder / "digest.yaml"

    def configure(self, text: str = "", **replaced: str) -> None:
        """Writes the configuration; `replaced` are parts of the usual one, `text` is added to it."""
        parts = {
            "site": '{name: Test, url: "https://news.test", postal_address: "1 High St", timezone: Europe/London, '
            f'secret: "{SECRET}"}}',
            "database": "sqlite:///digest.db",
            "mail": f'{{from: "Digest <digest@news.test>", smtp: {{host: 127.0.0.1, port: {self.mail.port}, '
            "security: none, timeout: 5s}}",
            "collect": "{allow_private_networks: true, timeout: 5s, spacing: 0s}",
            "categories": "{world: {title: World}, sport: {title: Sport}}",
            "feeds": f'[{{name: wire, url: "{self.feeds.url_for("/wire.xml")}", category: world}}]',
            "newsletters": '{daily: {title: The Daily, schedule: {at: "07:00"}}}',
        } | replaced
        lines = [f"{key}: {value}" for key, value in parts.items()]
        self.config.write_text("\n".join([*lines, text]), encoding="utf-8")

    def serve(self, *titles: str, hours_ago: float = 1.0) -> None:
        self.feeds.clear_all_handlers()
        document = feed_of(*titles, hours_ago=hours_ago)
        self.feeds.expect_request("/wire.xml").respond_with_data(document, content_type="application/rss+xml")

    def stock(self) -> None:
        """Has the feed's two articles in the database, as `digest collect` would, which takes a child process."""
        shutil.copy(self.stocked, self.folder / "digest.db")

    def digest(self, *arguments: str, code: int = 0, **options: Any) -> Result:
        """Runs `digest ARGUMENTS... --config ...`, which must end with `code`."""
        words = [*arguments, "--config", str(self.config)]
        result = CliRunner().invoke(main, words, env={"DIGEST_CONFIG": None, "DIGEST_SECRET": None}, **options)
        assert result.exit_code == code, f"{arguments}: {result.exit_code}\n{result.output}\n{result.exception!r}"
        return result

    def join(self, *addresses: str, newsletter: str = "daily") -> None:
        self.digest("subscribers", "add", *addresses, "--newsletter", newsletter, "--confirmed")


TITLES = ("Rain in Rome", "Snow in Oslo")


@pytest.fixture(scope="session")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with two articles that arrived just now."""
    path, now = tmp_path_factory.mktemp("stock") / "digest.db", utc_now()
    drafts = [
        ArticleDraft(keys=(title,), title=title, url="https://world.example/", published_at=now) for title in TITLES
    ]
    database = Database(f"sqlite:///{path}")
    migrate.upgrade(database)
    database.call(articles.record, "wire", "World Wire", [Arrival(draft=draft) for draft in drafts], now)
    database.close()
    return path


@pytest.fixture
def office(tmp_path: Path, httpserver: HTTPServer, mail_server: MailServer, stocked: Path) -> Office:
    """Configured, with a feed of two articles; nothing is collected yet, and there is no database."""
    made = Office(tmp_path, httpserver, mail_server, stocked)
    made.configure()
    made.serve(*TITLES)
    return made


@pytest.fixture
def quiet(tmp_path: Path) -> Callable[..., Result]:
    """`digest ARGUMENTS...` in an empty folder, for what needs no installation."""

    def run(*arguments: str, code: int = 0, **options: Any) -> Result:
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(tmp_path)
            result = CliRunner().invoke(main, list(arguments), env={"DIGEST_CONFIG": None}, **options)
        assert result.exit_code == code, f"{arguments}: {result.exit_code}\n{result.output}\n{result.exception!r}"
        return result

    return run
