"""Rules that tie several keys together. Read from the tree, so that they speak even while other keys are wrong."""

import ipaddress
from collections.abc import Callable, Iterator
from itertools import chain

from pydantic import TypeAdapter, ValidationError

from digest.editions.slots import ever_due
from digest.errors import Problem
from digest.settings import nouns
from digest.settings.editorial import ScheduleSettings
from digest.settings.tree import Items, Keys, Location, Scalar, entries_at, find, items_at, plain, text_at
from digest.settings.wording import nearest


def broken_rules(root: Keys) -> Iterator[Problem]:
    """Everything in the configuration that contradicts something else in it."""
    for rule in _RULES:
        yield from rule(root)


def _feeds_have_names_of_their_own(root: Keys) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for index, _ in enumerate(items_at(root, "feeds")):
        place = find(root, ["feeds", index, "name"]).place
        name = text_at(root, "feeds", index, "name")
        if name and name in first:
            yield place.problem(
                f"is the name of another feed already, in {first[name]}", "rename or remove one of them"
            )
        first.setdefault(name, str(place))


def _feeds_name_categories_once(root: Keys) -> Iterator[Problem]:
    for index, _ in enumerate(items_at(root, "feeds")):
        if _has(root, ["feeds", index, "category"]) and _has(root, ["feeds", index, "categories"]):
            place = find(root, ["feeds", index, "category"]).place
            yield place.problem("stands beside categories", "put all of them under categories")


def _pages_say_where_their_articles_are(root: Keys) -> Iterator[Problem]:
    for item in items_at(root, "feeds"):
        is_page, select = text_at(item, "type") == "page", entries_at(item, "select")
        if is_page and not select:
            place = find(item, ["type"]).place
            yield place.problem("a page needs select", "add select: {item: CSS}; `digest feeds try URL` helps")
        if select and not is_page:
            place = find(item, ["select"]).place
            yield place.problem("is for pages only", "add type: page, or remove select")


def _selectors_can_be_read(root: Keys) -> Iterator[Problem]:
    for item in items_at(root, "feeds"):
        for key in entries_at(item, "select"):
            text = text_at(item, "select", key)
            if text and (reason := _selector_problem(text)):
                yield find(item, ["select", key]).place.problem(reason, "see `digest feeds try URL --item CSS`")


def _selector_problem(text: str) -> str:
    # The parser of pages is for those who have some.
    from digest.feeds.pages.page import selector_problem  # noqa: PLC0415

    return selector_problem(text)


def _articles_have_a_section(root: Keys) -> Iterator[Problem]:
    names = entries_at(root, "categories")
    if not names or any(_takes_in(root, ["categories", name, "match"]) for name in names):
        return
    for item in items_at(root, "feeds"):
        # A misspelt category is said elsewhere.
        if isinstance(item, Keys) and not any("cat" in key.lower() for key in item.entries):
            message = "has no category, and no category matches anything by itself: nobody would see its articles"
            hint = f"add category: {next(iter(names))}, or match: {{rest: true}} to one of the categories"
            yield item.place.problem(message, hint)


def _takes_in(root: Keys, match: Location) -> bool:
    """Whether a category's `match` takes in anything."""
    return _is_true(text_at(root, *match, "rest")) or _says_something(root, match)


def _one_category_takes_the_rest(root: Keys) -> Iterator[Problem]:
    first = ""
    for name in entries_at(root, "categories"):
        rest = ["categories", name, "match", "rest"]
        if not _is_true(text_at(root, *rest)):
            continue
        if first:
            message = f"stands beside that of {first}: what belongs to no other category has one place"
            yield find(root, rest).place.problem(message, "remove one of them")
        first = first or name


def _boosts_say_what_they_mean(root: Keys) -> Iterator[Problem]:
    known = {name for item in items_at(root, "feeds") if (name := text_at(item, "name"))}
    for name in entries_at(root, "newsletters"):
        for index, item in enumerate(items_at(root, "newsletters", name, "boost")):
            boost: Location = ["newsletters", name, "boost", index]
            if isinstance(item, Keys) and not _says_something(root, boost):
                yield item.place.problem("does not say what it boosts", f"add {' or '.join(_CRITERIA)}")
            for feed in _listed_at(root, [*boost, "feeds"]):
                if feed.text and not feed.broken and feed.text.strip() not in known:
                    yield feed.place.problem(f"there is no feed {feed.written!r}", _meant(feed, known))


def _meant(feed: Scalar, known: set[str]) -> str:
    # How near a secret comes to something known is nobody's business.
    near = "" if feed.expanded else nearest(feed.text or "", sorted(known))
    return f"did you mean {near!r}?" if near else "a feed is called by its name"


def _says_something(root: Keys, location: Location) -> bool:
    """Whether one of a match's criteria is given there; one that could not be read counts, since that has been said."""
    listed = (_listed_at(root, [*location, key]) for key in _CRITERIA)
    return any(each.broken or (each.text or "").strip() for each in chain.from_iterable(listed))


