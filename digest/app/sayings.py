"""Spans and counts in words, as operators read them. Pure."""

from datetime import timedelta


def lasting(span: timedelta) -> str:
    """`span` in words, as in ``2 h 5 min``: two figures at most."""
    seconds = max(0, round(span.total_seconds()))
    figures = [
        (seconds // 86_400, "d"),
        (seconds // 3600 % 24, "h"),
        (seconds // 60 % 60, "min"),
        (seconds % 60, "s"),
    ]
    first = next((place for place, (count, _) in enumerate(figures) if count), 3)
    return " ".join(f"{count} {unit}" for count, unit in figures[first : first + 2] if count) or "0 s"


def counted(count: int, noun: str, plural: str = "") -> str:
    """As in ``1 reader`` and ``1,200 readers``."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"
