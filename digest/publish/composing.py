"""Makes each letter of one edition once, however many readers share its view."""

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from statistics import median

from digest.editions.arrange import Arrangement, only
from digest.editions.board import Board, last_arrival
from digest.editions.due import zone_of
from digest.editions.judge import Terms
from digest.editions.render import Brief
from digest.editions.slots import offset_at
from digest.model import Category, Judged, Letter, Newsletter, Site, Slot, View, WhenEmpty
from digest.publish.press import Press
from digest.publish.survey import Material, Survey
from digest.store.freezing import EditionDraft
from digest.store.readership import Served, ViewKey

#: So many editions say what is usual.
_ENOUGH = 4
#: Fewer articles than this are never too many, times the newsletter's `hold_above`.
_FEW = 10


def board_of(press: Press, newsletter: Newsletter, slot: Slot, material: Material, now: datetime) -> Board:
    """The articles of `material`, judged for the edition of the slot."""
    terms = Terms(
        newsletter=newsletter,
        feeds=press.feeds,
        categories=press.categories,
        slot=slot.at,
        now=max(now, slot.at),
        upto=material.upto,
        next_at=material.next_at,
        pins=material.plan.pins,
        stood=material.stood,
    )
    return Board(material.articles, terms)


class Composer:
    """An edition in the making."""

    def __init__(self, press: Press, newsletter: Newsletter, slot: Slot, material: Material, now: datetime) -> None:
        self.material = material
        self._press, self._newsletter, self._slot = press, newsletter, slot
        self.board = board_of(press, newsletter, slot, material, now)
        self._setting = press.typesetter.edition(
            Brief(
                site=press.site,
                newsletter=newsletter,
                number=material.number,
                slot=slot.at,
                note=material.plan.note,
                unreached=material.unreached,
                taken=material.subjects,
                corrections=material.corrections,
            )
        )
        #: None: nothing to tell.
        self.made: dict[View, Letter | None] = {}
        self._arranged: dict[View, Arrangement] = {}
        #: Those of `made` whose readers have something to wait for.
        self.waiting: set[View] = set()

    def view(self, key: ViewKey, served: Served, owed: Mapping[int, tuple[int, ...]]) -> View | None:
        """The view of readers with `key` who have been served so far; None where nothing they chose exists any more."""
        view = view_of(key, served, owed, self._newsletter, self._press.site, self._slot)
        return self.board.canonical(view) if view else None

    def letter(self, view: View | None) -> Letter | None:
        """The letter of a view; None where there is none."""
        if view is None:
            return None
        if view not in self.made:
            self.made[view] = self._make(view)
        return self.made[view]

    def arrangement(self, view: View) -> Arrangement:
        """What the letter of a view holds, or would if there were enough to tell."""
        self.letter(view)
        return self._arranged[view]

    def again(self, view: View, told: Collection[int]) -> Letter:
        """The letter of a view once more, in which none but these articles are told."""
        arrangement = only(self.arrangement(view), told, self.board.terms.pins)
        return self._setting.letter(view, arrangement, self._press.nonce())

    def draft(self, survey: Survey) -> EditionDraft:
        """The edition for all readers of `survey`."""
        served: dict[str, str | None] = {}
        fallbacks: dict[str, str | None] = {}
        waiting: set[str] = set()
        for text in survey.keys:
            key = ViewKey.read(text)
            view = self.view(key, key.told_from, survey.owed)
            letter = self.letter(view)
            served[text] = letter.nonce if letter else None
            if view in self.waiting:
                waiting.add(text)
            if key.pending and letter:
                fallback = self.letter(self.view(key, key.served, survey.owed))
                fallbacks[text] = fallback.nonce if fallback else None
        fresh = self.board.fresh(_typical_mark(survey.keys))
        return EditionDraft(
            audience=survey.audience,
            wall=self._slot.local.isoformat(),
            number=self.material.number,
            upto=self.material.upto,
            served=served,
            fallbacks=fallbacks,
            letters=[letter for letter in self.made.values() if letter],
            waiting=frozenset(waiting),
            judged=self._concerned(survey),
            not_before=self.board.terms.not_before,
            fresh=fresh,
            unreached=tuple(each.title for each in self.material.unreached),
            hold=held_for(fresh, self.material.usual, self._newsletter),
            sending=self._newsletter.sending,
        )

    def _concerned(self, survey: Survey) -> tuple[Judged, ...]:
        """What may be new to any reader."""
        keys = [ViewKey.read(text) for text in survey.keys]
        oldest = min((part.mark for key in keys for part in (key.served, key.told_from)), default=self.material.upto)
        owed = {number for numbers in survey.owed.values() for number in numbers}
        judged = self.board.judged.values()
        return tuple(one for one in judged if one.article.number in owed or last_arrival(one.article) > oldest)

    def _make(self, view: View) -> Letter | None:
        arrangement = self._arranged[view] = self.board.arrange(view)
        if arrangement.waits:
            self.waiting.add(view)
            return None
        if not arrangement.sections and self._newsletter.when_empty is WhenEmpty.SKIP:
            return None
        nonce = self._press.nonce()
        letter = self._setting.letter(view, arrangement, nonce)
        return letter if self._setting.fits(letter) else self._fitting(view, nonce)

    def _fitting(self, view: View, nonce: str) -> Letter:
        """The letter with as many stories as fit, one at least; the rest are beyond the limits."""

        def told(most: int) -> Letter:
            self._arranged[view] = self.board.arrange(view, most)
            return self._setting.letter(view, self._arranged[view], nonce)

        counts = range(2, self._arranged[view].shown)
        too_many = bisect_left(counts, 1, key=lambda most: not self._setting.fits(told(most)))
        return told(counts[too_many - 1] if too_many else 1)


def held_for(fresh: int, usual: Sequence[int], newsletter: Newsletter) -> str:
    """Why an edition with so many fresh articles is held; empty: it is not."""
    if not newsletter.hold_above or len(usual) < _ENOUGH:
        return ""
    most = newsletter.hold_above * max(_FEW, median(usual))
    if fresh <= most:
        return ""
    return f"held: {fresh} articles where {median(usual):g} are usual (hold_above: {newsletter.hold_above})"


def view_of(
    key: ViewKey,
    served: Served,
    owed: Mapping[int, tuple[int, ...]],
    newsletter: Newsletter,
    site: Site,
    slot: Slot,
) -> View | None:
    """What decides the letter of readers with `key`; None where nothing they chose exists any more."""
    chosen = _chosen(key.categories, newsletter.categories)
    if not chosen:
        return None
    told = key.told(fallback=served == key.served)
    return View(
        mark=served.mark,
        categories=chosen,
        language=key.language or site.language,
        offset=offset_at(zone_of(newsletter, site, key.timezone), slot.at),
        began=key.began,
        owed=owed.get(served.owed, ()),
        corrections=told,
    )


def _chosen(names: Sequence[str], categories: Sequence[Category]) -> tuple[str, ...]:
    return tuple(category.name for category in categories if not names or category.name in names)


def _typical_mark(keys: Mapping[str, int]) -> int:
    """The mark that half of the readers have passed."""
    marks = sorted((ViewKey.read(key).told_from.mark, count) for key, count in keys.items())
    half, met = sum(keys.values()) / 2, 0
    for mark, count in marks:
        met += count
        if met >= half:
            return mark
    return 0
