"""What a letter or a page says in its reader's language: dates, numbers and ages by CLDR, and the words that are ours.

Our words are English in the code and the templates (`gettext` and `ngettext` here, `_` and `ngettext` there). In other
languages they stand in the catalogues ``digest/locale/LANGUAGE/LC_MESSAGES/digest.po``, which are read as translators
write them, each when the first letter or page needs it. Digits are 0 to 9 everywhere, as in CLDR's dates.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import cache, lru_cache, partial
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Literal

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, format_timedelta
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

_CATALOGUES = Path(__file__).resolve().parent.parent / "locale"
_ENGLISH = "en"

#: Adults read 238 words a minute in English (Brysbaert 2019); feeds count roughly, and so do we.
WORDS_PER_MINUTE = 230

_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*\Z")
#: BCP 47 4.4.1: what an implementation has to have room for.
_LONGEST_TAG = 35


def language_tag(tag: str) -> str:
    """`tag` if it has the form of BCP 47, else the empty string: feeds say `english` and worse."""
    tag = tag.strip().replace("_", "-")
    return tag if len(tag) <= _LONGEST_TAG and _TAG.match(tag) else ""


def reading_minutes(words: int) -> int:
    """Whole minutes that `words` take to read, at least one; 0 where the count is not known."""
    return max(1, round(words / WORDS_PER_MINUTE)) if words > 0 else 0


@cache
def catalogues() -> frozenset[str]:
    """The languages that our words are translated into, as CLDR writes them: ``uk``, ``pt_BR``."""
    return frozenset(path.parent.parent.name for path in _CATALOGUES.glob("*/LC_MESSAGES/digest.po"))


@cache
def _catalogue(name: str) -> NullTranslations:
    binary = BytesIO()
    with (_CATALOGUES / name / "LC_MESSAGES" / "digest.po").open("rb") as file:
        write_mo(binary, read_po(file, locale=name))
    binary.seek(0)
    return GNUTranslations(binary)


@dataclass(frozen=True, slots=True)
class Language:
    """A language that dates and numbers are written in."""

    #: BCP 47, fit for a `lang` attribute.
    tag: str
    locale: Locale
    #: The catalogue of our words; empty where there is none, and they stay English.
    catalogue: str

    @classmethod
    @lru_cache(maxsize=256)
    def of(cls, tag: str) -> "Language":
        """The language `tag` (BCP 47); English where it is not one that CLDR knows."""
        known = language_tag(tag) or _ENGLISH
        for candidate in (known, known.partition("-")[0]):
            try:
                locale = Locale.parse(candidate, sep="-")
            except (UnknownLocaleError, ValueError):
                continue
            return cls(known, locale, _nearest(str(locale)))
        return cls.of(_ENGLISH)

    @property
    def direction(self) -> str:
        """``ltr`` or ``rtl``, as the attribute `dir` has it."""
        return self.locale.text_direction

    @property
    def variables(self) -> dict[str, object]:
        """What every template is told of it."""
        return {"language": self.tag, "direction": self.direction}

    @property
    def words(self) -> NullTranslations:
        """Our words in this language, or else in English: `gettext` and `ngettext`."""
        return _catalogue(self.catalogue) if self.catalogue else _UNTRANSLATED

    @property
    def spoken(self) -> "Language":
        """The language that `words` are in: this one, or English."""
        return self if self.catalogue or self.locale.language == _ENGLISH else Language.of(_ENGLISH)

    def number(self, number: int) -> str:
        return str(number) if 0 <= number < 1000 else format_decimal(number, locale=self.locale)

    def long_date(self, day: date) -> str:
        """With the day of the week, as in "Monday, November 23, 2026"."""
        return format_date(day, format="full", locale=self.locale)

    @property
    def own_name(self) -> str:
        """What its speakers call it."""
        name = self.locale.get_display_name(self.locale) or str(self.locale)
        return name[:1].upper() + name[1:]

    def month(self, day: date) -> str:
        """The month of a day with its year."""
        return format_skeleton("yMMMM", day, locale=self.locale)

    def short_date(self, day: date) -> str:
        """As in "Nov 23, 2026"."""
        return format_date(day, format="medium", locale=self.locale)

    def age(self, moment: datetime, now: datetime, offset: int) -> str:
        """How long before `now` (both aware) that was, for a clock `offset` minutes ahead of UTC.

        Mail is read later than it is sent: hours are said of what is fresh, the day of all the rest.
        """
        zone = timezone(timedelta(minutes=offset))
        there, here = moment.astimezone(zone), now.astimezone(zone)
        minutes = int((now - moment).total_seconds() // 60)
        days = (here.date() - there.date()).days
        if minutes < 60:
            return self._ago(timedelta(minutes=max(1, minutes)))
        if days == 0 or minutes < 12 * 60:
            return self._ago(timedelta(hours=minutes // 60))
        if days == 1 and self.spoken is self:
            return self.words.gettext("yesterday")
        if days < 7:
            return format_date(there.date(), format="EEEE", locale=self.locale)
        return self.short_date(there.date())

    def _ago(self, elapsed: timedelta) -> str:
        """Whole minutes under an hour, else whole hours; as CLDR has it but in English, where it says "5 hr. ago"."""
        minutes = elapsed // timedelta(minutes=1)
        if self.locale.language == _ENGLISH:
            return f"{minutes} min ago" if minutes < 60 else f"{minutes // 60} h ago"
        unit: Literal["minute", "hour"] = "minute" if minutes < 60 else "hour"
        said = partial(format_timedelta, -elapsed, unit, threshold=60, add_direction=True, locale=self.locale)
        try:
            return said(format="short")
        except KeyError:
            # Babel has no short form for some, such as Malay.
            return said(format="long")


_UNTRANSLATED = NullTranslations()


def _nearest(locale: str) -> str:
    """The catalogue for `locale`, less and less exactly; empty where there is none."""
    while locale and locale not in catalogues():
        locale = locale.rpartition("_")[0]
    return locale
