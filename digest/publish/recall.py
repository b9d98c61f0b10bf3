"""Withdraws an article from an edition that is frozen: each letter that tells it is composed once more without it.

What the other stories are stands in the letters as they were frozen. Feeds and settings may have moved on since; so
nothing else that was fit to be told then is judged anew, and what cannot be told any more is left for the readers' next
letter.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from digest.editions.due import coming_slots
from digest.errors import UnknownName, UsageError
from digest.model import Article, EditionState, Letter, Newsletter, Rhythm, Slot, Verdict, View, WhenEmpty
from digest.publish.composing import Composer
from digest.publish.press import Press
from digest.publish.survey import Material, material, owed_to, unreached_then
from digest.store import Connection, articles, letters, readership, recalling, trail
from digest.store.readership import Audience, ViewKey
from digest.store.recalling import Anew, Case, Moved, Place, Reach, Recall
from digest.store.trail import Judgement

#: How often letters are made again because the edition moves on meanwhile.
_TRIES = 5
#: What was judged so then told nothing, and belonged to no story; or waited for a later letter.
_NO_STORY = frozenset({Verdict.HELD, Verdict.EXCLUDED, Verdict.UNPLACED})
_WAITED = frozenset({Verdict.SETTLING, Verdict.WITHDRAWN})
#: Nothing arrived as early as this.
_NOTHING = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scene:
    """All that the new letters are made of."""

    case: Case
    material: Material
    letters: Mapping[int, Letter]
    owed: Mapping[int, tuple[int, ...]]


def foresee(connection: Connection, recall: Recall) -> Case:
    """What the withdrawal comes to as things stand. Raises UsageError where there is nothing to withdraw."""
    case = recalling.case(connection, recall)
    if case is None:
        raise UsageError(f"there is no edition {recall.edition}")
    if case.edition.state is EditionState.SKIPPED:
        raise UsageError(f"edition {recall.edition} is skipped: nobody has got it")
    if recalling.is_withdrawn(connection, recall):
        raise UsageError(f"article {recall.article} is withdrawn from edition {recall.edition} already")
    if not trail.letters_with(connection, [recall.edition], recall.article):
        raise UsageError(f"no letter of edition {recall.edition} has article {recall.article}")
    return case


async def withdraw(press: Press, recall: Recall, now: datetime) -> Reach:
    """Leaves the article out for all who are still to get the edition, and has the others told in their next letter.

    No later edition tells it, of whatever newsletter. Raises UsageError, UnknownName.
    """
    for left in reversed(range(_TRIES)):
        scene = await press.database.run(_scene, press, recall)
        made = await asyncio.to_thread(_made, press, scene, recall.article)
        try:
            return await press.database.run(recalling.withdraw, recall, made, now)
        except Moved:
            if not left:
                raise
    raise AssertionError("the last try returns or raises")


def _scene(connection: Connection, press: Press, recall: Recall) -> _Scene:
    case = foresee(connection, recall)
    newsletter = press.newsletters.get(case.edition.newsletter)
    if newsletter is None:
        raise UnknownName("newsletter", case.edition.newsletter, sorted(press.newsletters))
    return _Scene(
        case=case,
        material=_material(connection, press, newsletter, case),
        letters=recalling.letters_at(connection, case.places),
        owed=owed_to(connection, [ViewKey.read(place.key) for place in case.places]),
    )


def _material(connection: Connection, press: Press, newsletter: Newsletter, case: Case) -> Material:
    """What the edition was made of."""
    edition, slot = case.edition, _slot(case)
    rhythms = readership.rhythms(connection, newsletter.name)
    window = (slot.at - datetime.resolution, slot.at)
    takers = next((each.rhythms for each in coming_slots(newsletter, press.site, rhythms, window)), rhythms)
    audience = Audience(newsletter=newsletter.name, slot=slot.at, rhythms=takers or [Rhythm()], now=edition.frozen_at)
    found = material(connection, press, newsletter, slot, audience)
    arrived = articles.between(connection, _NOTHING, edition.upto, slot.at - newsletter.max_age)
    judged = trail.judged(connection, edition.id)
    return replace(
        found,
        number=edition.number,
        upto=edition.upto,
        articles=tuple(_as_judged(each, judged.get(each.number)) for each in arrived),
        unreached=unreached_then(connection, press, edition),
        subjects=letters.subjects(connection, newsletter.name, edition.number),
    )


def _as_judged(article: Article, then: Judgement | None) -> Article:
    """The article, fit to be told if it was when the edition was frozen."""
    if then is None:
        return article
    return replace(article, held=then.verdict in _NO_STORY, withdrawn=then.verdict in _WAITED)


def _slot(case: Case) -> Slot:
    local = datetime.fromisoformat(case.wall)
    ahead = (local - case.edition.slot.replace(tzinfo=None)) // timedelta(minutes=1)
    return Slot(at=case.edition.slot, local=local, offset=ahead)


def _made(press: Press, scene: _Scene, article: int) -> dict[Place, Anew]:
    """What takes the place of each letter that tells the article."""
    newsletter = press.newsletters[scene.case.edition.newsletter]
    # What has changed since was settled then.
    calm = replace(newsletter, settle=timedelta())
    composer = Composer(press, calm, _slot(scene.case), scene.material, scene.case.edition.frozen_at)
    made: dict[Place, Anew] = {}
    known: dict[tuple[View, int], Anew] = {}
    for place in scene.case.places:
        key = ViewKey.read(place.key)
        view = composer.view(key, key.before(fallback=place.fallback), scene.owed)
        if view is None:
            raise UsageError(f"edition {scene.case.edition.id} has letters for categories that are configured no more")
        if (view, place.letter) not in known:
            letter = _without(composer, view, scene.letters[place.letter], article)
            is_empty = not letter.told and newsletter.when_empty is WhenEmpty.SKIP
            known[view, place.letter] = Anew(letter=letter, is_empty=is_empty)
        made[place] = known[view, place.letter]
    return made


def _without(composer: Composer, view: View, frozen: Letter, article: int) -> Letter:
    left = frozenset(frozen.told) - {article}
    letter = composer.again(view, left)
    carried = {*frozen.carried, *(left - {*letter.told})} - {article}
    return replace(letter, linked=frozen.linked, carried=tuple(sorted(carried)))
