"""`digest preview --explain`: why each story of a letter is there, and why each other article is not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from digest.app.sayings import counted, lasting
from digest.cli.base import printable
from digest.cli.show import show_json

if TYPE_CHECKING:
    from digest.app.explain import Explained, Other, Placed
    from digest.app.house import House
    from digest.app.scene import Asked
    from digest.editions.rank import Score

#: So many of a list are shown, and characters of a line.
_FEW, _WIDTH = 5, 100
#: In which order the reasons are given, and in which words.
_REASONS = {
    "linked": "linked, beyond the limits",
    "carried": "left for the next letter",
    "settling": "settling: changed a moment ago",
    "withdrawn": "withdrawn by their feeds",
    "held": "held: `digest feeds release FEED` tells them",
    "excluded": "excluded",
    "follow-up": "follow-ups of stories that were told",
    "category": "in none of the reader's categories",
    "unplaced": "in no category of the newsletter",
    "seen": "arrived before the reader's mark",
    "too-old": "too old",
    "": "fit, and not in this letter",
}


def show(house: House, asked: Asked, *, as_json: bool, everything: bool) -> None:
    """Prints the explanation of one letter. Raises DigestError."""
    from digest.app import explain

    found = explain.explain(house, asked)
    if as_json:
        show_json(_facts(found))
        return
    for line in _lines(found, house.zone, everything=everything):
        click.echo(printable(line))


def _facts(found: Explained) -> dict[str, object]:
    return {
        "newsletter": found.newsletter.name,
        "slot": found.slot.at,
        "frozen": found.edition is not None,
        "edition": found.edition.id if found.edition else None,
        "reason": found.reason,
        "told": [asdict(each) for each in found.told],
        "others": [asdict(each) for each in found.others],
        "too_old": found.too_old,
    }


def _lines(found: Explained, zone: ZoneInfo, *, everything: bool) -> Iterator[str]:
    when = f"{found.slot.at.astimezone(zone):%a %Y-%m-%d %H:%M}"
    state = f"frozen as edition {found.edition.id}; scores are not kept" if found.edition else "still to come"
    yield f"{found.newsletter.title}, {when} ({state})"
    if found.reason:
        yield f"No letter: {found.reason}."
    for section, stories in groupby(found.told, key=lambda each: each.section):
        yield ""
        yield section or "(section not known)"
        for each in stories:
            yield from _story_lines(each)
    limits = found.newsletter.limits
    for reason, words in _REASONS.items():
        some = [each for each in found.others if each.verdict == reason]
        if some:
            bounds = f" ({limits.stories} stories, {limits.per_section} a section)" if reason == "linked" else ""
            yield ""
            yield f"{counted(len(some), 'article')} {words}{bounds}"
            yield from _other_lines(some, everything=everything)
    if found.too_old:
        reach = lasting(found.newsletter.max_age)
        yield ""
        yield f"{counted(found.too_old, 'article')} too old: arrived more than {reach} before the slot"


def _story_lines(each: Placed) -> Iterator[str]:
    number, title, source = each.articles[0]
    marks = [mark for mark, is_so in (("update", each.is_update), ("pinned", each.is_pinned)) if is_so]
    yield _cut(f"{each.place:>3}. {title}", f"  [{number}] {source}{''.join(f', {mark}' for mark in marks)}")
    if each.score:
        yield f"     {_sum(each.score)}"
    for other, name, where in each.articles[1:]:
        yield _cut(f"     also covered by {where}: {name}", f"  [{other}]")


def _sum(score: Score) -> str:
    """As in ``12.4 = freshness 8.2 (published 3 h ago) + coverage 4.8 (3 sources)``."""
    parts = [
        f"{'-' if part.points < 0 else '+'} {part.name} {abs(part.points):.1f} ({part.words})" for part in score.parts
    ]
    return f"{score.total:.1f} = {' '.join(parts).removeprefix('+ ')}"


def _other_lines(some: Sequence[Other], *, everything: bool) -> Iterator[str]:
    shown = some if everything else some[:_FEW]
    for each in shown:
        score = f"{each.score:6.1f}  " if each.score is not None else ""
        title, end = f"     {score}{each.title}", f"  [{each.number}]"
        if len(title) + len(end) + len(each.words) < _WIDTH:
            yield f"{title}{end} {each.words}".rstrip()
            continue
        yield _cut(title, end)
        if each.words:
            yield f"       {each.words}"
    if len(shown) < len(some):
        yield f"     and {len(some) - len(shown):,} more (--all shows them)"


def _cut(text: str, end: str) -> str:
    """Both in one line: the first is shortened where they are too long for it."""
    room = max(40, _WIDTH - len(end))
    return (text if len(text) <= room else f"{text[: room - 1]}…") + end
