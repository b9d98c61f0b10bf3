"""How well the words of a letter can be told from what they stand on: as written, in the dark, and turned over."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from digest.editions import colours
from digest.editions.colours import READABLE, READABLE_LARGE, Colour
from digest.editions.lint.runs import Run


@dataclass(frozen=True, slots=True)
class Faint:
    """Text that is hard to read."""

    run: Run
    colour: Colour
    ground: Colour
    contrast: float
    needed: float

    def __str__(self) -> str:
        words = self.run.text if len(self.run.text) <= 40 else f"{self.run.text[:39]}…"
        pair = f"{colours.hex_of(self.colour)} on {colours.hex_of(self.ground)}"
        # Down, so that what is too little never looks like enough.
        figure = int(self.contrast * 100) / 100
        return f"{words!r} has a contrast of {figure:g}:1 ({pair}), {self.needed:g}:1 is needed"

    @property
    def given_by(self) -> tuple[Any, str] | None:
        """The element that the colour was given to, and as what."""
        return self.run.look.coloured


def faint(runs: Iterable[Run], seen: Callable[[Colour], Colour] = lambda colour: colour) -> Iterator[Faint]:
    """Those of `runs` without enough contrast where a program shows every colour as `seen` has it.

    Text on a picture is passed over, and so is what holds neither letter nor digit.
    """
    known: dict[tuple[Colour, Colour], float] = {}
    for run in runs:
        look = run.look
        if look.ground is None or not any(map(str.isalnum, run.text)):
            continue
        pair = (look.colour, look.ground)
        if pair not in known:
            known[pair] = colours.contrast(*map(seen, pair))
        needed = READABLE_LARGE if look.is_large else READABLE
        if known[pair] < needed:
            yield Faint(run, seen(look.colour), seen(look.ground), known[pair], needed)
