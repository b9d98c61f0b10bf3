"""What a configuration says of newsletters and their sections: what they tell, when, and in which order."""

from datetime import time, timedelta
from typing import Annotated

from pydantic import Field

from digest.model import Archive, FollowUps, Overflow, Primary, WhenEmpty
from digest.settings import kinds, resolving
from digest.settings.group import Group
from digest.settings.kinds import Between, Follows
from digest.settings.look import LookSettings

_HOUR = timedelta(hours=1)


class Match(Group):
    """Which articles are meant: those that any of these fits."""

    tags: kinds.Texts = Field(default=(), description="Labels of the publisher, without regard to case.")
    keywords: kinds.Texts = Field(default=(), description="Whole words in title or excerpt, without regard to case.")
    patterns: kinds.Patterns = Field(
        default=(), description="Regular expressions (RE2) for title or excerpt, without regard to case."
    )
    authors: kinds.Texts = Field(default=(), description="Whole names, without regard to case.")


class CategoryMatch(Match):
    """Which articles belong to a category, whatever their feed."""

    rest: bool = Field(default=False, description="All that belongs to no other category, as in `More news`.")


class CategorySettings(Group):
    """A section of letters that readers can choose."""

    title: Annotated[kinds.Line, Follows("the name, in title case")] = Field(
        default="", description="What readers see."
    )
    match: CategoryMatch = Field(
        default_factory=CategoryMatch, description="Which articles belong here beside those of its feeds."
    )


class ScheduleSettings(Group):
    """When a newsletter is due: `at` a time on `days`, `every` so often or `monthly`; or by `cron`."""

    at: kinds.Clocks = Field(
        default=(time(7, 0),), min_length=1, description="When it is due, as in `07:00` or `[07:00, 18:30]`."
    )
    days: Annotated[kinds.Days | None, Follows("`daily`; with `every: 2 weeks` and the like, `mon`")] = Field(
        default=None, description="On which days: `daily`, `mon-fri`, `mon,wed,fri` or a list of days."
    )
    every: Annotated[kinds.Every | None, Follows("every one of the `days`")] = Field(
        default=None, description="Only so often: `3 days`, or `2 weeks`, on the `days` of every second week."
    )
    start: Annotated[kinds.Day | None, Follows("`2024-01-01`, a Monday")] = Field(
        default=None, alias="from", description="With `every`: the first day of all; days or weeks count from there."
    )
    monthly: Annotated[kinds.Monthly | None, Follows("not by the month")] = Field(
        default=None,
        min_length=1,
        description="Instead of `days`: days of the month; one that a month does not have is passed over.",
    )
    timezone: Annotated[kinds.ScheduleZone | None, Follows("`site.timezone`")] = Field(
        default=None, description="Whose clock: an IANA time zone, or `subscriber` for each reader's own."
    )
    cron: kinds.Cron | None = Field(default=None, description='Instead of `at` and the days, as in `"0 7 * * 1-5"`.')
    quiet: kinds.Spans = Field(
        default=(),
        alias="except",
        description="Days on which it is not due, as in `[2026-12-25, 2026-12-24..2027-01-01]`.",
    )
    holidays: kinds.Places = Field(
        default=(), description="It is not due on the public holidays of `DE`, `DE-BE`, `GB-ENG` or a list (ISO 3166)."
    )


class LimitsSettings(Group):
    """How much a letter shows; what becomes of the rest, `overflow` says."""

    stories: int = Field(default=30, ge=1, le=500, description="The most stories in a letter.")
    per_section: int = Field(default=8, ge=1, le=500, description="The most stories in a section.")
    html: Annotated[kinds.Size, Between("20KB", "100KB"), Follows("`95KB`")] = Field(
        default=95_000,
        description="The most that the HTML of a letter may take: excerpts get shorter, and then stories fewer, until"
        " it does. Gmail cuts off what is over 102 KB, and with it the way to leave.",
    )


class BoostSettings(Match):
    """What stands higher, or with fewer than 0 points lower, in its section."""

    feeds: kinds.Texts = Field(default=(), description="Names of feeds.")
    points: int = Field(ge=-20, le=20, description="Added to the score; an hour's news has 10 for being fresh.")


