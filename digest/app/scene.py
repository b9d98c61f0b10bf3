"""One letter in question: whose, at which slot, and what it is made of, each found once for all who ask about it."""

from dataclasses import dataclass
from datetime import datetime

from digest import publish
from digest.app.asked import (
    ANYBODY,
    NO_LETTER,
    NOTHING_NEW,
    TOO_LITTLE,
    MadeUp,
    frozen_letter,
    key_of,
    key_of_somebody,
    reader_of,
    rhythm_of,
    slot_of,
)
from digest.app.house import House
from digest.model import Edition, Letter, Newsletter, Slot, View
from digest.publish import Composer
from digest.store import Connection, editions
from digest.store.readership import ViewKey
from digest.store.subscribers import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The question."""

    newsletter: Newsletter
    #: An address; empty: the reader is made up.
    reader: str = ""
    #: Aware; None: the reader's next slot.
    at: datetime | None = None
    made_up: MadeUp = ANYBODY


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What there is at that slot for that reader."""

    asked: Asked
    #: None: the reader is made up.
    who: Reader | None
    slot: Slot
    #: None: it is still to come.
    edition: Edition | None = None
    #: Why this reader is not among its readers, whatever it tells; empty: they are.
    barred: str = ""
    # Of an edition to come, where the reader is not barred:
    key: ViewKey | None = None
    composer: Composer | None = None
    #: None: none of the chosen topics exists.
    view: View | None = None

    @property
    def newsletter(self) -> Newsletter:
        return self.asked.newsletter


def set_scene(connection: Connection, house: House, asked: Asked) -> Scene:
    """What the store says about `asked`; nothing is written, and no letter is made yet.

    Raises UnknownName for an address that is not subscribed and for choices that do not exist; UsageError where no
    slot is to come.
    """
    newsletter = asked.newsletter
    who = reader_of(connection, newsletter, asked.reader) if asked.reader else None
    asked.made_up.require_sense(newsletter)
    slot = slot_of(house, newsletter, rhythm_of(who, asked.made_up), asked.at)
    edition = editions.at_slot(connection, newsletter.name, slot.at)
    if edition:
        return Scene(asked=asked, who=who, slot=slot, edition=edition)
    key = (
        key_of(connection, newsletter, who, slot)
        if who
        else key_of_somebody(connection, house, newsletter, asked.made_up)
    )
    if isinstance(key, str):
        return Scene(asked=asked, who=who, slot=slot, barred=key)
    composer = publish.composer_for(connection, house.press(), newsletter, slot, house.clock())
    view = composer.view(key, key.told_from, publish.owed_to(connection, [key]))
    return Scene(asked=asked, who=who, slot=slot, key=key, composer=composer, view=view)


def letter_of(connection: Connection, scene: Scene) -> tuple[Letter | None, str]:
    """The frozen letter, or the one that would be made; where there is none, why.

    Raises TemplateError where the letter has to be made and cannot.
    """
    if scene.edition:
        letter = frozen_letter(connection, scene.edition, scene.who, scene.asked.made_up)
        return letter, "" if letter else scene.edition.reason or NO_LETTER
    if scene.composer is None:
        return None, scene.barred
    letter = scene.composer.letter(scene.view)
    return letter, "" if letter else TOO_LITTLE if scene.view in scene.composer.waiting else NOTHING_NEW
