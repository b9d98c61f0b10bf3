"""A letter of made-up articles: what a newsletter looks like before there is anything to tell."""

from datetime import datetime, timedelta

from digest.app.house import House, nonce
from digest.editions.arrange import Arrangement
from digest.editions.render import Brief
from digest.mail.compose import prepare
from digest.mail.sender import Sender
from digest.mail.tokens import Signer
from digest.model import Article, Category, Image, Letter, Mailbox, Newsletter, Section, Story, View
from digest.settings import nouns

#: Nobody is there (RFC 2606).
_READER = Mailbox(address="reader@example.org", name="Ada Reader")
_ANY = Category(name="news", title="News")
#: Sections, and stories in each.
_SECTIONS, _STORIES = 4, 3
_TITLES = (
    ("Night ferries return to the coast after nine years", "The first left at dusk with every cabin taken."),
    ("A small moon of Saturn hums, and nobody knows why", "The sound is far too deep for ears; instruments hear it."),
    ("The library that lends out telescopes by the week", "There are forty of them, and a waiting list until spring."),
    ("Bakers ask for dark winters: the dough likes the cold", "A slow night makes a better crust, a study finds."),
    ("Trams learn to wait for those who run to catch them", "A camera looks back along the platform before it goes."),
    ("Old orchards bloom again where the mine was closed", "Bees came first, then children with baskets."),
    ("One town votes on every bench that it puts up", "Turnout is higher than for the council."),
    ("How a chess club filled an empty railway station", "The waiting room now has thirty-two boards."),
    ("The lighthouse keeper's diary is read aloud at last", "It says little of storms, and much of tea."),
    ("Engineers build a bridge that sings in a west wind", "Neighbours have asked for another key."),
    ("A choir of pensioners goes on tour by bicycle", "They sing in every village that has a slope behind it."),
    ("Why the oldest clock in the city is seven minutes fast", "So that nobody misses the last boat."),
)
_SOURCES = ("Coast Post", "Orbit", "The Ledger", "Harbour Wire")
_COLUMN = 1200


def sample_letter(house: House, newsletter: Newsletter) -> bytes:
    """The message (RFC 5322) of a made-up edition of `newsletter`, due now; its links lead nowhere.

    It takes neither a database nor a secret. Raises TemplateError.
    """
    letter = sample(house, newsletter)
    sender = Sender(
        site=house.site,
        mailbox=nouns.sender(house.settings),
        return_path=nouns.sender(house.settings).address,
        signer=Signer([nonce()]),
    )
    personal = sender.personal(letter, 0, 0, _READER)
    return prepare(letter, sender.envelope(newsletter.name, newsletter.title, house.clock())).message(personal)


def sample(house: House, newsletter: Newsletter) -> Letter:
    """The letter of a made-up edition, due now. Raises TemplateError."""
    now = house.clock()
    sections = _sections(newsletter, now)
    lead = sections[0].stories[0]
    stories = [story for section in sections for story in section.stories]
    brief = Brief(site=house.site, newsletter=newsletter, number=1, slot=now)
    view = View(
        mark=0, categories=tuple(each.category.name for each in sections), language=house.site.language, offset=0
    )
    arrangement = Arrangement(
        lead=lead,
        sections=sections,
        told=tuple(article.number for story in stories for article in story.articles),
        shown=len(stories),
        minutes=3 * len(stories),
    )
    return house.renderer.edition(brief).letter(view, arrangement, nonce())


def _sections(newsletter: Newsletter, now: datetime) -> tuple[Section, ...]:
    categories = newsletter.categories[:_SECTIONS] or (_ANY,)
    return tuple(
        Section(
            category=category,
            stories=tuple(_story(place * _STORIES + each, now) for each in range(_STORIES)),
            more=place,
        )
        for place, category in enumerate(categories)
    )


def _story(number: int, now: datetime) -> Story:
    lead = _article(number, number, now)
    also = (_article(number, number + 1, now),) if number % 4 == 0 else ()
    return Story(lead=lead, also=also, is_update=number == 2)


def _article(number: int, source: int, now: datetime) -> Article:
    title, excerpt = _TITLES[number % len(_TITLES)]
    name = _SOURCES[source % len(_SOURCES)]
    host = f"https://{name.lower().replace(' ', '-')}.example"
    picture = Image(url=f"{host}/{number}.jpg", width=_COLUMN, height=675, alt="A ferry at dusk" if not number else "")
    return Article(
        number=10 * number + source + 1,
        feeds=("sample",),
        source=name,
        title=title,
        url=f"{host}/{number}",
        arrived_at=now - timedelta(hours=1 + number),
        published_at=now - timedelta(hours=1 + number),
        excerpt=excerpt,
        image=picture if number % 3 == 0 else None,
        language="en",
        words=700,
    )
