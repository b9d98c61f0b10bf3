"""What an article came to for one reader, edition by edition, from what was written down when each was made.

A reader who got a letter is known by the delivery: its view says from where it told, in which categories. One who got
none left no trace in that edition; then the consents, the marks before and after, and today's pause and rhythm say why.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from digest.editions.due import coming_slot
from digest.model import (
    OPEN,
    Article,
    Edition,
    Newsletter,
    Rhythm,
    Site,
    SubscriptionState,
    Suppression,
    Verdict,
)
from digest.store.overview import Consent
from digest.store.subscribers import Reader
from digest.store.trail import Choosing, Judgement, Posted

_AN_INSTANT = timedelta(microseconds=1)
#: Left for the next letter, and why.
_WAITING = frozenset({Verdict.SETTLING, Verdict.WITHDRAWN})


class Miss(StrEnum):
    """Why a reader was not told, beside what `Verdict` has."""

    #: Old when its feed was first polled: known, never told.
    BACKLOG = "backlog"
    #: Arrived longer ago than the edition reaches back.
    TOO_OLD = "too-old"
    #: Not subscribed yet, not confirmed, or gone.
    ABSENT = "absent"
    PAUSED = "paused"
    SUPPRESSED = "suppressed"
    #: The slot was none of the reader's.
    RHYTHM = "rhythm"
    #: No edition was made for the slot.
    SKIPPED = "skipped"
    #: There was too little for a letter; it is in the reader's next one.
    WAITS = "waits"
    #: In a letter that did not arrive, and in none that did.
    UNDELIVERED = "undelivered"
    #: The edition was made before such things were written down.
    UNTRACED = "untraced"


#: A verdict, and what there is to say of it.
_Found = tuple[Verdict | Miss, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one edition came to."""

    #: 0: it is still to come.
    edition: int
    #: As readers see it; 0: none.
    number: int
    slot: datetime
    verdict: Verdict | Miss
    #: In plain words; empty: the verdict says it.
    words: str = ""
    #: None: the reader got no letter.
    delivery: Posted | None = None

    @property
    def arrived(self) -> bool:
        """Told or linked in a letter that counts as served."""
        return self.brought and self.delivery is not None and self.delivery.served

    @property
    def under_way(self) -> bool:
        return self.brought and self.delivery is not None and self.delivery.state in OPEN and not self.delivery.held

    @property
    def brought(self) -> bool:
        """It is in the letter, told or linked."""
        return self.verdict in (Verdict.TOLD, Verdict.LINKED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is stored of one article and one reader of one newsletter."""

    article: Article
    reader: Reader
    choosing: Choosing
    consents: Sequence[Consent]
    suppression: Suppression | None
    editions: Sequence[Edition]
    judgements: Mapping[int, Judgement]
    #: By letter.
    letters: Mapping[int, Verdict]
    posts: Mapping[int, Posted]
    #: By letter: what it owes to its readers' next one.
    owed: Mapping[int, tuple[int, ...]]
    #: None: it is not configured any more.
    newsletter: Newsletter | None
    site: Site
    #: All that the newsletter's readers have.
    rhythms: Sequence[Rhythm]


@dataclass(slots=True)
class Walk:
    """Goes through the editions in the order in which they were made."""

    record: Record
    #: The last arrival that an edition without a letter for this reader has passed over.
    _passed: int = 0
    #: An edition has been made before the reader came.
    _missed: bool = False
    _steps: list[Step] = field(default_factory=list)

    def steps(self) -> list[Step]:
        for edition in self.record.editions:
            post = self.record.posts.get(edition.id)
            verdict, words = self._with(edition, post) if post else self._without(edition)
            self._steps.append(
                Step(
                    edition=edition.id,
                    number=edition.number,
                    slot=edition.slot,
                    verdict=verdict,
                    words=words,
                    delivery=post,
                )
            )
        return self._steps

    def _with(self, edition: Edition, post: Posted) -> _Found:
        """For a reader who got a letter."""
        found, judged = self.record.letters.get(post.letter), self.record.judgements.get(edition.id)
        if found is Verdict.CARRIED and judged and judged.verdict in _WAITING:
            return judged.verdict, judged.detail or "left for the next letter"
        if found:
            return found, ""
        if self._is_too_old(edition):
            return Miss.TOO_OLD, ""
        owed = self.record.article.number in self.record.owed.get(post.before.owed, ())
        if self._last_arrival(edition.upto) <= post.before.mark and not owed:
            return Verdict.SEEN, "arrived before what this letter begins with"
        return self._judged(edition, post.key.categories) or self._left_out(post, owed=owed)

    def _left_out(self, post: Posted, *, owed: bool) -> _Found:
        """Fit and in the reader's categories, but not in the letter."""
        if self.record.article.number <= post.before.mark and not owed and not self._is_newly_covered(post):
            return Verdict.SEEN, "these categories had it before"
        return Verdict.FOLLOW_UP, ""

    def _without(self, edition: Edition) -> _Found:
        """For a reader who got none."""
        absence = self._absence(edition)
        if absence:
            self._missed = self._missed or absence[0] is Miss.ABSENT
            return absence
        if self._is_too_old(edition):
            return Miss.TOO_OLD, ""
        before, after, last = self._mark_before(edition), self._mark_after(edition), self._last_arrival(edition.upto)
        if last <= before or last <= after < edition.upto:
            return Verdict.SEEN, "arrived before what the reader's next letter was to begin with"
        is_served = edition.upto <= after
        if is_served:
            self._passed = max(self._passed, edition.upto)
        waits = (Miss.WAITS, "too little for a letter: it waits for the next one")
        return self._judged(edition, self._chosen(edition)) or ((Verdict.FOLLOW_UP, "") if is_served else waits)

    def _judged(self, edition: Edition, chosen: tuple[str, ...] | None) -> _Found | None:
        """What the edition judged for readers of these categories; None: they may be told."""
        judged = self.record.judgements.get(edition.id)
        if judged is None:
            return _untraced(edition)
        if judged.verdict is not Verdict.FIT:
            return judged.verdict, judged.detail
        if chosen is None or not _covers(chosen, judged.categories):
            return Verdict.CATEGORY, _not_chosen(judged, chosen or ())
        return None

    def _absence(self, edition: Edition) -> tuple[Miss, str] | None:
        """Why the reader was not in the audience; None: nothing says so."""
        if edition.upto == 0:
            return Miss.SKIPPED, edition.reason
        if words := self._not_subscribed(edition):
            return Miss.ABSENT, words
        barred = self.record.suppression
        if barred and barred.created_at <= edition.frozen_at:
            return Miss.SUPPRESSED, f"{barred.reason}: {barred.evidence}" if barred.evidence else barred.reason
        if self._pauses(edition):
            return Miss.PAUSED, ""
        if words := self._not_theirs(edition):
            return Miss.RHYTHM, words
        return None

    def _pauses(self, edition: Edition) -> bool:
        """Whether the last pause covered it. Its beginning is not stored, but whom an edition served did not pause."""
        until = self.record.reader.subscription.paused_until
        if until is None or until <= edition.frozen_at:
            return False
        mark = self._mark_after(edition)
        within = [each for each in self.record.editions if edition.id <= each.id and each.frozen_at < until]
        return not any(each.id in self.record.posts or each.upto == mark for each in within)

    def _not_subscribed(self, edition: Edition) -> str:
        acts = [each for each in self.record.consents if each.at <= edition.frozen_at]
        if not acts:
            since = self.record.reader.subscription.since
            return "" if since and since <= edition.slot else "not subscribed yet"
        if acts[-1].act != SubscriptionState.ACTIVE.value:
            return "had left"
        return "" if acts[-1].at <= edition.slot else "not subscribed yet when it was due"

    def _not_theirs(self, edition: Edition) -> str:
        """By today's schedule, for a rhythm that has not changed since."""
        since, newsletter = self.record.choosing.rhythm_since, self.record.newsletter
        if since and edition.slot < since:
            return "chose another rhythm after it was due" if since <= edition.frozen_at else ""
        if newsletter is None or self._takes(newsletter, self.record.reader.subscription.rhythm, edition.slot):
            return ""
        # What is in nobody's rhythm was made by hand, for everybody.
        others = any(self._takes(newsletter, rhythm, edition.slot) for rhythm in self.record.rhythms)
        return "the slot is for readers of another rhythm" if others else ""

    def _takes(self, newsletter: Newsletter, rhythm: Rhythm, at: datetime) -> bool:
        slot = coming_slot(newsletter, self.record.site, rhythm, at - _AN_INSTANT)
        return slot is not None and slot.at == at

    def _is_too_old(self, edition: Edition) -> bool:
        return edition.not_before is not None and self.record.article.arrived_at < edition.not_before

    def _last_arrival(self, upto: int) -> int:
        """The latest of its arrivals that an edition up to `upto` had."""
        article = self.record.article
        return max([article.number, *(number for number in article.since if number <= upto)])

    def _is_newly_covered(self, post: Posted) -> bool:
        """Whether an edition judged before the mark that it stands in none of the reader's categories."""
        if self.record.article.number <= post.key.began:
            return False
        uptos = {edition.id: edition.upto for edition in self.record.editions}
        earlier = [
            each for each in self.record.judgements.values() if 0 < uptos.get(each.edition, 0) <= post.before.mark
        ]
        return bool(earlier) and not any(_covers(post.key.categories, each.categories) for each in earlier)

    def _mark_before(self, edition: Edition) -> int:
        """How far the reader is known to have been served when an edition without a letter for them was made."""
        earlier = [post for number, post in self.record.posts.items() if number < edition.id]
        marks = [post.upto if post.served else post.before.mark for post in earlier]
        began = self.record.choosing.began
        if not earlier and (self._missed or began < edition.upto):
            # Nothing is known to have been chosen since: it began with the subscription.
            marks.append(began)
        return max([self._passed, *marks])

    def _mark_after(self, edition: Edition) -> int:
        """How far when the next letter was made, or today."""
        later = [post.key.served.mark for number, post in sorted(self.record.posts.items()) if number > edition.id]
        return later[0] if later else self.record.reader.subscription.mark

    def _chosen(self, edition: Edition) -> tuple[str, ...] | None:
        """The categories that the reader had, as the next letter or today's choice says; None: not known."""
        later = [post for number, post in sorted(self.record.posts.items()) if number > edition.id]
        is_unchanged = self.record.choosing.began < edition.upto
        # A key has 0 for what was chosen before its own articles: that may still be after this edition.
        if later and (is_unchanged or 0 < later[0].key.began < edition.upto):
            return later[0].key.categories
        if not later and is_unchanged:
            return self.record.reader.subscription.categories
        earlier = [post for number, post in sorted(self.record.posts.items()) if number < edition.id]
        return earlier[-1].key.categories if earlier else None


def _untraced(edition: Edition) -> _Found:
    if edition.not_before is None:
        return Miss.UNTRACED, "what this edition judged was not written down"
    return Verdict.SEEN, "new to none of the readers of this edition"


def _covers(chosen: Sequence[str], places: Sequence[str]) -> bool:
    return bool(places) and (not chosen or not set(chosen).isdisjoint(places))


def _not_chosen(judged: Judgement, chosen: Sequence[str]) -> str:
    has = f"; the reader had {', '.join(chosen)}" if chosen else ""
    return f"it is in {', '.join(judged.categories)}{has}"
