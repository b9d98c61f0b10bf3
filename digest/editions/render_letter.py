"""Turns an arrangement into what the templates of a letter speak of: plain values in the reader's language."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.editions.arrange import Arrangement
from digest.editions.render_picture import Picture, thumbnail, wide
from digest.editions.render_plain import one_line, shorten, width
from digest.editions.render_url import safe_url
from digest.editions.render_words import WORDS, Language, language_tag, reading_minutes
from digest.model import Article, Blank, Newsletter, Section, Site, Story, View, blank

#: Columns; a phone shows about 40 of a subject and a desktop about 70.
SUBJECT = 66
#: What an inbox shows after the subject, in columns.
PREHEADER = 120
_LEAD_EXCERPT = 420
#: Wider than any excerpt that a feed's cleaning gives in a script of narrow letters: those are whole sentences already.
_EXCERPT = 340
_NAMED_SOURCES = 3
#: With fewer sections a table of contents says nothing that a glance does not.
_CONTENTS_FROM = 4
#: Invisible, and wide enough to keep the first words of the body out of the inbox's preview line.
_FILLER = "\N{FIGURE SPACE}\N{ZERO WIDTH NO-BREAK SPACE}\N{COMBINING GRAPHEME JOINER} "


@dataclass(frozen=True, slots=True, kw_only=True)
class Manuscript:
    """All that a letter is rendered from."""

    site: Site
    newsletter: Newsletter
    number: int
    #: Aware, UTC.
    slot: datetime
    view: View
    arrangement: Arrangement


@dataclass(frozen=True, slots=True)
class Coverage:
    """Another source that tells the same story."""

    source: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownStory:
    """A story as the templates show it."""

    #: Counts through the letter from 1, the lead first.
    number: int
    title: str
    #: Empty: the headline is no link.
    url: str
    source: str
    age: str
    #: 0: not known.
    minutes: int
    excerpt: str
    #: Titles of the categories that it belongs to beside its section's.
    also_in: tuple[str, ...]
    also: tuple[Coverage, ...]
    #: Sources beyond those in `also`.
    also_more: int
    #: As wide as the column; only the lead has one.
    picture: Picture | None
    thumbnail: Picture | None
    #: Empty where it is the letter's own, and then `direction` is too.
    language: str
    direction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSection:
    """A section as the templates show it; the lead is not among its stories."""

    #: Names the place to jump to, unique in the letter.
    anchor: str
    title: str
    stories: tuple[ShownStory, ...]
    #: All that it has, shown or not, the lead included.
    total: int
    more: int
    more_url: str


def letter_variables(manuscript: Manuscript, nonce: str) -> dict[str, object]:
    """The variables of `letter.html.j2` and `letter.txt.j2`, as `templates/README.md` promises them."""
    site, newsletter, arrangement = manuscript.site, manuscript.newsletter, manuscript.arrangement
    language = Language.of(manuscript.view.language)
    day = (manuscript.slot + timedelta(minutes=manuscript.view.offset)).date()
    read_url = f"{site.url}/read/{nonce}"
    lead, sections = _shown(manuscript, language, read_url)
    titles = [story.title for story in (*([lead] if lead else []), *(s for part in sections for s in part.stories))]
    subject = subject_of(titles) or one_line(f"{newsletter.title}, {language.short_date(day)}")
    preheader = _preheader(subject, titles, lead)
    return {
        "site": site,
        "newsletter": newsletter,
        "language": language.tag,
        "direction": language.direction,
        "subject": subject,
        "preheader": preheader,
        "filler": _FILLER * max(0, min(60, 150 - width(preheader))),
        "date": language.long_date(day),
        "number": language.number(manuscript.number),
        "stories": arrangement.shown,
        "minutes": arrangement.minutes,
        "contents": sections if len(sections) >= _CONTENTS_FROM else (),
        "lead": lead,
        "sections": tuple(section for section in sections if section.stories or section.more),
        "address": blank(nonce, Blank.ADDRESS),
        "leave_url": blank(nonce, Blank.LEAVE_URL),
        "choose_url": blank(nonce, Blank.CHOOSE_URL),
        "read_url": read_url,
    }


def subject_of(titles: Iterable[str]) -> str:
    """The first headline, cut at a word if it is long, and the second if it fits beside it; empty without any."""
    first, second, *_ = (*titles, "", "")
    both = f"{first}; {second}"
    return both if second and width(both) <= SUBJECT else shorten(first, SUBJECT)


def _preheader(subject: str, titles: list[str], lead: ShownStory | None) -> str:
    """Adds to the subject what it does not say: the headlines that follow, or the beginning of the only story."""
    rest = [title for title in titles if title not in subject]
    if titles and titles[0] in rest:
        rest.remove(titles[0])
    if rest:
        return shorten(" · ".join(rest), PREHEADER)
    return shorten(lead.excerpt, PREHEADER) if lead else ""


def _shown(
    manuscript: Manuscript, language: Language, read_url: str
) -> tuple[ShownStory | None, tuple[ShownSection, ...]]:
    """The lead, told once, and the sections without it, numbered through."""
    author = _Author(language, manuscript.slot, manuscript.view.offset)
    arrangement = manuscript.arrangement
    lead = author.lead(arrangement.lead) if arrangement.lead else None
    sections = tuple(
        author.section(section, without=arrangement.lead, anchor=f"section-{place}", read_url=read_url)
        for place, section in enumerate(arrangement.sections, start=1)
    )
    return lead, sections


class _Author:
    """Writes stories down one after the other, and counts them."""

    def __init__(self, language: Language, now: datetime, offset: int) -> None:
        self._language, self._now, self._offset = language, now, offset
        self._number = 0

    def section(self, section: Section, *, without: Story | None, anchor: str, read_url: str) -> ShownSection:
        stories = tuple(self.story(story) for story in section.stories if story != without)
        return ShownSection(
            anchor=anchor,
            title=one_line(section.category.title),
            stories=stories,
            total=len(section.stories) + section.more,
            more=section.more,
            more_url=f"{read_url}/all",
        )

    def lead(self, story: Story) -> ShownStory:
        """`story` with more of its text, and its picture in full where that is wide enough."""
        picture = wide(story.lead.image)
        return self._write(story, _LEAD_EXCERPT, picture, None if picture else thumbnail(story.lead.image))

    def story(self, story: Story) -> ShownStory:
        return self._write(story, _EXCERPT, None, thumbnail(story.lead.image))

    def _write(self, story: Story, columns: int, picture: Picture | None, small: Picture | None) -> ShownStory:
        self._number += 1
        article = story.lead
        coverage = _coverage(story)
        foreign = _foreign(article, self._language)
        return ShownStory(
            number=self._number,
            title=one_line(article.title) or safe_url(article.url) or WORDS.gettext("Untitled"),
            url=safe_url(article.url),
            source=one_line(article.source),
            age=self._language.age(_moment(article, self._now), self._now, self._offset),
            minutes=reading_minutes(article.words),
            excerpt=shorten(one_line(article.excerpt), columns),
            also_in=tuple(one_line(category.title) for category in story.elsewhere),
            also=coverage[:_NAMED_SOURCES],
            also_more=len(coverage[_NAMED_SOURCES:]),
            picture=picture,
            thumbnail=small,
            language=foreign.tag if foreign else "",
            direction=foreign.direction if foreign else "",
        )


def _moment(article: Article, now: datetime) -> datetime:
    """The publisher's date; the arrival where there is none or it lies in the future."""
    published = article.published_at
    return published if published and published <= now else min(article.arrived_at, now)


def _coverage(story: Story) -> tuple[Coverage, ...]:
    """One article of each other source, in the story's order; what cannot be linked to is left out."""
    urls: dict[str, str] = {}
    for article in story.also:
        url, source = safe_url(article.url), one_line(article.source)
        if url and source and article.source != story.lead.source:
            urls.setdefault(source, url)
    return tuple(Coverage(source, url) for source, url in urls.items())


def _foreign(article: Article, language: Language) -> Language | None:
    """The article's language where it is known to be another than the letter's."""
    tag = language_tag(article.language)
    if not tag or tag.partition("-")[0].lower() == language.tag.partition("-")[0].lower():
        return None
    return Language.of(tag)
