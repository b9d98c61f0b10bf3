"""Puts letters together: what they tell is rendered and inlined once an edition, each part by itself.

    story.*.j2 ─▶ parts ─┐
    section.*.j2 ─▶ frames around them ─▶ body ─▶ letter.*.j2
    sponsored.*.j2 ─▶ one block ─┘

A letter that would take more bytes than it may gets shorter excerpts; one that takes more without any does not fit.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from digest.editions.arrange import Arrangement
from digest.editions.render_files import Look
from digest.editions.render_letter import (
    EXCERPTS,
    Brief,
    ShownSection,
    ShownStory,
    corrections_shown,
    preheader_of,
    section_shown,
    unreached_by,
)
from digest.editions.render_note import paragraphs
from digest.editions.render_parts import Parts, Piece, Told, Voice
from digest.editions.render_plain import width
from digest.editions.render_subject import subject_of
from digest.model import Blank, Letter, Section, Story, SubjectField, View, blank

#: With fewer sections a table of contents says nothing that a glance does not.
_CONTENTS_FROM = 4
#: Invisible, and wide enough to keep the first words of the body out of the inbox's preview line.
_FILLER = "\N{FIGURE SPACE}\N{ZERO WIDTH NO-BREAK SPACE}\N{COMBINING GRAPHEME JOINER} "
#: Bytes by which a letter grows when its blanks are filled in: a long address, and two links with their tokens.
_FILLED_IN = 700


@dataclass(frozen=True, slots=True)
class _Telling:
    """What a letter tells, with excerpts of one length."""

    lead: Told | None
    groups: tuple[tuple[ShownSection, tuple[Told, ...]], ...]

    @property
    def is_telling(self) -> bool:
        return bool(self.lead or self.groups)

    @property
    def stories(self) -> Iterable[Told]:
        """In the order of the letter."""
        if self.lead:
            yield self.lead
        for _, told in self.groups:
            yield from told


class Setting:
    """The letters of one edition; for one thread at a time."""

    def __init__(self, brief: Brief, look: Look) -> None:
        self._brief = brief
        self._parts = Parts(brief, look)
        self._note = paragraphs(brief.note)

    def letter(self, view: View, arrangement: Arrangement, nonce: str) -> Letter:
        """The letter for `view`; its blanks and its public address are made of `nonce` (hexadecimal).

        Its excerpts are as long as they may be for it to fit. Raises TemplateError with the template's name and line
        where one is missing or wrong.
        """
        voice = self._parts.voice(view)
        telling = self._telling(voice, arrangement, 0)
        variables = self._variables(voice, view, arrangement, telling, nonce)
        frame = self._parts.letter_html(variables, told=telling.is_telling)
        html = self._parts.inlined(frame, self._pieces(voice, telling))
        for brevity in range(1, len(EXCERPTS)):
            if len(html.encode()) + sum(each.size for each in self._pieces(voice, telling)) <= self._budget:
                break
            telling = self._telling(voice, arrangement, brevity)
            self._parts.inlined(frame, self._pieces(voice, telling))
        body, plain = self._body_of(voice, telling)
        text = self._parts.letter_text(variables, told=telling.is_telling)
        return Letter(
            nonce=nonce,
            subject=str(variables["subject"]),
            html=html.replace(self._parts.body, body).replace(self._parts.nonce, nonce),
            text=text.replace(self._parts.body, plain).replace(self._parts.nonce, nonce) + "\n",
            language=view.language,
            told=arrangement.told,
            linked=arrangement.linked,
            carried=arrangement.carried,
        )

    def fits(self, letter: Letter) -> bool:
        """Whether the HTML of `letter` takes no more bytes than the newsletter's letters may."""
        return len(letter.html.encode()) <= self._budget

    @property
    def _budget(self) -> int:
        return self._brief.newsletter.limits.html - _FILLED_IN

    def _variables(
        self, voice: Voice, view: View, arrangement: Arrangement, telling: _Telling, nonce: str
    ) -> dict[str, object]:
        """The variables of `letter.*.j2` (see `templates/README.md`) but for its body."""
        told = [story.shown for story in telling.stories]
        subject = self._subject(voice, told)
        preheader = preheader_of(subject, told, telling.lead.shown if telling.lead else None)
        unreached, unreached_more = unreached_by(self._brief, view.categories)
        contents = tuple(section for section, _ in telling.groups) if len(telling.groups) >= _CONTENTS_FROM else ()
        return voice.variables | {
            "site": self._brief.site,
            "newsletter": self._brief.newsletter,
            "logo": self._brief.newsletter.appearance.logo,
            "subject": subject,
            "preheader": preheader,
            "filler": _FILLER * max(0, min(60, 150 - width(preheader))),
            "date": voice.date,
            "number": voice.number,
            "stories": arrangement.shown,
            "minutes": arrangement.minutes,
            "note": self._note,
            "corrections": corrections_shown(self._brief, view, voice.language),
            "contents": contents,
            "unreached": unreached,
            "unreached_more": unreached_more,
            "address": blank(nonce, Blank.ADDRESS),
            "leave_url": blank(nonce, Blank.LEAVE_URL),
            "choose_url": blank(nonce, Blank.CHOOSE_URL),
            "read_url": f"{self._brief.site.url}/read/{nonce}",
        }

    def _subject(self, voice: Voice, told: Sequence[ShownStory]) -> str:
        newsletter = self._brief.newsletter
        values = {
            SubjectField.NEWSLETTER: newsletter.title,
            SubjectField.SITE: self._brief.site.name,
            SubjectField.DATE: voice.short_date,
            SubjectField.NUMBER: voice.number,
            SubjectField.STORIES: voice.language.number(len(told)),
        }
        known_by = voice.language.words.gettext("No. %(number)s") % {"number": voice.number}
        headlines = [story.title for story in told]
        return subject_of(newsletter.subject, headlines, values, self._brief.taken, known_by)

    def _telling(self, voice: Voice, arrangement: Arrangement, brevity: int) -> _Telling:
        """The lead, and the sections that have something to tell beside it, or to count."""
        read_url = f"{self._brief.site.url}/read/{self._parts.nonce}"
        lead = arrangement.lead
        return _Telling(
            self._parts.story(voice, lead, lead=True, brevity=brevity) if lead else None,
            tuple(
                (section_shown(section, read_url), stories)
                for section in arrangement.sections
                if (stories := self._stories(voice, section, lead, brevity)) or section.more
            ),
        )

    def _stories(self, voice: Voice, section: Section, without: Story | None, brevity: int) -> tuple[Told, ...]:
        stories = (story for story in section.stories if story != without)
        return tuple(self._parts.story(voice, story, brevity=brevity) for story in stories)

    def _pieces(self, voice: Voice, telling: _Telling) -> Iterable[Piece]:
        """The HTML of which the body is made, what stands around its stories included."""
        yield from (told.piece for told in telling.stories)
        yield from (self._parts.frame(voice, section).piece for section, _ in telling.groups)
        if sponsored := self._parts.sponsored(voice):
            yield sponsored.piece

    def _body_of(self, voice: Voice, telling: _Telling) -> tuple[str, str]:
        """All that stands between a letter's head and its foot, as HTML and as text."""
        html: list[str] = []
        text: list[str] = []
        count = 0

        def tell(told: Told) -> None:
            nonlocal count
            count += 1
            html.append(self._parts.story_html(told, count))
            text.append(self._parts.story_text(voice, told, count))

        def put(markup: str, words: str) -> None:
            html.append(markup)
            text.append(words)

        sponsored = self._parts.sponsored(voice)
        if telling.lead:
            tell(telling.lead)
        for section, stories in telling.groups:
            frame = self._parts.frame(voice, section)
            above, _, below = frame.piece.html.partition(self._parts.body)
            put(above, frame.text[0])
            for story in stories:
                tell(story)
            put(below, frame.text[1])
            if sponsored:
                put(sponsored.piece.html, sponsored.text)
                sponsored = None
        if sponsored and telling.lead:
            put(sponsored.piece.html, sponsored.text)
        return "\n".join(filter(None, html)), "\n\n".join(filter(None, text))
