"""Why a letter holds what it holds, and what is new in it, as the page shows it."""

from digest.app.explain import Explained, Other, Placed
from digest.app.previewing.changes import Changes
from digest.editions.rank import Score
from digest.web.preview.words import when

#: Articles that a letter does not tell; the rest is said to be there.
_MOST_OTHERS = 2_000


def why_of(explained: Explained) -> dict[str, object]:
    """The page's `why`."""
    return {
        "told": [_placed(each) for each in explained.told],
        "others": [_other(each) for each in explained.others[:_MOST_OTHERS]],
        "others_more": max(0, len(explained.others) - _MOST_OTHERS),
        "too_old": explained.too_old,
    }


def _placed(each: Placed) -> dict[str, object]:
    articles = [{"number": number, "title": title, "source": source} for number, title, source in each.articles]
    lead = articles[0]
    return {
        "section": each.section,
        "place": each.place,
        "title": lead["title"],
        "source": lead["source"],
        "articles": articles,
        "score": score_in_words(each.score) if each.score else "",
        "is_update": each.is_update,
        "is_pinned": each.is_pinned,
    }


def score_in_words(score: Score) -> str:
    """As in ``12.4 = freshness 8.2 (published 3 h ago) + coverage 4.8 (3 sources)``."""
    parts = [
        f"{'-' if part.points < 0 else '+'} {part.name} {abs(part.points):.1f} ({part.words})" for part in score.parts
    ]
    return f"{score.total:.1f} = {' '.join(parts).removeprefix('+ ')}"


def _other(each: Other) -> dict[str, object]:
    return {
        "number": each.number,
        "title": each.title,
        "verdict": str(each.verdict) or "fit",
        "words": each.words,
        "score": each.score,
    }


def changes_in(changes: Changes | None) -> dict[str, object] | None:
    """The page's `changes`."""
    if changes is None:
        return None
    then, now = changes.then, changes.now
    return {
        "edition": f"No. {changes.edition.number}, {when(changes.edition.slot)}",
        "subject": {"then": then.subject, "now": now.subject},
        "size": {"then": len(then.html.encode()), "now": len(now.html.encode())},
        "added": list(changes.added),
        "dropped": list(changes.dropped),
        "kept": list(changes.kept),
    }
