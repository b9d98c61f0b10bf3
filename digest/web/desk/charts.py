"""Bars for a page, in numbers that a template can draw. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

#: Of the drawing's own units.
HEIGHT, WIDTH = 100, 600
_GAP = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One thing that is counted, a figure for each day."""

    name: str
    #: A class of the style sheet.
    tone: str
    counts: Sequence[int]


def chart(title: str, days: Sequence[str], series: Sequence[Series]) -> dict[str, object]:
    """Bars side by side for each of `days`, as tall as they are many; and the same as a table."""
    most = max((count for each in series for count in each.counts), default=0)
    step = WIDTH / max(1, len(days))
    wide = step * (1 - _GAP) / max(1, len(series))
    bars = [
        {
            "x": round(place * step + step * _GAP / 2 + nth * wide, 2),
            "y": round(HEIGHT - _tall(count, most), 2),
            "width": round(wide, 2),
            "height": round(_tall(count, most), 2),
            "tone": each.tone,
            "said": f"{day}: {count:,} {each.name}",
        }
        for nth, each in enumerate(series)
        for place, (day, count) in enumerate(zip(days, each.counts, strict=True))
        if count
    ]
    totals = ", ".join(f"{sum(each.counts):,} {each.name}" for each in series)
    rows = [
        {"day": day, "counts": [f"{each.counts[place]:,}" for each in series]}
        for place, day in enumerate(days)
        if any(each.counts[place] for each in series)
    ]
    return {
        "title": title,
        "said": f"{title}, the last {len(days)} days: {totals}",
        "totals": [{"name": each.name, "tone": each.tone, "count": f"{sum(each.counts):,}"} for each in series],
        "first": days[0] if days else "",
        "last": days[-1] if days else "",
        "most": f"{most:,}",
        "bars": bars,
        "rows": rows,
    }


def spark(counts: Sequence[int]) -> list[dict[str, float]]:
    """A small picture of `counts`: bars of a drawing that is four units a day wide and sixteen high."""
    most = max(counts, default=0) or 1
    tall = [max(1.5, 16 * count / most) if count else 0.5 for count in counts]
    return [{"x": 4.0 * place, "y": round(16 - each, 2), "height": round(each, 2)} for place, each in enumerate(tall)]


def _tall(count: int, most: int) -> float:
    """What is there at all can be seen."""
    return max(2.0, HEIGHT * count / most) if count else 0.0
