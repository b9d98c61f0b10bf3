"""Days on which nothing is sent: those that the operator names, and public holidays (the only importer of holidays)."""

from collections.abc import Mapping
from datetime import date
from difflib import get_close_matches
from functools import cache, lru_cache

from digest.model import Schedule

#: So many parts of a country are named where one is misspelt.
_FEW = 8


def is_quiet(schedule: Schedule, day: date) -> bool:
    """Whether nothing of the schedule is due on `day`, a local date.

    Raises ValueError for a place whose holidays nobody knows.
    """
    if any(first <= day <= last for first, last in schedule.quiet):
        return True
    return any(day in _holidays(place, day.year) for place in schedule.holidays)


def known_place(text: str) -> str | None:
    """The code of a country or a part of one, as in ``GB-ENG``, in whatever case it is written; None: not known."""
    country, dash, wanted = text.partition("-")
    parts = _parts(country.upper())
    if parts is None or not dash:
        return None if parts is None else country.upper()
    return next((f"{country.upper()}-{part}" for part in parts if part.casefold() == wanted.casefold()), None)


def places_like(text: str) -> tuple[str, ...]:
    """What may be meant by a text that is no known place, a few at most.

    Of ``DE-BER`` parts of the country that are called nearly so, of ``GB-XX`` all, as they are few; of ``Germany`` and
    ``UK`` the country's code.
    """
    country, _, part = text.partition("-")
    parts = _parts(country.upper())
    if parts is not None:
        near = parts if len(parts) <= _FEW else get_close_matches(part.upper(), parts)
        return tuple(f"{country.upper()}-{part}" for part in near) or (country.upper(),)
    called = text.casefold().replace(" ", "_")
    return tuple(code for name, code in _names().items() if name == called)


@lru_cache(maxsize=2048)
def _holidays(place: str, year: int) -> frozenset[date]:
    # It takes a quarter of a second to load, which only those with holidays have to wait for.
    from holidays import country_holidays  # noqa: PLC0415

    country, _, part = place.partition("-")
    try:
        return frozenset(country_holidays(country, subdiv=part or None, years=year, expand=False))
    except NotImplementedError as error:
        raise ValueError(f"{place!r}: {error}") from error


@lru_cache(maxsize=512)
def _parts(country: str) -> tuple[str, ...] | None:
    """The parts of the country that have holidays of their own; None where the country is not known."""
    from holidays import country_holidays  # noqa: PLC0415

    return tuple(country_holidays(country).subdivisions) if country in _names().values() else None


@cache
def _names() -> Mapping[str, str]:
    """What countries are also called, in small letters -> their codes."""
    from holidays.registry import COUNTRIES  # noqa: PLC0415

    return {name.casefold(): codes[1] for module, codes in COUNTRIES.items() for name in (module, *codes)}
