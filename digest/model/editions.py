"""What comes of a newsletter: editions, views, stories, sections and letters."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from digest.model.feeds import Article, Category


class EditionState(StrEnum):
    """What became of a slot."""

    #: Frozen; its deliveries are under way.
    SENDING = "sending"
    #: The operator has taken hold; nothing is leased until it is resumed.
    PAUSED = "paused"
    #: Every delivery is final.
    DONE = "done"
    #: Nothing was sent, and `reason` says why.
    SKIPPED = "skipped"
    #: The operator called it off; what was not sent is not sent.
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """A newsletter at one slot, numbered, frozen."""

    id: int
    newsletter: str
    slot: datetime
    #: What readers see: editions of one wall time in several zones share it. 0 for a slot that was skipped.
    number: int
    #: The arrival number of the last article that it could hold.
    upto: int
    state: EditionState
    frozen_at: datetime
    #: Why nothing was sent, or why it is paused or called off.
    reason: str = ""
    #: What had arrived before was too old for it; None: not known, for one that was skipped.
    not_before: datetime | None = None
    #: How many articles were new to any of its readers, and fit to be told.
    fresh: int = 0
    #: Titles of the feeds that it had to go without.
    unreached: tuple[str, ...] = ()


class Verdict(StrEnum):
    """What became of an article in one edition: for all of its readers, or for those of one letter."""

    #: May be told; the letters say to whom.
    FIT = ""
    #: Changed a moment ago: waits for the next letter.
    SETTLING = "settling"
    #: Its feed has taken it back.
    WITHDRAWN = "withdrawn"
    #: Came together with suspiciously many others, and waits for the operator.
    HELD = "held"
    #: The newsletter's or the feed's `exclude` fits it.
    EXCLUDED = "excluded"
    #: Belongs to no category of the newsletter.
    UNPLACED = "unplaced"
    # For the readers of one letter.
    TOLD = "told"
    #: Beyond the limits: counted, and linked on the letter's page.
    LINKED = "linked"
    #: Left for the next letter: beyond the limits, settling, or in a letter too thin to be sent.
    CARRIED = "carried"
    #: Arrived before the mark: an earlier letter has told, counted or passed it over.
    SEEN = "seen"
    #: In none of the readers' categories.
    CATEGORY = "category"
    #: Of a story that they know already, which `follow_ups: skip` leaves out.
    FOLLOW_UP = "follow-up"


@dataclass(frozen=True, slots=True)
class Judged:
    """An article as an edition judges it for all its readers."""

    article: Article
    verdict: Verdict
    #: In plain words; empty: the verdict says it.
    detail: str
    #: Names of the newsletter's categories that it belongs to, the one where it stands first first.
    places: tuple[str, ...]
    #: The number of the first article of its story.
    story: int


@dataclass(frozen=True, slots=True, order=True, kw_only=True)
class View:
    """All that decides which letter of an edition a reader gets; readers with one view share one letter."""

    #: The arrival number up to which these readers have been served.
    mark: int
    #: Names, in the newsletter's order, at least one.
    categories: tuple[str, ...]
    #: BCP 47.
    language: str
    #: Minutes that the reader's wall clock is ahead of UTC at the slot.
    offset: int
    #: The arrival number from which on `categories` have been these readers' choice; 0: longer than it matters.
    began: int = 0
    #: Numbers of articles that arrived before the mark and are still to be told, ascending.
    owed: tuple[int, ...] = ()
    #: Ids of the corrections that these readers are to be told, ascending.
    corrections: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """An article that was withdrawn from an edition after some readers had got it."""

    #: The edition's, as readers see it.
    number: int
    #: The edition's.
    slot: datetime
    #: The article's.
    title: str
    #: The operator's words; empty: that it was withdrawn.
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One or more articles about one event: a lead and those that also cover it."""

    lead: Article
    also: tuple[Article, ...] = ()
    #: Categories that it belongs to beside its section's, in the newsletter's order.
    elsewhere: tuple[Category, ...] = ()
    #: A letter to the same readers has told or counted an article of it before.
    is_update: bool = False

    @property
    def articles(self) -> tuple[Article, ...]:
        return (self.lead, *self.also)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A category within a letter: what is shown, and how many more there are."""

    category: Category
    stories: tuple[Story, ...]
    #: Stories beyond the limits: counted, not shown.
    more: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """An edition as all its readers with the same view get it, with blanks for what is personal.

    The blanks are written `blank(nonce, ...)`; see there.
    """

    #: Hexadecimal, unguessable: part of every blank, and the letter's public address.
    nonce: str
    subject: str
    html: str
    text: str
    language: str
    #: Arrival numbers of the articles that it tells, of those that it counts and links, and of those that it leaves
    #: for its readers' next letter; once stored, ascending.
    told: tuple[int, ...] = ()
    linked: tuple[int, ...] = ()
    carried: tuple[int, ...] = ()


class Blank(StrEnum):
    """What is filled in for each recipient."""

    ADDRESS = "ADDRESS"
    LEAVE_URL = "LEAVE"
    CHOOSE_URL = "CHOOSE"


def blank(nonce: str, which: Blank) -> str:
    """The placeholder for `which`, letters and digits only, so that neither HTML, CSS nor a URL changes it.

    It holds the letter's nonce, which no feed can know: text from outside cannot ask for a reader's secret link.
    """
    return f"zq{nonce}{which.value}qz"
