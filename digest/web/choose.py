"""A reader's own choices: topics, how often, by which clock, a pause, and whether letters are plain text alone."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from gettext import NullTranslations
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest import receive
from digest.app.enrol import kept
from digest.app.house import House
from digest.editions.due import zone_of
from digest.editions.render_words import Language, catalogues
from digest.mail.tokens import Purpose
from digest.model import Format, Newsletter, Site, SubscriptionState
from digest.store import subscribers
from digest.store.subscribers import Choices, Reader
from digest.web.answers import Pages
from digest.web.confirm import not_subscribed
from digest.web.fields import (
    Refused,
    frequency_of,
    hour_of,
    hours,
    options,
    takes_own_hour,
    zone_of_text,
    zones,
)
from digest.web.people import choices_in_words, clock, masked
from digest.web.requests import Form, form_of, require_own_form

#: A pause is no longer than this; who wants longer leaves.
LONGEST_PAUSE = timedelta(days=366)


class Choosing:
    """The pages behind "Choose topics or schedule"."""

    def __init__(self, house: House, pages: Pages) -> None:
        self._house, self._pages = house, pages
        self._desk = house.desk()

    def routes(self) -> list[Route]:
        return [
            Route("/choose/{token}", self.show, methods=["GET"]),
            Route("/choose/{token}", self.choose, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        token = request.path_params["token"]
        reader = await self._reader(token)
        if reader.subscription.state is SubscriptionState.LEFT:
            return not_subscribed(self._pages, reader)
        return self._form(reader, token, _Filled.by(reader, self._newsletter(reader), self._house.site))

    async def choose(self, request: Request) -> Response:
        require_own_form(request, self._house.site.url)
        token, now = request.path_params["token"], self._house.clock()
        reader = await self._reader(token)
        if reader.subscription.state is SubscriptionState.LEFT:
            return not_subscribed(self._pages, reader)
        newsletter, site = self._newsletter(reader), self._house.site
        filled = _Filled.of(await form_of(request), reader, newsletter, site)
        try:
            choices = chosen(filled, newsletter, site, now, self._pages_of(reader).words)
        except Refused as problem:
            return self._form(reader, token, filled, str(problem))
        reader = await receive.choose(self._desk, token, choices, now)
        # Who never chose one goes with the site when that changes.
        before = reader.subscriber.language or site.language
        if filled.language != before and filled.language in _languages(site.language):
            await self._house.database.run(subscribers.speak, reader.subscriber.id, filled.language)
            reader = await self._reader(token)
        pages = self._pages_of(reader)
        plain = (pages.words.gettext("as plain text only"),) if reader.subscription.format is Format.TEXT else ()
        known = {
            "newsletter": newsletter.title,
            "address": masked(reader.subscriber.address),
            "summary": (*choices_in_words(reader.subscription, newsletter, site, now, pages.language), *plain),
            "choose_url": f"/choose/{token}",
        }
        return pages.page("chosen", known)

    async def _reader(self, token: str) -> Reader:
        return await receive.reader_of(self._desk, Purpose.CHOOSE, token, self._house.clock())

    def _pages_of(self, reader: Reader) -> Pages:
        return self._pages.read_in(reader.subscriber.language)

    def _newsletter(self, reader: Reader) -> Newsletter:
        return self._house.newsletter(reader.subscription.newsletter)

    def _form(self, reader: Reader, token: str, filled: "_Filled", problem: str = "") -> Response:
        newsletter, now = self._newsletter(reader), self._house.clock()
        today = now.astimezone(zone_of(newsletter, self._house.site, "")).date()
        known = {
            "newsletter": newsletter.title,
            "address": masked(reader.subscriber.address),
            "action": f"/choose/{token}",
            "categories": options(newsletter, filled.categories),
            "frequency": filled.frequency,
            "own_time": not newsletter.schedule.timezone,
            "timezone": filled.timezone,
            "zones": zones(filled.timezone),
            "hour": filled.hour,
            "hours": hours(filled.hour) if takes_own_hour(newsletter) else (),
            "pause": filled.pause,
            "pause_from": (today + timedelta(days=1)).isoformat(),
            "pause_until": (today + LONGEST_PAUSE).isoformat(),
            "format": filled.format,
            "language_chosen": filled.language,
            "languages": [{"tag": tag, "name": name} for tag, name in _languages(self._house.site.language).items()],
            # Whoever was passed the letter on has this link, too: each asks for an address and for its owner's word.
            "others": [
                {"title": each.title, "url": f"/subscribe/{each.name}"}
                for each in self._house.newsletters.values()
                if each.name != reader.subscription.newsletter
            ],
            "yours_action": f"/choose/{token}/yours",
            "leave_url": f"/leave/{self._desk.signer.sign(Purpose.LEAVE, reader.subscription.id)}",
            "problem": problem,
        }
        return self._pages_of(reader).page("choose", known, 422 if problem else 200)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Filled:
    """The form as it stands, right or wrong."""

    categories: frozenset[str]
    frequency: str
    timezone: str
    hour: str
    pause: str
    format: str
    #: BCP 47.
    language: str

    @classmethod
    def by(cls, reader: Reader, newsletter: Newsletter, site: Site) -> "_Filled":
        """With what is chosen already."""
        own = reader.subscription
        zone = zone_of(newsletter, site, own.timezone)
        return cls(
            categories=frozenset(own.categories or [category.name for category in newsletter.categories]),
            frequency=own.frequency.value,
            timezone=own.timezone or site.timezone,
            hour=clock(own.send_at) if own.send_at else "",
            pause=own.paused_until.astimezone(zone).date().isoformat() if own.paused_until else "",
            format=own.format.value,
            language=reader.subscriber.language or site.language,
        )

    @classmethod
    def of(cls, form: Form, reader: Reader, newsletter: Newsletter, site: Site) -> "_Filled":
        """As it was posted; what the form does not ask for stays as it is."""
        before = cls.by(reader, newsletter, site)
        own_clock = not newsletter.schedule.timezone
        return cls(
            categories=frozenset(form.all("categories")) if len(newsletter.categories) > 1 else before.categories,
            frequency=form.one("frequency") or before.frequency,
            timezone=form.one("timezone") or before.timezone if own_clock else before.timezone,
            hour=form.one("hour") if takes_own_hour(newsletter) else before.hour,
            pause=form.one("pause"),
            format=form.one("format") or before.format,
            language=form.one("language") or before.language,
        )


def chosen(filled: "_Filled", newsletter: Newsletter, site: Site, now: datetime, words: NullTranslations) -> Choices:
    """What the form says. Raises Refused with words for the reader."""
    _ = words.gettext
    known = {category.name for category in newsletter.categories}
    if not known & filled.categories:
        raise Refused(_("Choose at least one topic, or unsubscribe below."))
    frequency = frequency_of(filled.frequency, words)
    if filled.format not in set(Format):
        raise Refused(_("Choose how the letters look."))
    zone = zone_of_text(filled.timezone, site, words)
    return Choices(
        categories=kept(filled.categories, newsletter.categories),
        frequency=frequency,
        timezone=zone,
        send_at=hour_of(filled.hour, words),
        paused_until=_pause(filled.pause, zone_of(newsletter, site, zone), now, words),
        format=Format(filled.format),
    )


def _pause(text: str, zone: ZoneInfo, now: datetime, words: NullTranslations) -> datetime | None:
    """The first moment of that day by the reader's clock; None for no pause, or one that is over."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
        until = datetime.combine(day, time(), zone).astimezone(UTC)
    except (ValueError, OverflowError):
        refusal = words.gettext("This is not a date. Write it as in 2026-12-24, or leave it empty.")
        raise Refused(refusal) from None
    if until > now + LONGEST_PAUSE:
        raise Refused(words.gettext("A pause can last a year at most."))
    return until if until > now else None


@cache
def _languages(site: str) -> dict[str, str]:
    """The languages that letters and pages speak, the site's among them, each by its own name."""
    tags = sorted({"en", site, *(name.replace("_", "-") for name in catalogues())})
    return {tag: Language.of(tag).own_name for tag in tags}
