"""The parts that letters are put together from: stories, frames around sections, the sponsored block; each made once.

Parts do not know the letter that they come into: where they need its nonce or a story's number, they hold a mark,
which is filled in last. A mark is either unguessable or made of a control character, which no text of ours can hold.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from secrets import token_hex

from digest.editions.render_files import Look
from digest.editions.render_inline import inline_part, inline_whole, learn
from digest.editions.render_letter import Author, Brief, Ordinal, ShownSection, ShownStory
from digest.editions.render_plain import tidy
from digest.editions.render_words import Language
from digest.errors import TemplateError
from digest.model import Story, View

#: Stands for each digit of a story's number in a text part, so that lines are broken as with the number itself.
_DIGIT = "\x01"


@dataclass(slots=True)
class Piece:
    """A part's HTML: rows of the letter's table."""

    #: As its template gives it.
    raw: str
    #: With its rules in attributes; empty until `Parts.inlined` has been asked for it.
    html: str = ""
    #: Of `html`, in UTF-8.
    size: int = 0


@dataclass(slots=True)
class Told:
    """A story, rendered."""

    shown: ShownStory
    lead: bool
    piece: Piece
    #: By the digits of its number: lines break accordingly.
    texts: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands before and after what it is around."""

    piece: Piece
    text: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Block:
    """Something between sections."""

    piece: Piece
    text: str


@dataclass(slots=True, kw_only=True)
class Voice:
    """What holds for all readers of one language and one clock."""

    language: Language
    date: str
    short_date: str
    number: str
    author: Author
    #: By story, whether it leads, and how short it is.
    told: dict[tuple[Story, bool, int], Told] = field(default_factory=dict)

    @property
    def variables(self) -> dict[str, object]:
        return {"language": self.language.tag, "direction": self.language.direction}


class Parts:
    """The parts of one edition's letters; for one thread at a time.

    Every method raises TemplateError with the template's name and line where one is missing or wrong.
    """

    def __init__(self, brief: Brief, look: Look) -> None:
        self._brief, self._look = brief, look
        #: Stands for the letter's own.
        self.nonce = token_hex(16)
        #: Stands for what a frame is around.
        self.body = f"zq{self.nonce}BODYqz"
        self._number = f"zq{self.nonce}NUMBERqz"
        self._voices: dict[tuple[str, int], Voice] = {}
        self._told: dict[tuple[str, ShownStory, bool], Told] = {}
        self._frames: dict[tuple[str, ShownSection], Frame] = {}
        self._sponsored: dict[tuple[str, str], Block] = {}

    def voice(self, view: View) -> Voice:
        """What speaks to readers of `view`."""
        key = (view.language, view.offset)
        if key not in self._voices:
            language = Language.of(view.language)
            day = (self._brief.slot + timedelta(minutes=view.offset)).date()
            self._voices[key] = Voice(
                language=language,
                date=language.long_date(day),
                short_date=language.short_date(day),
                number=language.number(self._brief.number),
                author=Author(language, self._brief.slot, view.offset, Ordinal(self._number)),
            )
        return self._voices[key]

    def story(self, voice: Voice, story: Story, *, lead: bool = False, brevity: int = 0) -> Told:
        """`story` as one of the letter's, or as its lead; `brevity` is a place in `EXCERPTS`."""
        known = voice.told.get((story, lead, brevity))
        if known is None:
            shown = voice.author.lead(story, brevity) if lead else voice.author.story(story, brevity)
            # Readers by another clock are mostly told the same words.
            place = (voice.language.tag, shown, lead)
            known = self._told.get(place) or self._made(voice, shown, lead=lead)
            self._told[place] = voice.told[story, lead, brevity] = known
        return known

    def story_html(self, told: Told, number: int) -> str:
        """`told` as the letter's story of this number."""
        return told.piece.html.replace(self._number, str(number))

    def story_text(self, voice: Voice, told: Told, number: int) -> str:
        digits = len(str(number))
        if digits not in told.texts:
            story = replace(told.shown, number=Ordinal(_DIGIT * digits))
            variables = voice.variables | {"story": story, "lead": told.lead}
            told.texts[digits] = tidy(self._rendered("story.txt.j2", variables))
        return told.texts[digits].replace(_DIGIT * digits, str(number))

    def frame(self, voice: Voice, section: ShownSection) -> Frame:
        """What stands around the stories of `section`."""
        place = (voice.language.tag, section)
        if place not in self._frames:
            variables = voice.variables | {"section": section, "body": self.body}
            html = self._rendered("section.html.j2", variables, frame=True)
            before, _, after = tidy(self._rendered("section.txt.j2", variables, frame=True)).partition(self.body)
            self._frames[place] = Frame(Piece(html), (before.strip("\n"), after.strip("\n")))
        return self._frames[place]

    def sponsored(self, voice: Voice) -> Block | None:
        """What the newsletter's sponsor has to say; None without one."""
        sponsor = self._brief.newsletter.sponsor
        place = (voice.language.tag, voice.date)
        if sponsor and place not in self._sponsored:
            known = {"site": self._brief.site, "newsletter": self._brief.newsletter, "number": voice.number}
            known |= voice.variables | {"date": voice.date}
            files = self._look.files
            html, text = (files.rendered(f"sponsored/{sponsor}.{kind}.j2", known) for kind in ("html", "txt"))
            framed = self._rendered("sponsored.html.j2", voice.variables | {"body": self.body}, frame=True)
            plain = self._rendered("sponsored.txt.j2", voice.variables | {"body": self.body}, frame=True)
            self._sponsored[place] = Block(Piece(framed.replace(self.body, html)), tidy(plain.replace(self.body, text)))
        return self._sponsored.get(place)

    def letter_html(self, variables: dict[str, object], *, told: bool) -> str:
        """What stands around the body, not inlined yet; `told`: there is something in it."""
        known = variables | {"body": self.body, "style": self._look.style}
        return self._rendered("letter.html.j2", known, frame=told)

    def inlined(self, html: str, pieces: Iterable[Piece]) -> str:
        """`html`, as `letter_html` gave it, with its rules in attributes; from now on `pieces` have theirs, too."""
        css = self._look.style.inlined
        fresh = [piece for piece in pieces if not piece.html]
        if fresh:
            learn(html, self.body, (piece.raw for piece in fresh), css)
        for piece in fresh:
            piece.html = inline_part(piece.raw, css)
            piece.size = len(piece.html.encode())
        return inline_whole(html)

    def letter_text(self, variables: dict[str, object], *, told: bool) -> str:
        made = self._rendered("letter.txt.j2", variables | {"body": self.body}, frame=told)
        return tidy(made if told else made.replace(self.body, ""))

    def _made(self, voice: Voice, shown: ShownStory, *, lead: bool) -> Told:
        html = self._rendered("story.html.j2", voice.variables | {"story": shown, "lead": lead})
        return Told(shown, lead, Piece(html))

    def _rendered(self, file: str, variables: dict[str, object], *, frame: bool = False) -> str:
        """`file` of the look; a `frame` holds the mark of its body once."""
        name = self._look.path(file)
        made = self._look.files.rendered(name, variables)
        if frame and made.count(self.body) != 1:
            raise TemplateError(name, 0, "{{ body }} must stand in it once, whole")
        return made
