"""Puts letters together: what they tell is rendered and inlined once an edition, each part by itself.

    story.*.j2 ─▶ parts ─┐
    section.*.j2 ─▶ frames around them ─▶ body ─▶ letter.*.j2
    sponsored.*.j2 ─▶ one block ─┘

Parts do not know the letter that they come into: where they need its nonce or a story's number, they hold a mark,
which is filled in last. A mark is either unguessable or made of a control character, which no text of ours can hold.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from secrets import token_hex

from digest.editions.arrange import Arrangement
from digest.editions.render_files import Look
from digest.editions.render_inline import inline_part, inline_whole
from digest.editions.render_letter import (
    Author,
    Brief,
    Ordinal,
    ShownSection,
    ShownStory,
    preheader_of,
    section_shown,
    subject_of,
    unreached_by,
)
from digest.editions.render_note import paragraphs
from digest.editions.render_plain import one_line, tidy, width
from digest.editions.render_words import Language
from digest.errors import TemplateError
from digest.model import Blank, Letter, Section, Story, View, blank

#: With fewer sections a table of contents says nothing that a glance does not.
_CONTENTS_FROM = 4
#: Invisible, and wide enough to keep the first words of the body out of the inbox's preview line.
_FILLER = "\N{FIGURE SPACE}\N{ZERO WIDTH NO-BREAK SPACE}\N{COMBINING GRAPHEME JOINER} "
#: Stands for each digit of a story's number in a text part, so that lines are broken as with the number itself.
_DIGIT = "\x01"


@dataclass(slots=True)
class _Told:
    """A story, rendered."""

    shown: ShownStory
    lead: bool
    html: str
    #: By the digits of its number: lines break accordingly.
    texts: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Frame:
    """What stands before and after the stories of a section."""

    html: tuple[str, str]
    text: tuple[str, str]


@dataclass(slots=True, kw_only=True)
class _Voice:
    """What holds for all readers of one language and one clock."""

    language: Language
    date: str
    short_date: str
    number: str
    author: Author
    #: By story, and whether it leads.
    told: dict[tuple[Story, bool], _Told] = field(default_factory=dict)

    @property
    def variables(self) -> dict[str, object]:
        return {"language": self.language.tag, "direction": self.language.direction}


class Setting:
    """The letters of one edition; for one thread at a time."""

    def __init__(self, brief: Brief, look: Look) -> None:
        self._brief, self._look = brief, look
        self._nonce = token_hex(16)
        self._body, self._number = f"zq{self._nonce}BODYqz", f"zq{self._nonce}NUMBERqz"
        self._note = paragraphs(brief.note)
        self._voices: dict[tuple[str, int], _Voice] = {}
        self._told: dict[tuple[str, ShownStory, bool], _Told] = {}
        self._frames: dict[tuple[str, ShownSection], _Frame] = {}
        self._sponsored: dict[tuple[str, str], tuple[str, str]] = {}

    def letter(self, view: View, arrangement: Arrangement, nonce: str) -> Letter:
        """The letter for `view`; its blanks and its public address are made of `nonce` (hexadecimal).

        Raises TemplateError with the template's name and line where one is missing or wrong.
        """
        voice = self._voice(view)
        lead = self._story(voice, arrangement.lead, lead=True) if arrangement.lead else None
        groups = self._groups(voice, arrangement)
        told = [*([lead] if lead else []), *(story for _, stories in groups for story in stories)]
        html, text = self._body_of(voice, lead, groups)
        variables = self._variables(voice, view, nonce, [each.shown for each in told], lead.shown if lead else None)
        contents = tuple(section for section, _ in groups) if len(groups) >= _CONTENTS_FROM else ()
        variables |= {"contents": contents, "stories": arrangement.shown, "minutes": arrangement.minutes}
        return Letter(
            nonce=nonce,
            subject=str(variables["subject"]),
            html=self._html(variables, html).replace(self._nonce, nonce),
            text=self._text(variables, text).replace(self._nonce, nonce),
            language=view.language,
            told=arrangement.told,
            linked=arrangement.linked,
            carried=arrangement.carried,
        )

    def _voice(self, view: View) -> _Voice:
        key = (view.language, view.offset)
        if key not in self._voices:
            language = Language.of(view.language)
            day = (self._brief.slot + timedelta(minutes=view.offset)).date()
            self._voices[key] = _Voice(
                language=language,
                date=language.long_date(day),
                short_date=language.short_date(day),
                number=language.number(self._brief.number),
                author=Author(language, self._brief.slot, view.offset, Ordinal(self._number)),
            )
        return self._voices[key]

    def _variables(
        self, voice: _Voice, view: View, nonce: str, told: Sequence[ShownStory], lead: ShownStory | None
    ) -> dict[str, object]:
        """The variables of `letter.*.j2` (see `templates/README.md`) but for what the arrangement counts."""
        newsletter = self._brief.newsletter
        subject = subject_of([story.title for story in told[:2]])
        subject = subject or one_line(f"{newsletter.title}, {voice.short_date}")
        preheader = preheader_of(subject, told, lead)
        unreached, unreached_more = unreached_by(self._brief, view.categories)
        return voice.variables | {
            "site": self._brief.site,
            "newsletter": newsletter,
            "subject": subject,
            "preheader": preheader,
            "filler": _FILLER * max(0, min(60, 150 - width(preheader))),
            "date": voice.date,
            "number": voice.number,
            "note": self._note,
            "unreached": unreached,
            "unreached_more": unreached_more,
            "body": self._body,
            "address": blank(nonce, Blank.ADDRESS),
            "leave_url": blank(nonce, Blank.LEAVE_URL),
            "choose_url": blank(nonce, Blank.CHOOSE_URL),
            "read_url": f"{self._brief.site.url}/read/{nonce}",
        }

    def _groups(self, voice: _Voice, arrangement: Arrangement) -> list[tuple[ShownSection, list[_Told]]]:
        """The sections that have something to tell beside the lead, or to count."""
        read_url = f"{self._brief.site.url}/read/{self._nonce}"
        return [
            (section_shown(section, read_url), stories)
            for section in arrangement.sections
            if (stories := self._stories(voice, section, arrangement.lead)) or section.more
        ]

    def _stories(self, voice: _Voice, section: Section, without: Story | None) -> list[_Told]:
        return [self._story(voice, story) for story in section.stories if story != without]

    def _story(self, voice: _Voice, story: Story, *, lead: bool = False) -> _Told:
        known = voice.told.get((story, lead))
        if known is None:
            shown = voice.author.lead(story) if lead else voice.author.story(story)
            # Readers by another clock are mostly told the same words.
            place = (voice.language.tag, shown, lead)
            known = self._told.get(place) or _Told(shown, lead, self._story_html(voice, shown, lead=lead))
            self._told[place] = voice.told[story, lead] = known
        return known

    def _story_html(self, voice: _Voice, shown: ShownStory, *, lead: bool) -> str:
        return self._inlined(self._rendered("story.html.j2", voice.variables | {"story": shown, "lead": lead}))

    def _story_text(self, voice: _Voice, told: _Told, number: int) -> str:
        digits = len(str(number))
        if digits not in told.texts:
            story = replace(told.shown, number=Ordinal(_DIGIT * digits))
            variables = voice.variables | {"story": story, "lead": told.lead}
            told.texts[digits] = tidy(self._rendered("story.txt.j2", variables))
        return told.texts[digits].replace(_DIGIT * digits, str(number))

    def _frame(self, voice: _Voice, section: ShownSection) -> _Frame:
        place = (voice.language.tag, section)
        if place not in self._frames:
            variables = voice.variables | {"section": section, "body": self._body}
            html = self._inlined(self._rendered("section.html.j2", variables, frame=True))
            before, _, after = tidy(self._rendered("section.txt.j2", variables, frame=True)).partition(self._body)
            above, _, below = html.partition(self._body)
            self._frames[place] = _Frame((above, below), (before.strip("\n"), after.strip("\n")))
        return self._frames[place]

    def _body_of(
        self, voice: _Voice, lead: _Told | None, groups: Iterable[tuple[ShownSection, list[_Told]]]
    ) -> tuple[str, str]:
        """All that stands between a letter's head and its foot, as HTML and as text."""
        html: list[str] = []
        text: list[str] = []
        count = 0

        def tell(told: _Told) -> None:
            nonlocal count
            count += 1
            html.append(told.html.replace(self._number, str(count)))
            text.append(self._story_text(voice, told, count))

        if lead:
            tell(lead)
        sponsored = self._sponsored_block(voice)
        for section, stories in groups:
            frame = self._frame(voice, section)
            html.append(frame.html[0])
            text.append(frame.text[0])
            for story in stories:
                tell(story)
            html.append(frame.html[1])
            text.append(frame.text[1])
            html.append(sponsored[0])
            text.append(sponsored[1])
            sponsored = ("", "")
        if html:
            html.append(sponsored[0])
            text.append(sponsored[1])
        return "\n".join(filter(None, html)), "\n\n".join(filter(None, text))

    def _sponsored_block(self, voice: _Voice) -> tuple[str, str]:
        """What the newsletter's sponsor has to say, as HTML and as text; empty without one."""
        sponsor = self._brief.newsletter.sponsor
        place = (voice.language.tag, voice.date)
        if sponsor and place not in self._sponsored:
            known = {"site": self._brief.site, "newsletter": self._brief.newsletter, "number": voice.number}
            known |= voice.variables | {"date": voice.date}
            files = self._look.files
            html, text = (files.rendered(f"sponsored/{sponsor}.{kind}.j2", known) for kind in ("html", "txt"))
            framed = self._rendered("sponsored.html.j2", voice.variables | {"body": self._body}, frame=True)
            plain = self._rendered("sponsored.txt.j2", voice.variables | {"body": self._body}, frame=True)
            self._sponsored[place] = (
                self._inlined(framed.replace(self._body, html)),
                tidy(plain.replace(self._body, text)),
            )
        return self._sponsored.get(place, ("", ""))

    def _html(self, variables: dict[str, object], body: str) -> str:
        made = self._rendered("letter.html.j2", variables | {"style": self._look.style}, frame=bool(body))
        return inline_whole(made).replace(self._body, body)

    def _text(self, variables: dict[str, object], body: str) -> str:
        made = self._rendered("letter.txt.j2", variables, frame=bool(body))
        return tidy(made if body else made.replace(self._body, "")).replace(self._body, body) + "\n"

    def _inlined(self, part: str) -> str:
        return inline_part(part, self._look.style.inlined)

    def _rendered(self, file: str, variables: dict[str, object], *, frame: bool = False) -> str:
        """`file` of the look; a `frame` holds the mark of its body once."""
        name = self._look.path(file)
        made = self._look.files.rendered(name, variables)
        if frame and made.count(self._body) != 1:
            raise TemplateError(name, 0, "{{ body }} must stand in it once, whole")
        return made
