"""Why a letter holds what it holds: each story with its score, and each other article with the reason.

Of an edition that is still to come, it is found by the steps that will make it; of a frozen one, read from the store.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from digest.app.asked import NO_LETTER, NOTHING_NEW, TOO_LITTLE, frozen_letter
from digest.app.fate import Miss
from digest.app.house import House
from digest.app.scene import Asked, Scene, set_scene
from digest.editions.arrange import Arrangement
from digest.editions.board import Board, last_arrival
from digest.editions.rank import Score, lead_first
from digest.model import Article, Edition, Judged, Newsletter, Section, Slot, Verdict, View, WhenEmpty
from digest.publish import Composer
from digest.store import Connection, letters, trail
from digest.store.readership import ViewKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A story where the letter tells it."""

    #: The heading of its section; empty: it is not known.
    section: str
    #: Within its section; the first is 1.
    place: int
    #: The lead first; of each the number, the title and the source.
    articles: tuple[tuple[int, str, str], ...]
    #: None: a frozen letter does not say.
    score: Score | None = None
    is_update: bool = False
    is_pinned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """An article that the letter does not tell."""

    number: int
    title: str
    #: LINKED and CARRIED, or why it is neither.
    verdict: Verdict | Miss
    words: str = ""
    #: Of its story, where it is linked or carried; None: it does not matter.
    score: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One reader's letter at one slot."""

    newsletter: Newsletter
    slot: Slot
    #: None: it is still to come.
    edition: Edition | None
    #: Why there is no letter; empty: there is one.
    reason: str = ""
    told: tuple[Placed, ...] = ()
    others: tuple[Other, ...] = ()
    #: Articles that arrived after the reader's mark and are too old by now.
    too_old: int = 0


def explain(house: House, asked: Asked) -> Explained:
    """The letter that is asked about; see `foretell`.

    Raises UnknownName for an address that is not subscribed; UsageError where no slot is to come.
    """
    return house.database.call(_explained, house, asked)


def _explained(connection: Connection, house: House, asked: Asked) -> Explained:
    return explained_of(connection, set_scene(connection, house, asked))


def explained_of(connection: Connection, scene: Scene) -> Explained:
    """Why the letter of `scene` holds what it holds."""
    if scene.edition:
        return _frozen(connection, scene, scene.edition)
    empty = Explained(newsletter=scene.newsletter, slot=scene.slot, edition=None, reason=scene.barred)
    if scene.composer is None or scene.key is None:
        return empty
    if scene.view is None:
        return replace(empty, reason="none of the chosen topics exists")
    old = trail.too_old(connection, scene.key.told_from.mark, scene.composer.board.terms.not_before)
    return _to_come(scene.composer, scene.slot, scene.view, old)


def why_no_letter(arrangement: Arrangement, newsletter: Newsletter) -> str:
    """Empty: there is one."""
    if arrangement.waits:
        return TOO_LITTLE
    if not arrangement.sections and newsletter.when_empty is WhenEmpty.SKIP:
        return NOTHING_NEW
    return ""


def came_to(board: Board, arrangement: Arrangement, view: View, number: int) -> tuple[Verdict | Miss, str]:
    """What a letter to come makes of an article that has arrived and was new then, and why; empty: it says itself."""
    one = board.judged.get(number)
    if one is None:
        return Miss.TOO_OLD, ""
    if number in arrangement.told:
        return (Verdict.CARRIED, TOO_LITTLE) if arrangement.waits else (Verdict.TOLD, "")
    if number in arrangement.linked:
        return Verdict.LINKED, ""
    if one.verdict is not Verdict.FIT and (one.verdict is Verdict.HELD or _is_unserved(one, view)):
        return one.verdict, one.detail
    return (Verdict.CARRIED, "beyond the limits") if number in arrangement.carried else _unwanted(board, one, view)


def _is_unserved(one: Judged, view: View) -> bool:
    """Whether the readers' letters have not passed it over, as far as arrivals tell."""
    return one.article.number in view.owed or last_arrival(one.article) > view.mark


def _unwanted(board: Board, one: Judged, view: View) -> tuple[Verdict, str]:
    """Why what is fit is nothing for readers of `view`."""
    if not _is_unserved(one, view):
        return Verdict.SEEN, ""
    if set(one.places).isdisjoint(view.categories):
        return Verdict.CATEGORY, f"it is in {', '.join(one.places)}"
    if not board.is_new(one, view):
        return Verdict.SEEN, ""
    known = [each.article for each in board.story_of(one.article.number) if board.was_told(each, view)]
    return Verdict.FOLLOW_UP, f"of {known[0].number} {known[0].title!r}" if known else ""


