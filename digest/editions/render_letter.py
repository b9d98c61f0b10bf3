"""Turns an arrangement into what the templates of a letter speak of: plain values in the reader's language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NoReturn

from digest.editions.render_picture import Picture, thumbnail, wide
from digest.editions.render_plain import one_line, shorten, width
from digest.editions.render_url import safe_url
from digest.editions.render_words import Language, language_tag, reading_minutes
from digest.model import Article, Correction, Newsletter, Section, Site, Story, View

#: What an inbox shows after the subject, in columns.
PREHEADER = 120
#: Columns of the lead's excerpt and of the others', from the most to none: a letter takes the first that fits.
#: 340 are more than a feed's cleaning gives in a script of narrow letters: those are whole sentences already.
EXCERPTS = ((420, 340), (300, 200), (200, 120), (160, 0))
_NAMED_SOURCES = 3
_NAMED_UNREACHED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreached:
    """A feed that the edition had to go without."""

    title: str
    #: Names; empty: it may belong to any.
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What all letters of an edition share."""

    site: Site
    newsletter: Newsletter
    number: int
    #: Aware, UTC.
    slot: datetime
    #: The editor's, plain text; empty lines part its paragraphs.
    note: str = ""
    unreached: tuple[Unreached, ...] = ()
    #: Subjects of the newsletter's other editions.
    taken: frozenset[str] = frozenset()
    #: Of the newsletter, by id.
    corrections: Mapping[int, Correction] = field(default_factory=dict)


class Ordinal:
    """A story's number, which is known only when a letter is put together: it can be put out, and nothing else."""

    __slots__ = ("_mark",)

    def __init__(self, mark: str) -> None:
        self._mark = mark

    def __str__(self) -> str:
        return self._mark

    def __eq__(self, _other: object) -> NoReturn:
        raise TypeError("a story's number can be put out and nothing else")

    __hash__ = object.__hash__


@dataclass(frozen=True, slots=True)
class Coverage:
    """Another source that tells the same story."""

    source: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownStory:
    """A story as the templates show it."""

    #: Counts through the letter from 1, the lead first.
    number: Ordinal = field(compare=False)
    title: str
    #: Empty: the headline is no link.
    url: str
    source: str
    age: str
    #: 0: not known.
    minutes: int
    #: These readers have been told of it before.
    is_update: bool
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
    """A section as the templates show it."""

    #: Names the place to jump to, unique in the letter.
    anchor: str
    title: str
    #: All that it has, shown or not, the lead included.
    total: int
    more: int
    more_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCorrection:
    """What was withdrawn from a letter that these readers have got, as the templates show it."""

    #: That letter's, and its day.
    number: str
    date: str
    #: The article's; never empty.
    title: str
    #: The operator's words; empty: that it was withdrawn.
    text: str


def corrections_shown(brief: Brief, view: View, language: Language) -> tuple[ShownCorrection, ...]:
    """What the readers of `view` are to be told, in the order of its withdrawal."""
    wanted = (brief.corrections[number] for number in view.corrections if number in brief.corrections)
    return tuple(
        ShownCorrection(
            number=language.number(each.number),
            date=language.short_date((each.slot + timedelta(minutes=view.offset)).date()),
            title=one_line(each.title) or language.words.gettext("Untitled"),
            text=one_line(each.text),
        )
        for each in wanted
    )


def section_shown(section: Section, read_url: str) -> ShownSection:
    anchor = f"section-{section.category.name}"
    return ShownSection(
        anchor=anchor,
        title=one_line(section.category.title),
        total=len(section.stories) + section.more,
        more=section.more,
        more_url=f"{read_url}/all#{anchor}",
    )


def preheader_of(subject: str, told: Sequence[ShownStory], lead: ShownStory | None) -> str:
    """Adds to the subject what it does not say: the headlines that follow, or the beginning of the only story."""
    rest, columns = [], 0
    for story in told[1:]:
        if columns > PREHEADER:
            break
        if story.title not in subject:
            rest.append(story.title)
            columns += width(story.title)
    if rest:
        return shorten(" · ".join(rest), PREHEADER)
    return shorten(lead.excerpt, PREHEADER) if lead else ""


def unreached_by(brief: Brief, categories: Sequence[str]) -> tuple[tuple[str, ...], int]:
    """The titles of the feeds that readers of these categories go without, a few of them, and how many more."""
    wanted = frozenset(categories)
    missed = (one_line(each.title) for each in brief.unreached if not each.categories or wanted & {*each.categories})
    titles = tuple(dict.fromkeys(title for title in missed if title))
    return titles[:_NAMED_UNREACHED], len(titles[_NAMED_UNREACHED:])


class Author:
    """Writes stories down for readers of one language whose clock is `offset` minutes ahead of UTC."""

    def __init__(self, language: Language, now: datetime, offset: int, number: Ordinal) -> None:
        self._language, self._now, self._offset, self._number = language, now, offset, number

    def lead(self, story: Story, brevity: int = 0) -> ShownStory:
        """`story` with more of its text, and its picture in full where that is wide enough."""
        picture = wide(story.lead.image)
        return self._write(story, EXCERPTS[brevity][0], picture, None if picture else thumbnail(story.lead.image))

    def story(self, story: Story, brevity: int = 0) -> ShownStory:
        """`brevity` is a place in `EXCERPTS`."""
        return self._write(story, EXCERPTS[brevity][1], None, thumbnail(story.lead.image))

    def _write(self, story: Story, columns: int, picture: Picture | None, small: Picture | None) -> ShownStory:
        article = story.lead
        coverage = _coverage(story)
        foreign = _foreign(article, self._language)
        return ShownStory(
            number=self._number,
            title=one_line(article.title) or safe_url(article.url) or self._language.words.gettext("Untitled"),
            url=safe_url(article.url),
            source=one_line(article.source),
            age=self._language.age(_moment(article, self._now), self._now, self._offset),
            minutes=reading_minutes(article.words),
            is_update=story.is_update,
            excerpt=shorten(one_line(article.excerpt), columns) if columns else "",
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
