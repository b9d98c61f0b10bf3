"""What every command works with: the settings as nouns, the store, the templates, the edges when they are needed.

The edges are imported where they are opened, so that a command which only reads the store starts at once.
"""

from __future__ import annotations

import os
import random
import secrets
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import getproxies_environment
from zoneinfo import ZoneInfo

from digest import __version__, receive
from digest.app import relays
from digest.errors import StoreError, UnknownName, UsageError
from digest.mail.dkim import DomainKey
from digest.mail.relay import Relay
from digest.mail.returns.verp import Verp
from digest.mail.sender import Sender
from digest.mail.tokens import Signer
from digest.model import Category, Feed, Newsletter, Site
from digest.settings import Settings, load, nouns
from digest.store import Database, erasure, migrate
from digest.store.fence import Fence

if TYPE_CHECKING:
    from digest import collect, deliver, publish
    from digest.editions.render import Renderer

Clock = Callable[[], datetime]

_SQLITE = "sqlite:///"
#: So many times as many feeds as are fetched at a time may wait for their turn at a host.
_WINDOW = 4


def utc_now() -> datetime:
    """The one clock."""
    return datetime.now(UTC)  # noqa: TID251 - everything else is handed the time


def nonce() -> str:
    """64 unguessable bits, hexadecimal."""
    return secrets.token_hex(8)


def jitter() -> float:
    """Drawn evenly from -1 to 1."""
    return random.uniform(-1, 1)  # noqa: S311 - spreads load, keeps no secret


