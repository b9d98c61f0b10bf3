"""What somebody asks for who would like a newsletter, on a form of ours, on one elsewhere, or by a program."""

from collections.abc import Mapping
from dataclasses import dataclass
from gettext import NullTranslations

from digest.app.enrol import normalized
from digest.app.typos import suggestion
from digest.errors import UsageError
from digest.model import Frequency, Newsletter, Site
from digest.store.subscribers import Choices
from digest.web.fields import Refused, frequency_of, hour_of, takes_own_hour, zone_of_text
from digest.web.requests import Form

#: A field of our own form, which names each category; a form on another page may name none, and means all.
OWN_FORM = "own"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """As it was posted, right or wrong."""

    address: str
    categories: tuple[str, ...]
    #: Where no category is named, all are meant.
    is_all: bool
    #: The address that was typed before, when it seemed mistyped.
    is_sure: str = ""
    #: Empty: as the newsletter has it.
    frequency: str = ""
    timezone: str = ""
    hour: str = ""

    @classmethod
    def of_form(cls, form: Form) -> "Wish":
        return cls(
            address=form.one("address"),
            categories=form.all("categories"),
            is_all=not form.one(OWN_FORM),
            is_sure=form.one("sure"),
            frequency=form.one("frequency"),
            timezone=form.one("timezone"),
            hour=form.one("hour"),
        )

    @classmethod
    def of_json(cls, posted: object) -> "Wish":
        """Raises ValueError with words for who wrote the program."""
        if not isinstance(posted, Mapping):
            raise ValueError("the body must be a JSON object")  # noqa: TRY004 - what was posted is wrong
        names = posted.get("categories", [])
        if not isinstance(names, list) or not all(isinstance(it, str) for it in names):
            raise ValueError("categories must be a list of texts")
        texts = {name: posted.get(name, "") for name in ("address", "frequency", "timezone", "hour")}
        for name, text in texts.items():
            if not isinstance(text, str):
                raise ValueError(f"{name} must be a text")  # noqa: TRY004 - what was posted is wrong, not what was called
        return cls(categories=tuple(names), is_all=not names, is_sure=texts["address"], **texts)

    def checked(self, newsletter: Newsletter, site: Site, words: NullTranslations) -> tuple[str, Choices]:
        """The address and what is chosen. Raises Refused with words for the reader.

        What the newsletter does not let readers choose is passed over.
        """
        _ = words.gettext
        try:
            address = normalized(self.address)
        except UsageError:
            raise Refused(_("This is not an e-mail address that letters can be sent to.")) from None
        known = {category.name for category in newsletter.categories}
        if len(known) > 1 and not known & set(self.categories) and not (self.is_all and not self.categories):
            raise Refused(_("Choose at least one topic."))
        choices = Choices(
            categories=tuple(name for name in self.categories if name in known),
            frequency=frequency_of(self.frequency, words) if self.frequency else Frequency.EVERY,
            timezone="" if newsletter.schedule.timezone else zone_of_text(self.timezone, site, words),
            send_at=hour_of(self.hour, words) if takes_own_hour(newsletter) else None,
        )
        near = suggestion(address)
        if near and self.is_sure != self.address:
            asked = _("Did you mean %(address)s? If yours is right as it is, press the button once more.")
            raise Refused(asked % {"address": near})
        return address, choices
