"""What every command works with: the settings as nouns, the store, the templates, the edges when they are needed."""

import os
import random
import secrets
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from anyio import CapacityLimiter

from digest import __version__, collect, deliver, publish, receive
from digest.editions.render import Renderer
from digest.errors import UnknownName, UsageError
from digest.feeds.fetch import Fetcher, FetchLimits
from digest.mail.pace import Pace
from digest.mail.relay import Relay, Security
from digest.mail.sender import Sender
from digest.mail.smtp import Mailer
from digest.mail.tokens import Signer
from digest.model import Category, Feed, Newsletter, Site
from digest.settings import Settings, load, nouns
from digest.store import Database, migrate

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The one clock."""
    return datetime.now(UTC)  # noqa: TID251 - everything else is handed the time


def nonce() -> str:
    """64 unguessable bits, hexadecimal."""
    return secrets.token_hex(8)


def jitter() -> float:
    """Drawn evenly from -1 to 1."""
    return random.uniform(-1, 1)  # noqa: S311 - spreads load, keeps no secret


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """One configuration, opened."""

    path: Path
    settings: Settings
    site: Site
    categories: tuple[Category, ...]
    feeds: Mapping[str, Feed]
    newsletters: Mapping[str, Newsletter]
    database: Database
    renderer: Renderer
    clock: Clock = utc_now

    def newsletter(self, name: str) -> Newsletter:
        """Raises UnknownName."""
        if name not in self.newsletters:
            raise UnknownName("newsletter", name, sorted(self.newsletters))
        return self.newsletters[name]

    def feed(self, name: str) -> Feed:
        """Raises UnknownName."""
        if name not in self.feeds:
            raise UnknownName("feed", name, sorted(self.feeds))
        return self.feeds[name]

    def press(self) -> publish.Press:
        return publish.Press(
            database=self.database,
            typesetter=self.renderer,
            site=self.site,
            newsletters=self.newsletters,
            feeds=self.feeds,
            nonce=nonce,
        )

    def signer(self) -> Signer:
        """Raises UsageError where the configuration has no secret."""
        own = self.settings.site
        keys = [own.secret, *own.old_secrets]
        if not own.secret.get_secret_value():
            raise UsageError(
                "links in mails need a secret to be signed with: set DIGEST_SECRET in the environment or in "
                f"{self.path.parent / '.env'} (`digest init` writes one), or site.secret"
            )
        return Signer([key.get_secret_value() for key in keys])

    def sender(self) -> Sender:
        """Raises UsageError where the configuration has no secret."""
        mail, mailbox = self.settings.mail, nouns.sender(self.settings)
        return Sender(
            site=self.site,
            mailbox=mailbox,
            return_path=mail.return_path or mailbox.address,
            reply_to=mail.reply_to.address if mail.reply_to else "",
            signer=self.signer(),
        )

    def desk(self) -> receive.Desk:
        """Raises UsageError where the configuration has no secret."""
        return receive.Desk(database=self.database, signer=self.signer(), newsletters=self.newsletters)

    def relay(self) -> Relay:
        smtp = self.settings.mail.smtp
        return Relay(
            host=smtp.host,
            port=smtp.port,
            security=Security(smtp.security),
            username=smtp.username,
            password=smtp.password.get_secret_value(),
            connections=smtp.connections,
            timeout=smtp.timeout.total_seconds(),
            verify=smtp.verify,
        )

    @asynccontextmanager
    async def collecting(self) -> AsyncIterator[collect.Desk]:
        """What feeds are collected with, while the block lasts."""
        settings = self.settings.collect
        limits = FetchLimits(
            total=settings.timeout,
            body=settings.max_bytes,
            concurrency=settings.concurrency,
            allow_private_networks=settings.allow_private_networks,
        )
        agent = f"Digest/{__version__} (+{self.site.url})"
        async with Fetcher(agent, self.clock, limits) as fetcher:
            yield collect.Desk(
                database=self.database,
                fetcher=fetcher,
                feeds=self.feeds,
                clock=self.clock,
                jitter=jitter,
                readers=CapacityLimiter(max(2, os.cpu_count() or 1)),
                backfill=settings.backfill,
            )

    @asynccontextmanager
    async def posting(self) -> AsyncIterator[deliver.Post]:
        """What letters are delivered with, while the block lasts. Raises UsageError and RelayError."""
        mail = self.settings.mail
        rate = mail.smtp.rate
        async with Mailer(self.relay()) as mailer:
            yield deliver.Post(
                database=self.database,
                mailer=mailer,
                sender=self.sender(),
                newsletters=self.newsletters,
                clock=self.clock,
                jitter=jitter,
                nonce=nonce,
                connections=mail.smtp.connections,
                pace=Pace(rate.count, rate.per) if rate else None,
                lease=mail.lease,
                give_up_after=mail.give_up_after,
                hold=mail.in_doubt == "hold",
            )


@contextmanager
def open_house(
    path: Path,
    *,
    environ: Mapping[str, str] | None = None,
    clock: Clock = utc_now,
    read_only: bool = False,
    prepare: bool = False,
) -> Iterator[House]:
    """The house of the configuration at `path`, closed when the block ends.

    `prepare` brings the database to this version's schema first; otherwise it must be there.
    Raises ConfigurationError, StoreError, TemplateError.
    """
    settings = load(path, os.environ if environ is None else environ)
    database = Database(settings.database.get_secret_value(), read_only=read_only)
    try:
        if prepare:
            migrate.upgrade(database)
        else:
            migrate.require_current(database)
        yield furnished(path, settings, database, clock)
    finally:
        database.close()


def furnished(path: Path, settings: Settings, database: Database, clock: Clock = utc_now) -> House:
    """The house of settings that are loaded already; `database` remains the caller's to close."""
    return House(
        path=path,
        settings=settings,
        site=nouns.site(settings),
        categories=nouns.categories(settings),
        feeds={feed.name: feed for feed in nouns.feeds(settings)},
        newsletters=nouns.newsletters(settings),
        database=database,
        renderer=Renderer(settings.templates_dir),
        clock=clock,
    )
