"""What an edition comes to, in a sentence: how many stories, how many readers, how many letters."""

from datetime import datetime

from digest import publish
from digest.app.asked import ANYBODY
from digest.app.house import House
from digest.app.scene import Scene
from digest.editions.due import coming_slots
from digest.model import Edition, Letter, View
from digest.store import Connection, overview, readership
from digest.store.readership import Audience, ViewKey

#: With more kinds of readers than this, it is not looked which of them share a letter.
_MOST_KEYS = 300


def verdict_of(connection: Connection, house: House, scene: Scene, letter: Letter | None, stories: int) -> str:
    """As in ``12 stories to 1,200 readers; this letter is one of 8``; what can be said without making the others."""
    told = _counted(stories, "story", "stories") if letter else "No letter"
    if scene.edition:
        return f"{told} {_frozen(connection, scene, scene.edition, letter)}".strip()
    return f"{told}{_to_come(connection, house, scene)}"


def _frozen(connection: Connection, scene: Scene, edition: Edition, letter: Letter | None) -> str:
    figures = overview.letters_of(connection, edition.id)
    if not figures:
        return "for anybody: the slot was skipped"
    readers = _counted(sum(each.readers for each in figures), "reader", "readers")
    if letter is None:
        return f"for this reader; No. {edition.number:,} was for {readers}"
    own = sum(each.readers for each in figures if each.nonce == letter.nonce)
    said = f"in No. {edition.number:,} for {readers}; this letter is one of {len(figures):,}, for {own:,} of them"
    if scene.who:
        return said
    fits = scene.asked.made_up != ANYBODY and figures[0].nonce != letter.nonce
    which = "most got of those for these choices" if fits else "most got"
    return f"{said}, and the one that {which}"


def _to_come(connection: Connection, house: House, scene: Scene) -> str:
    by_key = overview.readers_by_view(connection, _audience(connection, house, scene))
    if not by_key:
        return "; nobody is subscribed for this slot yet"
    readers = _counted(sum(by_key.values()), "reader", "readers")
    if scene.composer is None or len(by_key) > _MOST_KEYS:
        return f"; {readers} at this slot"
    keys = [ViewKey.read(text) for text in by_key]
    owed = publish.owed_to(connection, keys)
    views: set[View | None] = {scene.composer.view(key, key.told_from, owed) for key in keys}
    letters = len({*views, scene.view} - {None})
    alone = "all get this letter" if letters == 1 else f"this letter is one of {letters:,} at most"
    return f" at a slot of {readers}; {alone}"


def _audience(connection: Connection, house: House, scene: Scene) -> Audience:
    """Everybody whose slot it is; all readers where it is none of the schedule, as `digest send` has it."""
    at, newsletter = scene.slot.at, scene.newsletter
    rhythms = readership.rhythms(connection, newsletter.name)
    due = coming_slots(newsletter, house.site, rhythms, (at - datetime.resolution, at))
    takers = due[0].rhythms if due else rhythms
    return Audience(newsletter=newsletter.name, slot=at, rhythms=takers, now=house.clock())


def _counted(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"
