"""What a letter says in the reader's language: dates, numbers and ages by CLDR, and the words that are ours.

Every sentence of ours goes through `gettext` or `ngettext`, here and in the templates (as `_` and `ngettext`): a
catalogue of translations takes the place of `NullTranslations` and nothing else changes.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from gettext import NullTranslations

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_decimal

WORDS = NullTranslations()

#: Adults read 238 words a minute in English (Brysbaert 2019); feeds count roughly, and so do we.
WORDS_PER_MINUTE = 230

_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*\Z")


def language_tag(tag: str) -> str:
    """`tag` if it has the form of BCP 47, else the empty string: feeds say `english` and worse."""
    tag = tag.strip().replace("_", "-")
    return tag if _TAG.match(tag) else ""


def reading_minutes(words: int) -> int:
    """Whole minutes that `words` take to read, at least one; 0 where the count is not known."""
    return max(1, round(words / WORDS_PER_MINUTE)) if words > 0 else 0


@dataclass(frozen=True, slots=True)
class Language:
    """A language that dates and numbers are written in."""

    #: BCP 47, fit for a `lang` attribute.
    tag: str
    locale: Locale

    @classmethod
    def of(cls, tag: str) -> "Language":
        """The language `tag` (BCP 47); English where it is not one that CLDR knows."""
        known = language_tag(tag) or "en"
        for candidate in (known, known.partition("-")[0]):
            try:
                return cls(known, Locale.parse(candidate, sep="-"))
            except (UnknownLocaleError, ValueError):
                continue
        return cls("en", Locale("en"))

    @property
    def direction(self) -> str:
        """``ltr`` or ``rtl``, as the attribute `dir` has it."""
        return self.locale.text_direction

    def number(self, number: int) -> str:
        return format_decimal(number, locale=self.locale)

    def long_date(self, day: date) -> str:
        """With the day of the week, as in "Monday, November 23, 2026"."""
        return format_date(day, format="full", locale=self.locale)

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
            return WORDS.gettext("%(n)s min ago") % {"n": self.number(max(1, minutes))}
        if days == 0 or minutes < 12 * 60:
            return WORDS.gettext("%(n)s h ago") % {"n": self.number(minutes // 60)}
        if days == 1:
            return WORDS.gettext("yesterday")
        if days < 7:
            return format_date(there.date(), format="EEEE", locale=self.locale)
        return self.short_date(there.date())