def _to_come(composer: Composer, slot: Slot, view: View, too_old: int) -> Explained:
    board, newsletter = composer.board, composer.board.terms.newsletter
    arrangement = composer.arrangement(view)
    shown = {
        article.number for section in arrangement.sections for each in section.stories for article in each.articles
    }
    others = [
        _other(board, arrangement, view, one.article)
        for one in board.judged.values()
        if one.article.number not in shown
    ]
    return Explained(
        newsletter=newsletter,
        slot=slot,
        edition=None,
        reason=why_no_letter(arrangement, newsletter),
        told=tuple(_placed(board, arrangement.sections)),
        others=tuple(sorted(others, key=lambda each: (-(each.score or 0.0), -each.number))),
        too_old=too_old,
    )


def _placed(board: Board, sections: Iterable[Section]) -> Iterable[Placed]:
    for section in sections:
        for place, story in enumerate(section.stories, 1):
            yield Placed(
                section=section.category.title,
                place=place,
                articles=tuple(map(_named, story.articles)),
                score=board.score(story.articles),
                is_update=story.is_update,
                is_pinned=story.lead.number in board.terms.pins,
            )


def _other(board: Board, arrangement: Arrangement, view: View, article: Article) -> Other:
    verdict, words = came_to(board, arrangement, view, article.number)
    beyond = verdict in (Verdict.LINKED, Verdict.CARRIED)
    return Other(
        number=article.number,
        title=article.title,
        verdict=verdict,
        words=words,
        score=_score_of_rest(board, arrangement, article.number) if beyond else None,
    )


def _score_of_rest(board: Board, arrangement: Arrangement, number: int) -> float:
    """Of the story that an article beyond the limits is in: those of it that are beyond them, too."""
    left = {*arrangement.linked, *arrangement.carried}
    rest = [one.article for one in board.story_of(number) if one.article.number in left and one.verdict is Verdict.FIT]
    return board.score(lead_first(rest, board.terms.feeds)).total


def _frozen(connection: Connection, scene: Scene, edition: Edition) -> Explained:
    """What is stored of it; scores are not."""
    newsletter, slot = scene.newsletter, scene.slot
    letter = frozen_letter(connection, edition, scene.who, scene.asked.made_up)
    if letter is None:
        return Explained(newsletter=newsletter, slot=slot, edition=edition, reason=edition.reason or NO_LETTER)
    judged = trail.judged(connection, edition.id)
    placed = letters.articles_of(connection, letter.nonce)
    told = [each for each in placed if not each.linked]
    names = trail.titles_of(connection, {*judged, *letter.linked, *letter.carried})
    others = [
        Other(number=number, title=names.get(number, ""), verdict=verdict, words="")
        for verdict, numbers in ((Verdict.LINKED, letter.linked), (Verdict.CARRIED, letter.carried))
        for number in numbers
    ]
    met = {*letter.told, *letter.linked, *letter.carried}
    view = trail.view_of(connection, letter.nonce)
    rest = [
        Other(number=number, title=names.get(number, ""), verdict=_left_out(one, number, view), words=one.detail)
        for number, one in judged.items()
        if number not in met
    ]
    return Explained(
        newsletter=newsletter,
        slot=slot,
        edition=edition,
        told=tuple(_stored(told, newsletter, judged)),
        others=(*others, *rest),
    )


def _left_out(one: trail.Judgement, number: int, view: ViewKey | None) -> Verdict:
    """Why a frozen letter to readers of `view` does not have what its edition judged."""
    if one.verdict is not Verdict.FIT or view is None:
        return one.verdict
    if view.categories and set(view.categories).isdisjoint(one.categories):
        return Verdict.CATEGORY
    return Verdict.SEEN if number <= view.told_from.mark else Verdict.FOLLOW_UP


def _stored(
    told: Sequence[letters.Placed], newsletter: Newsletter, judged: dict[int, trail.Judgement]
) -> Iterable[Placed]:
    """The stories of a frozen letter, by section; in which order it tells them, only its text says."""
    titles = {category.name: category.title for category in newsletter.categories}
    order = {title: place for place, title in enumerate(titles.values())}
    stories: dict[int, tuple[str, list[Article]]] = {}
    for each in told:
        number = each.article.number
        section = titles.get(each.categories[0], each.categories[0]) if each.categories else ""
        story = judged[number].story if number in judged else number
        stories.setdefault(story, (section, []))[1].append(each.article)
    places: Counter[str] = Counter()
    for section, members in sorted(stories.values(), key=lambda story: order.get(story[0], len(order))):
        places[section] += 1
        yield Placed(section=section, place=places[section], articles=tuple(map(_named, members)))


def _named(article: Article) -> tuple[int, str, str]:
    return article.number, article.title, article.source
