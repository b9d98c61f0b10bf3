"""Everything about one letter that an operator looks at before it goes out, from one look at the store."""

from collections.abc import MutableMapping
from dataclasses import dataclass, field
from itertools import islice

from digest.app.asked import reader_of
from digest.app.explain import Explained, explained_of
from digest.app.foretell import Foretold, foretold_of
from digest.app.house import House
from digest.app.previewing.changes import Changes, changes_of
from digest.app.previewing.occasions import Occasion, occasions
from digest.app.previewing.verdict import verdict_of
from digest.app.scene import Asked, Scene, set_scene
from digest.errors import DigestError
from digest.store import Connection, subscribers

#: Addresses that are offered.
_OFFERED = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Readers:
    """Whose letters may be asked for."""

    #: In order, a hundred at most.
    addresses: tuple[str, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A letter with all that is known of it."""

    foretold: Foretold
    explained: Explained
    verdict: str
    #: None: there is no letter before it, or none at all.
    changes: Changes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What there is to be seen, and why something is not."""

    occasions: list[Occasion] = field(default_factory=list)
    readers: Readers
    #: None: `problem` says why.
    looked: Looked | None = None
    problem: DigestError | None = None


async def outlook(house: House, asked: Asked, sent: MutableMapping[int, int]) -> Outlook:
    """The answer to `asked`; what is wrong with a template or the question is a part of it. `sent`: see `occasions`."""
    return await house.database.run(_outlook, house, asked, sent)


def _outlook(connection: Connection, house: House, asked: Asked, sent: MutableMapping[int, int]) -> Outlook:
    readers = _readers(connection, asked.newsletter.name)
    some: list[Occasion] = []
    try:
        who = reader_of(connection, asked.newsletter, asked.reader) if asked.reader else None
        asked.made_up.require_sense(asked.newsletter)
        some = occasions(connection, house, asked, who, sent)
        scene = set_scene(connection, house, asked)
        return Outlook(occasions=some, readers=readers, looked=_looked(connection, house, scene))
    except DigestError as error:
        return Outlook(occasions=some, readers=readers, problem=error)


def _looked(connection: Connection, house: House, scene: Scene) -> Looked:
    foretold = foretold_of(connection, house.sender(), scene)
    explained = explained_of(connection, scene)
    letter = foretold.letter
    return Looked(
        foretold=foretold,
        explained=explained,
        verdict=verdict_of(connection, house, scene, letter, len(explained.told)),
        changes=changes_of(connection, scene, letter) if letter else None,
    )


def _readers(connection: Connection, newsletter: str) -> Readers:
    everyone = subscribers.everyone(connection, newsletter)
    counts = subscribers.counts(connection)
    return Readers(
        addresses=tuple(reader.subscriber.address for reader in islice(everyone, _OFFERED)),
        total=sum(count for (name, _), count in counts.items() if name == newsletter),
    )