def _listed_at(root: Keys, location: Location) -> tuple[Scalar, ...]:
    """The values of a list, which may be written as one value."""
    found = find(root, location)
    values = found.node.items if isinstance(found.node, Items) else (found.node,)
    return () if found.rest else tuple(value for value in values if isinstance(value, Scalar))


def _is_true(text: str) -> bool:
    try:
        return TypeAdapter(bool).validate_python(text)
    except ValidationError:
        return False


def _schedules_have_one_clock(root: Keys) -> Iterator[Problem]:
    for name in entries_at(root, "newsletters"):
        schedule = ["newsletters", name, "schedule"]
        contradictions = list(_contradictions(root, schedule))
        yield from contradictions
        if not contradictions and _has(root, schedule) and _is_never_due(plain(find(root, schedule).node)):
            place = find(root, schedule).place
            yield place.problem("is never due: all its days are among except and holidays", "leave some day free")


def _contradictions(root: Keys, schedule: list[str]) -> Iterator[Problem]:
    """Keys of one schedule that do not go together: each such key with all that it contradicts."""
    for key, excluded, hint in _EXCLUSIVE:
        others = [other for other in excluded if _has(root, [*schedule, other])]
        if others and _has(root, [*schedule, key]):
            place = find(root, [*schedule, key]).place
            yield place.problem(f"stands beside {' and '.join(others)}", hint)
    in_days = text_at(root, *schedule, "every").strip().lower().endswith(("day", "days"))
    if in_days and _has(root, [*schedule, "days"]):
        place = find(root, [*schedule, "every"]).place
        yield place.problem("stands beside days", "to choose days of the week count in weeks, as in every: 2 weeks")
    if _has(root, [*schedule, "from"]) and not _has(root, [*schedule, "every"]):
        place = find(root, [*schedule, "from"]).place
        yield place.problem("needs every beside it", "add every: 2 weeks, or remove from")


def _is_never_due(written: object) -> bool:
    try:
        read = ScheduleSettings.model_validate(written)
    except ValidationError:  # which has been said
        return False
    return not ever_due(nouns.schedule(read, ""))


def _passwords_are_encrypted(root: Keys) -> Iterator[Problem]:
    username = find(root, ["mail", "smtp", "username"]).place
    if not text_at(root, "mail", "smtp", "username"):
        return
    if not _has(root, ["mail", "smtp", "password"]):
        yield username.problem("needs a password beside it", 'add password: "${SMTP_PASSWORD}"')
    if text_at(root, "mail", "smtp", "security") == "none" and not _is_loopback(text_at(root, "mail", "smtp", "host")):
        yield username.problem("would be sent without encryption", "set security to starttls or tls")


def _reviews_have_somebody_to_ask(root: Keys) -> Iterator[Problem]:
    operators = any((each.text or "").strip() or each.broken for each in _listed_at(root, ["mail", "operators"]))
    for name in entries_at(root, "newsletters"):
        sending: Location = ["newsletters", name, "sending"]
        review = _is_true(text_at(root, *sending, "review"))
        if review and not operators:
            place = find(root, [*sending, "review"]).place
            yield place.problem("has nobody to be sent to", "add mail: {operators: [you@example.org]}")
        if not review and _has(root, [*sending, "release_after"]):
            place = find(root, [*sending, "release_after"]).place
            yield place.problem("does nothing without review", "add review: true, or remove it")


def _canaries_are_what_is_waited_for(root: Keys) -> Iterator[Problem]:
    for name in entries_at(root, "newsletters"):
        sending: Location = ["newsletters", name, "sending"]
        if _has(root, [*sending, "wait"]) and text_at(root, *sending, "canary").strip() in ("", "0"):
            place = find(root, [*sending, "wait"]).place
            yield place.problem("does nothing without canary", "add canary: 50, or remove it")


def _has(root: Keys, location: Location) -> bool:
    found = find(root, location)
    return not found.rest and getattr(found.node, "text", "") is not None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


#: What a match can say; `feeds` is for boosts alone.
_CRITERIA = ("keywords", "tags", "patterns", "authors", "feeds")
#: A key of a schedule, those that cannot stand beside it, and what to do.
_EXCLUSIVE = (
    ("cron", ("at", "days", "every", "monthly"), "a schedule has either cron, or at with days, every or monthly"),
    ("monthly", ("days", "every"), "a schedule has one of them; for days of the week write monthly: first monday"),
)

_RULES: tuple[Callable[[Keys], Iterator[Problem]], ...] = (
    _feeds_have_names_of_their_own,
    _feeds_name_categories_once,
    _pages_say_where_their_articles_are,
    _selectors_can_be_read,
    _articles_have_a_section,
    _one_category_takes_the_rest,
    _boosts_say_what_they_mean,
    _schedules_have_one_clock,
    _passwords_are_encrypted,
    _reviews_have_somebody_to_ask,
    _canaries_are_what_is_waited_for,
)
