"""How readers, their subscriptions and their letters are put into words on a page."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

from digest.editions.due import zone_of
from digest.editions.render_words import Language
from digest.model import Frequency, Newsletter, Site, Slot, Subscription


def masked(address: str) -> str:
    """Enough of `address` for its owner to know it and for nobody else to write to it: ``a•••@example.org``."""
    local, _at, domain = address.rpartition("@")
    return f"{local[:1]}•••@{domain}"


def named_slot(slot: Slot, language: Language) -> str:
    """When that is by the clock it was wished for."""
    # Translators: a day with its weekday, and a time of day as in 07:00; stands in "The next one comes %(when)s."
    return language.words.gettext("on %(day)s at %(time)s") % {
        "day": language.spoken.long_date(slot.local.date()),
        "time": clock(slot.local.time()),
    }


def clock(moment: time) -> str:
    return moment.strftime("%H:%M")


def moment(instant: datetime, zone: ZoneInfo, language: Language) -> str:
    """A date and a time of day."""
    there = instant.astimezone(zone)
    return f"{language.short_date(there.date())}, {clock(there.time())}"


def choices_in_words(
    subscription: Subscription, newsletter: Newsletter, site: Site, now: datetime, language: Language
) -> tuple[str, ...]:
    """What holds for a subscription, a line for each thing chosen, in `language`."""
    words = language.words
    titles = [
        category.title
        for category in newsletter.categories
        if not subscription.categories or category.name in subscription.categories
    ]
    weekly = subscription.frequency is Frequency.WEEKLY
    often = words.gettext("one letter a week") if weekly else words.gettext("every letter")
    lines = [words.gettext(", ").join(titles), often]
    if not newsletter.schedule.timezone:
        zone = subscription.timezone or site.timezone
        hour = subscription.send_at
        by_clock = words.gettext("at %(time)s, %(zone)s time")
        lines.append(by_clock % {"time": clock(hour), "zone": zone} if hour else zone)
    if subscription.paused_until and subscription.paused_until > now:
        there = subscription.paused_until.astimezone(zone_of(newsletter, site, subscription.timezone))
        day = language.spoken.long_date(there.date())
        lines.append(words.gettext("nothing before %(day)s") % {"day": day})
    return tuple(lines)
