"""What a configuration holds: every key with its type, default and meaning.

The reference in docs/configuration.md and config/digest.schema.json are made from the descriptions here.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, SecretStr

from digest.settings import kinds
from digest.settings.alerts import AlertSettings
from digest.settings.editorial import CategorySettings, Match, NewsletterSettings
from digest.settings.group import Group
from digest.settings.kinds import Between, Follows
from digest.settings.look import LookSettings
from digest.settings.pages import Web
from digest.settings.retention import RetentionSettings
from digest.settings.returns import BouncesSettings


class Site(Group):
    """Who publishes, and where the public pages are."""

    name: Annotated[kinds.Line, Follows("the host of `site.url`")] = Field(
        default="", description="The masthead of every letter and page."
    )
    tagline: kinds.Line = Field(default="", description="One line below the name.")
    url: kinds.SiteUrl = Field(description="Where readers reach the public pages; links in letters begin with it.")
    language: kinds.Language = Field(
        default="en", description="The language of letters and pages, BCP 47, as in `pt-BR`."
    )
    timezone: kinds.Zone = Field(
        default="UTC", description="An IANA time zone; schedules and readers without one use it."
    )
    postal_address: kinds.Line = Field(
        default="", description="Stands at the end of every letter; the law of many countries asks for it."
    )
    secret: Annotated[kinds.Secret, Follows("`${DIGEST_SECRET:-}`")] = Field(
        default=SecretStr(""),
        description="Signs the links in letters; `digest init` makes one. Commands that need it ask for it.",
    )
    old_secrets: tuple[kinds.Secret, ...] = Field(
        default=(), description="Secrets of before: links signed with them still work, new ones are not made with them."
    )


class Smtp(Group):
    """The mail server that takes our letters."""

    host: kinds.Host = Field(description="The name or IP address of the mail server.")
    port: int = Field(
        default=587, ge=1, le=65535, description="587 for `starttls`, usually 465 for `tls` and 25 for `none`."
    )
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls",
        description="`starttls` insists on encryption before signing in; `tls` encrypts from the first byte.",
    )
    username: kinds.Line = Field(default="", description="The name to sign in with; empty: no sign-in.")
    password: kinds.Secret = Field(
        default=SecretStr(""), description="Write `${SMTP_PASSWORD}` or `${file:/run/secrets/smtp}`."
    )
    connections: int = Field(
        default=8, ge=1, le=200, description="How many connections are open at the same time, at most."
    )
    reuse: int = Field(
        default=100, ge=1, le=100_000, description="How many messages go over one connection before it is closed."
    )
    rate: Annotated[kinds.Frequencies, Follows("as fast as the server takes them")] = Field(
        default=(),
        description="How many messages each process sends, at most, as in `50/s`, or several, as in `[50/s, 10000/h]`.",
    )
    timeout: Annotated[kinds.Duration, Between("5s", "1h")] = Field(
        default=timedelta(seconds=600), description="How long a reply is waited for; RFC 5321 asks for ten minutes."
    )
    verify: bool = Field(default=True, description="Whether the server's certificate must be valid.")


class RelaySettings(Smtp):
    """One more mail server beside `mail.smtp`."""

    weight: int = Field(
        default=0,
        ge=0,
        le=100,
        description="Its share of the messages, beside the 1 of `mail.smtp`; 0: only while the others do not take any.",
    )


class DomainSettings(Group):
    """How mail to one recipient domain is held back."""

    rate: kinds.Frequencies = Field(default=(), description="How many messages each process sends there, at most.")
    connections: int = Field(default=0, ge=0, le=200, description="How many at the same time, at most; 0: no limit.")


class DkimSettings(Group):
    """A key that signs messages (RFC 6376), for a relay that does not do so itself."""

    domain: Annotated[kinds.Domain | None, Follows("the domain of `mail.from`")] = Field(
        default=None, description="Who signs: the domain of `mail.from`, or one above it."
    )
    selector: kinds.Domain = Field(description="Where the public key stands: `SELECTOR._domainkey.DOMAIN` in the DNS.")
    key: kinds.Secret = Field(description="The private key in PEM, RSA or Ed25519: `${file:dkim.pem}`.")


class Mail(Group):
    """How letters are sent."""

    sender: kinds.Sender = Field(
        alias="from", description="Whom letters come from, as in `The Daily <digest@news.example>`."
    )
    reply_to: Annotated[kinds.Sender | None, Follows("`mail.from`")] = Field(
        default=None, description="Who gets the answers."
    )
    return_path: Annotated[kinds.Address | None, Follows("the address of `mail.from`")] = Field(
        default=None, description="Who gets the bounces."
    )
    bounces: BouncesSettings = Field(default_factory=BouncesSettings, description="Mail that comes back.")
    in_doubt: Literal["resend", "hold"] = Field(
        default="resend",
        description="What becomes of a message when the connection broke before the server's answer: `resend` may send"
        " it twice, under the same Message-ID; `hold` leaves it to you.",
    )
    give_up_after: Annotated[kinds.Duration, Between("5m", "14d")] = Field(
        default=timedelta(hours=48), description="How long a message that is put off is tried again."
    )
    lease: Annotated[kinds.Duration, Between("10s", "1h")] = Field(
        default=timedelta(seconds=60),
        description="After how long without a sign of life a worker's deliveries go to another.",
    )
    operators: tuple[kinds.Address, ...] = Field(
        default=(), description="Who looks after the service: they are sent what is to be reviewed before it leaves."
    )
    smtp: Smtp = Field(description="The mail server that takes our letters.")
    relays: tuple[RelaySettings, ...] = Field(
        default=(), description="More servers: they share the work by weight, and stand in for one that fails."
    )
    domains: Mapping[kinds.Domain, DomainSettings] = Field(
        default_factory=dict, description="Limits for recipient domains, as in `gmail.com: {rate: 20/s}`."
    )
    dkim: tuple[DkimSettings, ...] = Field(
        default=(), description="Keys that sign each message, where the relay does not; each adds its signature."
    )


class Collect(Group):
    """How feeds are polled."""

    every: Annotated[kinds.Duration, Between("1m", "7d")] = Field(
        default=timedelta(minutes=30), description="The least time between two polls of a feed."
    )
    max_every: Annotated[kinds.Duration, Between("1m", "30d")] = Field(
        default=timedelta(hours=6),
        description="The longest, however seldom a feed publishes and whatever it asks, but for `Retry-After`.",
    )
    concurrency: int = Field(default=32, ge=1, le=500, description="How many feeds are fetched at the same time.")
    per_host: int = Field(default=2, ge=1, le=100, description="How many of one host at the same time.")
    spacing: Annotated[kinds.Duration, Between("0s", "5m")] = Field(
        default=timedelta(seconds=1), description="The least time between two requests to one host."
    )
    timeout: Annotated[kinds.Duration, Between("1s", "10m")] = Field(
        default=timedelta(seconds=30), description="How long one fetch may take as a whole."
    )
    max_bytes: Annotated[kinds.Size, Between("10KB", "100MB"), Follows("`10MB`")] = Field(
        default=10_000_000, description="The largest feed that is read, unpacked."
    )
    backfill: Annotated[kinds.Duration, Between("0s", "30d")] = Field(
        default=timedelta(hours=24),
        description="How old an article may be at the first poll of its feed to count as new.",
    )
    allow_private_networks: bool = Field(
        default=False,
        description="Whether feeds may come from this machine and private networks; leave it off if others name feeds.",
    )


class SelectSettings(Group):
    """How articles are found on a page without a feed: CSS selectors, all but `item` within an item."""

    item: kinds.Line = Field(min_length=1, description="Each article's part of the page, as in `article.teaser`.")
    title: Annotated[kinds.Line, Follows("the first heading, or the text of the link")] = Field(
        default="", description="Its headline."
    )
    link: Annotated[kinds.Line, Follows("the first link in a heading, or the first")] = Field(
        default="", description="Where it is to be read."
    )
    time: Annotated[kinds.Line, Follows("the first `<time>`")] = Field(
        default="", description="When it was published: its `datetime`, or its text."
    )
    excerpt: Annotated[kinds.Line, Follows("none")] = Field(default="", description="The text of the excerpt.")


class FeedSettings(Group):
    """A source that is polled."""

    name: kinds.Name = Field(description="How you and the store call it. A new name is a new feed.")
    url: kinds.WebUrl = Field(description="Where it is, http or https: RSS, Atom, RDF or JSON Feed.")
    category: kinds.CategoryName | None = Field(default=None, description="The category of all its articles.")
    categories: kinds.CategoryNames = Field(
        default=(), description="Instead of `category`: several, the most fitting first."
    )
    title: Annotated[kinds.Line, Follows("the feed's own title")] = Field(
        default="", description="The source that readers see."
    )
    every: Annotated[Annotated[kinds.Duration, Between("1m", "7d")] | None, Follows("`collect.every`")] = Field(
        default=None, description="The least time between two polls."
    )
    full_text: bool = Field(
        default=False,
        description="Whether to fetch the page behind each new article for its excerpt, picture and link.",
    )
    weight: int = Field(
        default=0, ge=-20, le=20, description="Points for all its articles: higher ones stand first in their section."
    )
    exclude: Match = Field(default_factory=Match, description="Its articles that are never told.")
    type: Literal["feed", "page"] = Field(
        default="feed", description="`page`: a page without a feed, whose articles `select` finds."
    )
    select: SelectSettings | None = Field(default=None, description="With `type: page`: where on the page what is.")


class Log(Group):
    """What the service says of itself."""

    format: Literal["auto", "text", "json"] = Field(
        default="auto", description="`auto`: text on a terminal, else JSON lines."
    )
    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least that is worth a line."
    )


class Settings(Group):
    """The configuration of Digest."""

    include: kinds.Texts = Field(
        default=(),
        description="Files whose `feeds`, `categories` and `newsletters` are added; `*` and `**` match names.",
    )
    site: Site = Field(description="Who publishes, and where the public pages are.")
    database: kinds.Database = Field(
        default=SecretStr("sqlite:///data/digest.db"),
        validate_default=True,
        description="A file, relative to this one, or `postgresql://user:${DB_PASSWORD}@host/digest`.",
    )
    mail: Mail = Field(description="How letters are sent.")
    collect: Collect = Field(default_factory=Collect, description="How feeds are polled.")
    categories: Annotated[Mapping[kinds.Name, CategorySettings], Follows("one, `news`, for everything")] = Field(
        default_factory=dict, description="The sections that readers choose from, in the order of the sections."
    )
    feeds: tuple[FeedSettings, ...] = Field(min_length=1, description="The sources that are polled.")
    newsletters: Mapping[kinds.Name, NewsletterSettings] = Field(min_length=1, description="What recurs.")
    look: LookSettings = Field(default_factory=LookSettings, description="How letters look, of all newsletters.")
    templates_dir: Annotated[kinds.Folder | None, Follows("those that ship with Digest")] = Field(
        default=None,
        description="A folder of your own templates; each file goes before the one that ships with Digest.",
    )
    web: Web = Field(default_factory=Web, description="The public pages.")
    retention: RetentionSettings = Field(
        default_factory=RetentionSettings, description="For how long text is kept; `digest db prune` takes it at once."
    )
    alerts: AlertSettings = Field(
        default_factory=AlertSettings,
        description="What operators are told of, once when it begins and once when it ends.",
    )
    log: Log = Field(default_factory=Log, description="What the service says of itself.")
