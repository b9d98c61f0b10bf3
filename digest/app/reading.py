"""What became of an article for one reader of one newsletter, and what is still to come of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from digest import publish
from digest.app import asked, explain
from digest.app.fate import Miss, Record, Step, Walk
from digest.app.house import House
from digest.editions.due import coming_slot
from digest.model import Article, Newsletter, Slot, Subscription, SubscriptionState, Verdict
from digest.store import Connection, letters, overview, readership, suppressions, trail
from digest.store.readership import ViewKey
from digest.store.subscribers import Reader
from digest.store.trail import Judgement, Posted

#: What an edition decides for good, so that it does not matter that the article was too old for a later one.
_FINAL = frozenset(
    {Verdict.HELD, Verdict.EXCLUDED, Verdict.UNPLACED, Verdict.CATEGORY, Verdict.FOLLOW_UP, Miss.UNTRACED}
)


#: What bars the reader from all that is to come, and explains nothing of what was.
_BARRED = frozenset({Miss.ABSENT, Miss.SUPPRESSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What became of the article for one reader of one newsletter."""

    newsletter: str
    subscription: Subscription
    steps: tuple[Step, ...]
    #: The reader's next edition, where it still matters; None: it does not, or there is none.
    coming: Step | None
    #: The step that decides; None: nothing has, yet.
    decisive: Step | None

    @property
    def verdict(self) -> Verdict | Miss:
        step = self.decisive
        if step is None:
            return Miss.UNTRACED
        lost = step.brought and step is not self.coming and not (step.arrived or step.under_way)
        return Miss.UNDELIVERED if lost else step.verdict

    @property
    def foreseen(self) -> bool:
        return self.decisive is not None and self.decisive is self.coming


def read(connection: Connection, house: House, article: Article, reader: Reader) -> Reading:
    """What became of `article` for `reader`, and what is still to come of it."""
    record = _record(connection, house, article, reader)
    steps = [_told_with(connection, record, step) for step in Walk(record).steps()]
    if article.backlog:
        steps = []
    newsletter = record.newsletter
    is_over = any(step.arrived or step.under_way for step in steps)
    coming = None if is_over or newsletter is None else _coming(connection, house, newsletter, record)
    if coming and steps and coming.verdict in (Verdict.SEEN, Miss.TOO_OLD):
        coming = None
    return Reading(
        newsletter=reader.subscription.newsletter,
        subscription=reader.subscription,
        steps=tuple(steps),
        coming=coming,
        decisive=decisive(steps, coming),
    )


def decisive(steps: Sequence[Step], coming: Step | None) -> Step | None:
    """The step that says what became of an article; None: nothing has, yet."""
    brought: list[Callable[[Step], bool]] = [lambda step: step.arrived, lambda step: step.under_way]
    found = (step for is_it in brought for step in steps if is_it(step))
    if step := next(found, None):
        return step
    if coming and not (steps and coming.verdict in _BARRED):
        return coming
    causes = [step for step in steps if step.verdict is not Verdict.SEEN]
    told = [step for step in causes if step.brought]
    final = [step for step in causes if step.verdict in _FINAL]
    return next((some[-1] for some in (told, final, causes, list(steps)) if some), None)


def _record(connection: Connection, house: House, article: Article, reader: Reader) -> Record:
    own = reader.subscription
    since = trail.editions_since(connection, own.newsletter, article.number, article.arrived_at)
    first = since[0].id if since else 0
    posts = {each.edition: each for each in trail.posted(connection, own.newsletter, own.id, first)} if since else {}
    consents = overview.consents(connection, reader.subscriber.id)
    return Record(
        article=article,
        reader=reader,
        choosing=trail.choosing(connection, own.id),
        consents=[each for each in consents if each.newsletter == own.newsletter],
        suppression=suppressions.find(connection, reader.subscriber.address),
        editions=since,
        judgements=trail.judgements(connection, article.number),
        letters=trail.letters_with(connection, [each.id for each in since], article.number),
        posts=posts,
        owed=letters.carried(connection, {post.before.owed for post in posts.values() if post.before.owed}),
        newsletter=house.newsletters.get(own.newsletter),
        site=house.site,
        rhythms=readership.rhythms(connection, own.newsletter),
    )