class SendingSettings(Group):
    """What an edition has to pass while it goes out."""

    stop_at: kinds.Percent = Field(
        default=0.05,
        description="It is paused when more than so many of its first 500 messages are refused; `0%`: it never is.",
    )
    canary: int = Field(
        default=0, ge=0, le=100_000, description="So many readers get it first, and the others `wait` later; 0: none."
    )
    wait: Annotated[kinds.Duration, Between("1m", "24h")] = Field(
        default=timedelta(minutes=10), description="How long the others wait for what becomes of the canary."
    )
    review: bool = Field(
        default=False, description="Whether `mail.operators` are sent it first, with a link that lets it leave."
    )
    release_after: Annotated[Annotated[kinds.Duration, Between("1m", "7d")] | None, Follows("never")] = Field(
        default=None, description="When it leaves by itself, if none of them has decided."
    )


class NewsletterSettings(Group):
    """What recurs."""

    title: Annotated[kinds.Line, Follows("the name, in title case")] = Field(
        default="", description="What readers see."
    )
    schedule: ScheduleSettings = Field(default_factory=ScheduleSettings, description="When it is due.")
    categories: Annotated[kinds.CategoryNames, Follows("all, in the order of `categories`")] = Field(
        default=(), description="Its sections, in this order."
    )
    max_age: Annotated[kinds.Duration, Between("1h", "90d")] = Field(
        default=48 * _HOUR, description="An article that arrived longer ago is not told any more."
    )
    limits: LimitsSettings = Field(default_factory=LimitsSettings, description="How much a letter shows.")
    overflow: Overflow = Field(
        default=Overflow.LINK,
        description="What becomes of stories beyond the limits: `link` counts them and links a page with all of them;"
        " `carry` puts them first in line in the next letter.",
    )
    at_least: int = Field(
        default=0,
        ge=0,
        le=100,
        description="A letter with fewer stories waits for the next slot, as long as none of"
        " them would be too old by then.",
    )
    when_empty: WhenEmpty = Field(
        default=WhenEmpty.SKIP, description="Whether a letter without a story is sent: `skip` or `send`."
    )
    archive: Archive = Field(
        default=Archive.OFF,
        description="Who may read past letters on the pages: `public`, and search engines find them; `unlisted`,"
        " whoever knows the address; `off`, nobody.",
    )
    grace: Annotated[kinds.Duration, Between("0s", "7d")] = Field(
        default=6 * _HOUR, description="How late an edition may still be made after the service was down."
    )
    settle: Annotated[kinds.Duration, Between("0s", "24h")] = Field(
        default=timedelta(),
        description="An article waits for the next letter unless it has not changed for so long, four times that at"
        " most: mistakes are often mended in the first minutes.",
    )
    wait_for_feeds: Annotated[kinds.Duration, Between("0s", "1h")] = Field(
        default=timedelta(minutes=5), description="How long an edition waits, at most, for feeds that are just due."
    )
    hold_above: int = Field(
        default=5,
        ge=0,
        le=1000,
        description="An edition with more than so many times the usual number of articles is held for you; 0: none is.",
    )
    follow_ups: FollowUps = Field(
        default=FollowUps.UPDATE,
        description="A new article of a story that its readers know is told as an `update`, or left out: `skip`.",
    )
    primary: Primary = Field(
        default=Primary.ORDER,
        description="Where an article of several categories stands: in the first by `order` of the sections, in the"
        " first of its `feed`, or where its tags and words `match`.",
    )
    exclude: Match = Field(default_factory=Match, description="What this newsletter never tells.")
    boost: tuple[BoostSettings, ...] = Field(default=(), description="What stands higher or lower in its section.")
    sending: SendingSettings = Field(
        default_factory=SendingSettings, description="What an edition has to pass while it goes out."
    )
    welcome: bool = Field(
        default=False,
        description="Whether a new subscriber gets the latest edition at once; so do all whom you import as confirmed.",
    )
    sponsor: Annotated[kinds.Name | None, Follows("none")] = Field(
        default=None, description="A sponsored block: `sponsored/NAME.html.j2` and `.txt.j2` in `templates_dir`."
    )
    subject: kinds.Subject = Field(
        default="{headlines}",
        description="What a letter is called in an inbox: a text with `{headlines}` (the first, and the second if"
        " there is room), `{lead}`, `{newsletter}`, `{site}`, `{date}`, `{number}`, `{stories}`.",
    )
    look: LookSettings = Field(
        default_factory=LookSettings, description="How its letters look; what is not said here, `look` says for all."
    )
    template: kinds.Template = Field(
        default=resolving.CLASSIC,
        validate_default=True,
        description="The look: a folder in `templates_dir`, or one that ships with Digest.",
    )
