"""Stories by the categories that they touch, so that what a letter may tell is found once for each choice among these.

A letter's readers have chosen some of the categories. What a story comes to for them depends on the choice among its
own categories alone, and most stories touch one or two.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from digest.editions.arrange import Candidate, Run, runs_of
from digest.model import Judged


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a story comes to for readers of some categories."""

    #: The name of the section where it stands; empty: nowhere.
    home: str = ""
    candidate: Candidate | None = None
    #: Numbers of its articles that are new to the readers, and left for their next letter.
    waiting: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """What several stories come to."""

    runs: tuple[tuple[str, Run], ...]
    waiting: tuple[int, ...]

    def without(self, is_out: Callable[[int], bool]) -> "Found":
        """The same but for the stories of which an article, by its number, is out."""
        kept = [
            Entry(home=home, candidate=each)
            for home, run in self.runs
            for each in run.candidates
            if not is_out(each.articles[0].number)
        ]
        return found([*kept, Entry(waiting=tuple(number for number in self.waiting if not is_out(number)))])


#: All categories that matter to what a story comes to.
Touches = Callable[[Sequence[Judged]], frozenset[str]]
#: What a story comes to for readers who have chosen these of its categories.
Enter = Callable[[Sequence[Judged], frozenset[str]], Entry]


class Lanes:
    """Stories that touch the same categories together, for readers who differ only in the categories they chose."""

    def __init__(self, stories: Iterable[Sequence[Judged]], touches: Touches, enter: Enter) -> None:
        self._enter = enter
        self._lanes: dict[frozenset[str], list[Sequence[Judged]]] = {}
        self._found: dict[tuple[frozenset[str], frozenset[str]], Found] = {}
        for story in stories:
            self._lanes.setdefault(touches(story), []).append(story)

    def found(self, chosen: frozenset[str]) -> Iterator[Found]:
        """What all stories come to for readers who have chosen these categories."""
        for touched, stories in self._lanes.items():
            key = (touched, touched & chosen)
            if key[1]:
                if key not in self._found:
                    self._found[key] = found([self._enter(story, key[1]) for story in stories])
                yield self._found[key]


def found(entries: Iterable[Entry]) -> Found:
    """What `entries` come to together."""
    homes: dict[str, list[Candidate]] = {}
    waiting: list[int] = []
    for entry in entries:
        waiting += entry.waiting
        if entry.candidate:
            homes.setdefault(entry.home, []).append(entry.candidate)
    return Found(tuple((home, run) for home, several in homes.items() for run in runs_of(several)), tuple(waiting))