def _told_with(connection: Connection, record: Record, step: Step) -> Step:
    """With the words for how it was told, or of what it was the follow-up."""
    judgement, post = record.judgements.get(step.edition), step.delivery
    if judgement is None or post is None or step.verdict not in (Verdict.TOLD, Verdict.LINKED, Verdict.FOLLOW_UP):
        return step
    words = _in_its_letter(connection, record, step, judgement, post)
    return replace(step, words="; ".join(filter(None, [step.words, *words])))


def _in_its_letter(connection: Connection, record: Record, step: Step, judgement: Judgement, post: Posted) -> list[str]:
    mates = trail.mates(connection, step.edition, judgement.story)
    told = trail.told_by(connection, post.letter)
    number = record.article.number
    beside = [mate for mate in mates if mate in told and mate != number]
    known = [mate for mate, each in mates.items() if _was_told(mate, each, post)]
    titles = trail.titles_of(connection, [*beside, *known])
    if step.verdict is Verdict.FOLLOW_UP:
        return [f"of {mate} {titles.get(mate, '')!r}" for mate in (known or beside)[:1]]
    sections = {_section(each, post.key) for mate, each in mates.items() if mate in {*beside, number}}
    headings = {each.name: each.title for each in record.newsletter.categories} if record.newsletter else {}
    named = sorted(headings.get(name, name) for name in sections if name)
    words = [f"in {' or '.join(named)}"] if named else []
    words += [f"in one story with {mate} {titles.get(mate, '')!r}" for mate in beside[:3]]
    return [*words, *([f"as an update of {known[0]} {titles.get(known[0], '')!r}"] if known else [])]


def _section(judgement: Judgement, key: ViewKey) -> str:
    return next((name for name in judgement.categories if not key.categories or name in key.categories), "")


def _was_told(number: int, judgement: Judgement, post: Posted) -> bool:
    """Whether an article was one that the reader knew of when the letter was made."""
    is_known = post.key.began < number <= post.before.mark
    return is_known and judgement.verdict is Verdict.FIT and bool(_section(judgement, post.key))


def _coming(connection: Connection, house: House, newsletter: Newsletter, record: Record) -> Step | None:
    """What the reader's next edition would make of it."""
    own, now = record.reader.subscription, house.clock()
    slot = coming_slot(newsletter, house.site, own.rhythm, max(now, own.paused_until) if own.paused_until else now)
    if slot is None:
        return None
    verdict, words = _barred(record) or _foreseen(connection, house, newsletter, record, slot)
    return Step(edition=0, number=0, slot=slot.at, verdict=verdict, words=words)


def _barred(record: Record) -> tuple[Miss, str] | None:
    """What keeps it from the reader whatever the edition; None: nothing does."""
    own = record.reader.subscription
    if record.article.backlog:
        return Miss.BACKLOG, "old when its feed was first polled"
    if own.state is not SubscriptionState.ACTIVE:
        return Miss.ABSENT, f"the subscription is {own.state}"
    if record.suppression:
        return Miss.SUPPRESSED, record.suppression.reason
    return None


def _foreseen(
    connection: Connection, house: House, newsletter: Newsletter, record: Record, slot: Slot
) -> tuple[Verdict | Miss, str]:
    key = asked.key_of(connection, newsletter, record.reader, slot)
    if isinstance(key, str):
        return Miss.ABSENT, key
    composer = publish.composer_for(connection, house.press(), newsletter, slot, house.clock())
    view = composer.view(key, key.told_from, publish.owed_to(connection, [key]))
    if view is None:
        return Verdict.CATEGORY, "none of the chosen topics exists"
    return explain.came_to(composer.board, composer.arrangement(view), view, record.article.number)