@dataclass(frozen=True, kw_only=True)
class House:
    """One configuration, opened. It has no slots, because it keeps its renderer once it is asked for it."""

    path: Path
    settings: Settings
    site: Site
    categories: tuple[Category, ...]
    feeds: Mapping[str, Feed]
    newsletters: Mapping[str, Newsletter]
    database: Database
    clock: Clock = utc_now

    @cached_property
    def renderer(self) -> Renderer:
        """Renders by the operator's templates and ours."""
        from digest.editions.render import Renderer  # noqa: PLC0415 - Jinja and Babel

        return Renderer(self.settings.templates_dir)

    @property
    def zone(self) -> ZoneInfo:
        """The site's: what an operator's clock shows."""
        return ZoneInfo(self.site.timezone)

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
        from digest import publish  # noqa: PLC0415 - brings the renderer

        return publish.Press(
            database=self.database,
            typesetter=self.renderer,
            site=self.site,
            newsletters=self.newsletters,
            feeds=self.feeds,
            categories=self.categories,
            nonce=nonce,
        )

    def signer(self) -> Signer:
        """Raises UsageError where the configuration has no secret."""
        if not self.settings.site.secret.get_secret_value():
            file = self.path.parent / ".env"
            hidden = file.exists() and not os.access(file, os.R_OK)
            unread = " (which is there, but this user may not read it)" if hidden else ""
            raise UsageError(
                f"links in mails need a secret to be signed with: set DIGEST_SECRET in the environment or in {file}"
                f"{unread} (`digest init` writes one), or site.secret"
            )
        return Signer(self.secrets)

    @property
    def secrets(self) -> list[str]:
        """The site's, newest first; the first may be empty."""
        own = self.settings.site
        return [key.get_secret_value() for key in (own.secret, *own.old_secrets)]

    def sender(self) -> Sender:
        """Raises UsageError where the configuration has no secret, ConfigurationError for a key that cannot sign."""
        mail, mailbox = self.settings.mail, nouns.sender(self.settings)
        keys: tuple[DomainKey, ...] = ()
        if mail.dkim:
            from digest.app import domain_keys  # noqa: PLC0415 - cryptography

            keys = domain_keys.signing(self.settings)
        return Sender(
            site=self.site,
            mailbox=mailbox,
            return_path=mail.return_path or mailbox.address,
            reply_to=mail.reply_to.address if mail.reply_to else "",
            signer=self.signer(),
            keys=keys,
            verp=self.verp,
        )

    @property
    def verp(self) -> Verp | None:
        """Signs return paths; None: they are not signed. Raises UsageError."""
        if not self.settings.mail.bounces.verp:
            return None
        self.signer()
        return Verp(nouns.return_path(self.settings), self.secrets)

    def desk(self) -> receive.Desk:
        """Raises UsageError where the configuration has no secret."""
        signer, eraser = self.signer(), erasure.eraser(self.secrets)
        return receive.Desk(database=self.database, signer=signer, newsletters=self.newsletters, eraser=eraser)

    def relays(self) -> list[Relay]:
        """The mail servers, the first one first."""
        return relays.relays(self.settings.mail)

    @asynccontextmanager
    async def collecting(self) -> AsyncIterator[collect.Desk]:
        """What feeds are collected with, while the block lasts."""
        # HTTP and the parsers are for those who collect.
        from anyio import CapacityLimiter  # noqa: PLC0415

        from digest import collect  # noqa: PLC0415
        from digest.feeds.wire.fetch import Fetcher, FetchLimits  # noqa: PLC0415

        settings = self.settings.collect
        limits = FetchLimits(
            total=settings.timeout,
            body=settings.max_bytes,
            concurrency=settings.concurrency,
            per_host=settings.per_host,
            spacing=settings.spacing,
            allow_private_networks=settings.allow_private_networks,
        )
        agent = f"Digest/{__version__} (+{self.site.url})"
        async with Fetcher(agent, self.clock, limits, proxies=getproxies_environment()) as fetcher:
            yield collect.Desk(
                database=self.database,
                fetcher=fetcher,
                feeds=self.feeds,
                clock=self.clock,
                jitter=jitter,
                readers=CapacityLimiter(max(2, os.cpu_count() or 1)),
                backfill=settings.backfill,
                at_a_time=_WINDOW * settings.concurrency,
            )

    @asynccontextmanager
    async def posting(self) -> AsyncIterator[deliver.Post]:
        """What letters are delivered with, while the block lasts. Raises UsageError and RelayError."""
        # SMTP is for those who send.
        from digest import deliver  # noqa: PLC0415
        from digest.mail.destinations import Destinations, Limit  # noqa: PLC0415
        from digest.mail.mailer import Mailer  # noqa: PLC0415

        mail = self.settings.mail
        limits = {
            domain: Limit(rates=relays.rates(limit.rate), connections=limit.connections)
            for domain, limit in mail.domains.items()
        }
        async with Mailer(*self.relays()) as mailer:
            yield deliver.Post(
                database=self.database,
                mailer=mailer,
                sender=self.sender(),
                newsletters=self.newsletters,
                clock=self.clock,
                jitter=jitter,
                nonce=nonce,
                destinations=Destinations(limits),
                lease=mail.lease,
                give_up_after=mail.give_up_after,
                hold=mail.in_doubt == "hold",
                fence=self.fence,
            )

    @property
    def fence(self) -> Fence:
        """What keeps a restored or copied store from sending."""
        return Fence(self.database)

    async def look_at_fence(self) -> str:
        """Why nothing may be sent; empty: all is well. A store that is opened to read is not looked at."""
        if self.database.read_only:
            return ""
        return await self.database.run(self.fence.look, nonce())


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
    Raises ConfigurationError, StoreError.
    """
    settings = load(path, os.environ if environ is None else environ)
    if not prepare:
        _require_file(settings)
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
        clock=clock,
    )


def database_file(settings: Settings) -> Path | None:
    """The file of an SQLite database, there or not; None for PostgreSQL."""
    url = settings.database.get_secret_value()
    return Path(url.removeprefix(_SQLITE)) if url.startswith(_SQLITE) else None


def _require_file(settings: Settings) -> None:
    """Raises StoreError where there is no such file: opening it would make an empty one."""
    file = database_file(settings)
    if file is not None and not file.exists():
        raise StoreError(f"there is no database yet at {file}: run `digest db upgrade` or `digest run` first")
