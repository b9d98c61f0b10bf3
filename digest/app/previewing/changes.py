"""What is new in a letter against the one that the same reader had before."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from digest.app.asked import frozen_letter
from digest.app.scene import Scene
from digest.model import Edition, Letter
from digest.store import Connection, editions, trail

#: So many settled slots are looked through for the letter before, and as many titles are named of each kind.
_LOOKED_THROUGH, _NAMED = 60, 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The letter before and this one, side by side."""

    edition: Edition
    then: Letter
    now: Letter
    #: Titles of articles: told now and not then, then and not now, both times.
    added: tuple[str, ...]
    dropped: tuple[str, ...]
    kept: tuple[str, ...]


def changes_of(connection: Connection, scene: Scene, letter: Letter) -> Changes | None:
    """`letter`, which is that of `scene`, against the one before; None where there was none."""
    found = _before(connection, scene)
    if found is None:
        return None
    edition, then = found
    told = trail.titles_of(connection, {*letter.told, *then.told})
    before, after = _titles(told, then.told), _titles(told, letter.told)
    return Changes(
        edition=edition,
        then=then,
        now=letter,
        added=_without(after, before),
        dropped=_without(before, after),
        kept=tuple(title for key, title in after.items() if key in before)[:_NAMED],
    )


def _before(connection: Connection, scene: Scene) -> tuple[Edition, Letter] | None:
    for edition in editions.latest(connection, scene.newsletter.name, _LOOKED_THROUGH):
        if edition.slot < scene.slot.at and edition.number:
            letter = frozen_letter(connection, edition, scene.who, scene.asked.made_up)
            if letter:
                return edition, letter
    return None


def _titles(names: dict[int, str], numbers: Iterable[int]) -> dict[str, str]:
    """By what a title is recognised by, each once: several feeds may bring the same."""
    return {names[number].casefold(): names[number] for number in numbers if number in names}


def _without(some: dict[str, str], others: Collection[str]) -> tuple[str, ...]:
    return tuple(title for key, title in some.items() if key not in others)[:_NAMED]
