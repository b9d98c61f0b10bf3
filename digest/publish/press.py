"""What editions are made with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from digest.editions.arrange import Arrangement
from digest.editions.render import Brief
from digest.model import Category, Feed, Letter, Newsletter, Site, View
from digest.store import Connection, Database
from digest.store.freezing import Frozen


class Setting(Protocol):
    """One edition on its way to paper; `editions.render.Setting` is one."""

    def letter(self, view: View, arrangement: Arrangement, nonce: str) -> Letter: ...

    def fits(self, letter: Letter) -> bool: ...


class Typesetter(Protocol):
    """Sets editions; `editions.render.Renderer` is one."""

    def edition(self, brief: Brief) -> Setting: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """All that editions are made with."""

    database: Database
    typesetter: Typesetter
    site: Site
    newsletters: Mapping[str, Newsletter]
    feeds: Mapping[str, Feed]
    #: All of the house, in order.
    categories: tuple[Category, ...]
    #: Gives an unguessable hexadecimal string, another one each time.
    nonce: Callable[[], str]
    #: Called in the transaction that freezes an edition, on the store's thread.
    on_frozen: Callable[[Connection, Frozen], None] | None = None
