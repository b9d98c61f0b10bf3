"""Settings -> the nouns of the house, with the defaults that follow other keys filled in."""

from dataclasses import replace
from urllib.parse import urlsplit

from digest import model
from digest.settings.editorial import Match, NewsletterSettings, ScheduleSettings
from digest.settings.look import appearance
from digest.settings.schema import Collect, FeedSettings, Settings
from digest.settings.values import SUBSCRIBER

#: Where no category is configured, everything belongs to this one.
EVERYTHING = model.Category(name="news", title="News")


def site(settings: Settings) -> model.Site:
    """Who publishes; without a name, the host of its URL."""
    it = settings.site
    return model.Site(
        name=it.name or urlsplit(it.url).hostname or it.url,
        url=it.url,
        tagline=it.tagline,
        language=it.language,
        timezone=it.timezone,
        postal_address=it.postal_address,
    )


def categories(settings: Settings) -> tuple[model.Category, ...]:
    """In the order of the sections; never empty."""
    found = tuple(
        model.Category(
            name=name,
            title=it.title or _titled(name),
            match=_match(it.match),
            rest=it.match.rest,
        )
        for name, it in settings.categories.items()
    )
    return found or (EVERYTHING,)


def _match(it: Match) -> model.Match:
    return model.Match(tags=it.tags, keywords=it.keywords, patterns=it.patterns, authors=it.authors)


def feeds(settings: Settings) -> tuple[model.Feed, ...]:
    """In the order of the files."""
    everything = () if settings.categories else (EVERYTHING.name,)
    return tuple(_feed(it, everything, settings.collect) for it in settings.feeds)


def _feed(it: FeedSettings, everything: tuple[str, ...], collect: Collect) -> model.Feed:
    named = (it.category,) if it.category else tuple(dict.fromkeys(it.categories))
    return model.Feed(
        name=it.name,
        url=it.url,
        categories=named or everything,
        title=it.title,
        every=it.every or collect.every,
        max_every=collect.max_every,
        selectors=model.Selectors(**it.select.model_dump()) if it.select else None,
        full_text=it.full_text,
        weight=it.weight,
        exclude=_match(it.exclude),
    )


def newsletters(settings: Settings) -> dict[str, model.Newsletter]:
    """By name, in the order of the files."""
    known = {category.name: category for category in categories(settings)}
    return {name: _newsletter(settings, name, it, known) for name, it in settings.newsletters.items()}


def _newsletter(
    settings: Settings, name: str, it: NewsletterSettings, known: dict[str, model.Category]
) -> model.Newsletter:
    return model.Newsletter(
        name=name,
        title=it.title or _titled(name),
        schedule=schedule(it.schedule, settings.site.timezone),
        categories=tuple(known[chosen] for chosen in dict.fromkeys(it.categories or known)),
        max_age=it.max_age,
        limits=model.Limits(stories=it.limits.stories, per_section=it.limits.per_section, html=it.limits.html),
        when_empty=it.when_empty,
        template=it.template,
        appearance=appearance(it.look, settings.look, site(settings).name),
        subject=it.subject,
        grace=it.grace,
        overflow=it.overflow,
        at_least=it.at_least,
        settle=it.settle,
        wait_for_feeds=it.wait_for_feeds,
        hold_above=it.hold_above,
        follow_ups=it.follow_ups,
        primary=it.primary,
        exclude=_match(it.exclude),
        boosts=tuple(
            model.Boost(match=replace(_match(boost), feeds=boost.feeds), points=boost.points) for boost in it.boost
        ),
        sending=model.Sending(**it.sending.model_dump()),
        welcome=it.welcome,
        sponsor=it.sponsor or "",
        archive=it.archive,
    )


def schedule(it: ScheduleSettings, zone: str) -> model.Schedule:
    """The schedule where `zone` is the site's."""
    chosen = it.timezone or zone
    weeks = it.every.count if it.every and it.every.in_weeks else 0
    return model.Schedule(
        at=it.at,
        weekdays=it.days or frozenset(range(1 if weeks else 7)),
        weeks=weeks,
        days=it.every.count if it.every and not weeks else 0,
        start=it.start or model.Schedule().start,
        monthly=it.monthly or (),
        cron=it.cron or "",
        timezone="" if chosen == SUBSCRIBER else chosen,
        quiet=it.quiet,
        holidays=it.holidays,
    )


def sender(settings: Settings) -> model.Mailbox:
    """Whom letters come from."""
    return settings.mail.sender


def return_path(settings: Settings) -> str:
    """The address that bounces go to."""
    return settings.mail.return_path or settings.mail.sender.address


def database_place(settings: Settings) -> str:
    """Where the database is, without its password: fit to be shown."""
    url = settings.database.get_secret_value()
    if url.startswith("sqlite:"):
        return url
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()


def _titled(name: str) -> str:
    return name.replace("-", " ").replace("_", " ").title()
