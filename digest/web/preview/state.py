"""The answer to what the page asks: one mapping, for its script as JSON and for its template as it is."""

from collections.abc import Mapping
from functools import cache
from zoneinfo import available_timezones

from digest.app.house import House
from digest.app.previewing.occasions import Occasion
from digest.app.previewing.outlook import Outlook
from digest.model import Slot
from digest.web.preview.question import Question, written
from digest.web.preview.words import when

#: The languages that letters have words of ours in; any other may be asked for, too.
_LANGUAGES = {
    "en": "English",
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "uk": "Ukrainian",
    "ar": "Arabic",
}
#: Names of zones that are no places.
_NO_PLACES = ("Etc/", "SystemV/", "US/", "posix/", "right/")


def state_of(house: House, question: Question, found: Outlook | None) -> dict[str, object]:
    """All of the page's `state` but what is wrong and what the letter holds; None: nothing could be looked at."""
    newsletter = house.newsletters.get(question.newsletter)
    made_up = question.made_up
    looked = found.looked if found else None
    return {
        "newsletters": [{"name": each.name, "title": each.title} for each in house.newsletters.values()],
        "newsletter": question.newsletter,
        "at": question.at,
        "slots": [_slot(each) for each in found.occasions] if found else [],
        "reader": question.reader,
        "readers": list(found.readers.addresses) if found else [],
        "readers_total": found.readers.total if found else 0,
        "made_up": {"categories": list(made_up.categories), "language": made_up.language, "zone": made_up.zone},
        "categories": [{"name": it.name, "title": it.title} for it in newsletter.categories] if newsletter else [],
        "languages": [{"tag": tag, "name": name} for tag, name in _languages(house.site.language).items()],
        "zones": _zones(),
        "when": _when(looked.foretold.slot) if looked else "",
        "frozen": looked.foretold.frozen if looked else False,
        "verdict": looked.verdict if looked else "",
        "problem": None,
        "letter": None,
        "why": {"told": [], "others": [], "others_more": 0, "too_old": 0},
        "changes": None,
    }


def _slot(each: Occasion) -> dict[str, object]:
    return {
        "value": written(each.at),
        "words": when(each.at),
        "kind": each.kind.value,
        "number": each.number,
        "sent": each.sent,
    }


def _when(slot: Slot) -> str:
    return f"{when(slot.local)} ({slot.at:%H:%M} UTC)"


def _languages(site: str) -> Mapping[str, str]:
    """The site's first."""
    return {site: _LANGUAGES.get(site, site), **_LANGUAGES}


@cache
def _zones() -> list[str]:
    """Places that people live by the clock of."""
    return ["UTC", *sorted(name for name in available_timezones() if "/" in name and not name.startswith(_NO_PLACES))]
