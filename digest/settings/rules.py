"""Rules that tie several keys together. Read from the tree, so that they speak even while other keys are wrong."""

import ipaddress
from collections.abc import Callable, Iterator

from digest.errors import Problem
from digest.settings.tree import Keys, Location, entries_at, find, items_at, text_at


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
    if not names or any(entries_at(root, "categories", name, "match") for name in names):
        return
    for item in items_at(root, "feeds"):
        # A misspelt category is said elsewhere.
        if isinstance(item, Keys) and not any("cat" in key.lower() for key in item.entries):
            message = "has no category, and no category matches tags or keywords: nobody would see its articles"
            yield item.place.problem(message, f"add category: {next(iter(names))}")


def _schedules_have_one_clock(root: Keys) -> Iterator[Problem]:
    for name in entries_at(root, "newsletters"):
        schedule = ["newsletters", name, "schedule"]
        if not _has(root, [*schedule, "cron"]):
            continue
        others = [key for key in ("at", "days") if _has(root, [*schedule, key])]
        if others:
            place = find(root, [*schedule, "cron"]).place
            yield place.problem(f"stands beside {' and '.join(others)}", "a schedule has either cron, or at and days")


def _passwords_are_encrypted(root: Keys) -> Iterator[Problem]:
    username = find(root, ["mail", "smtp", "username"]).place
    if not text_at(root, "mail", "smtp", "username"):
        return
    if not _has(root, ["mail", "smtp", "password"]):
        yield username.problem("needs a password beside it", 'add password: "${SMTP_PASSWORD}"')
    if text_at(root, "mail", "smtp", "security") == "none" and not _is_loopback(text_at(root, "mail", "smtp", "host")):
        yield username.problem("would be sent without encryption", "set security to starttls or tls")


def _has(root: Keys, location: Location) -> bool:
    found = find(root, location)
    return not found.rest and getattr(found.node, "text", "") is not None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


_RULES: tuple[Callable[[Keys], Iterator[Problem]], ...] = (
    _feeds_have_names_of_their_own,
    _feeds_name_categories_once,
    _pages_say_where_their_articles_are,
    _selectors_can_be_read,
    _articles_have_a_section,
    _schedules_have_one_clock,
    _passwords_are_encrypted,
)
