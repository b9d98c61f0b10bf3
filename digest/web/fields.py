"""What forms offer to choose from, and what is made of what was chosen."""

from datetime import time
from functools import cache
from gettext import NullTranslations
from zoneinfo import available_timezones

from digest.editions.slots import reader_schedule
from digest.model import Category, Frequency, Newsletter, Site


class Refused(ValueError):
    """What is chosen cannot be; the text says to the reader what to do."""


def options(newsletter: Newsletter, names: frozenset[str]) -> list[dict[str, object]]:
    """The newsletter's categories as a form offers them; nothing where there is nothing to choose."""
    offered: tuple[Category, ...] = newsletter.categories if len(newsletter.categories) > 1 else ()
    return [{"name": each.name, "title": each.title, "chosen": each.name in names} for each in offered]


def takes_own_hour(newsletter: Newsletter) -> bool:
    """Whether a reader's hour counts; `editions.slots.reader_schedule` decides it."""
    noon = time(12, 1)
    return reader_schedule(newsletter.schedule, noon).at == (noon,)


def hours(own: str) -> list[str]:
    return sorted({f"{hour:02}:00" for hour in range(24)} | ({own} if own else set()))


def zones(own: str) -> list[str]:
    return sorted(_places() | {"UTC", own})


def frequency_of(text: str, words: NullTranslations) -> Frequency:
    """Raises Refused."""
    if text not in set(Frequency):
        raise Refused(words.gettext("Choose how often the letters come."))
    return Frequency(text)


def zone_of_text(text: str, site: Site, words: NullTranslations) -> str:
    """A time zone as subscriptions keep it. Raises Refused.

    The site's own is kept as none: the reader goes with the site when it moves.
    """
    zone = "" if text == site.timezone else text
    if zone and zone not in available_timezones():
        raise Refused(words.gettext("This time zone is not known. Choose one of the list."))
    return zone


def hour_of(text: str, words: NullTranslations) -> time | None:
    """None: the newsletter's. Raises Refused."""
    if not text:
        return None
    try:
        return time.fromisoformat(text).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError:
        raise Refused(words.gettext("This is not a time of day. Choose one of the list.")) from None


@cache
def _places() -> frozenset[str]:
    """Zones that are named for a place, as people know them."""
    return frozenset(
        name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/"))
    )
