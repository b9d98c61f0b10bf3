"""What `digest check` finds out by itself: configuration, secret, schedules, templates, database."""

from collections.abc import Container, Iterator

from digest.app.house import House, database_file
from digest.app.linting import lint_sample
from digest.app.sayings import counted
from digest.app.soundness import broken_templates, looks
from digest.cli.findings import Finding, note, right, wrong
from digest.cli.lint import summary, where
from digest.editions.due import next_due
from digest.editions.lint import Severity
from digest.errors import StoreError, TemplateError
from digest.settings import nouns
from digest.store import migrate, upkeep

#: Names that belong to nobody (RFC 2606).
_EXAMPLES = (".example", "example.com", "example.org", "example.net")
_SHORTEST_SECRET = 16
#: Rules whose findings stand in other words among the notes on the configuration.
_SAID = frozenset({"postal-address-missing", "link-here"})


def findings(house: House) -> Iterator[Finding]:
    """As they come; nothing is changed."""
    figures = f"{counted(len(house.feeds), 'feed')}, {counted(len(house.newsletters), 'newsletter')}"
    yield right("configuration", f"{house.path}: {figures}")
    yield from _left_to_fill_in(house)
    yield _secret(house)
    if house.settings.mail.dkim:
        from digest.cli import dkim_findings

        yield from dkim_findings.on_keys(house)
    yield from _schedules(house)
    yield from _unread(house)
    broken = list(broken_templates(house))
    fine = right("templates", f"{', '.join(looks(house))}, the pages and the notices can be rendered")
    yield from [wrong("templates", str(error)) for error in broken] or [fine]
    yield from _letters(house, {error.template for error in broken})
    yield _store(house)


def _left_to_fill_in(house: House) -> Iterator[Finding]:
    """What still stands as in the example, or as it should not stand in public."""
    mail = house.settings.mail
    hosts = {
        "site.url": house.site.url.partition("://")[2].partition("/")[0].partition(":")[0],
        "mail.from": mail.sender.address.rpartition("@")[2],
        "mail.smtp.host": mail.smtp.host,
    }
    for key, host in hosts.items():
        if host.endswith(_EXAMPLES):
            yield note(key, f"{host} is the example's: fill in your own")
    if mail.smtp.password.get_secret_value() == "change-me":
        yield note("mail.smtp.password", "SMTP_PASSWORD in .env is still change-me: fill in your own")
    if house.site.url.startswith("http:"):
        yield note("site.url", "is http: mailbox providers offer one-click leaving with https only (RFC 8058 3.1)")
    if not house.site.postal_address:
        yield note("site.postal_address", "is empty; the law of many countries asks for it in every letter")


def _secret(house: House) -> Finding:
    secret = house.settings.site.secret.get_secret_value().strip()
    if not secret:
        where = house.path.parent / ".env"
        return wrong("secret", f"is missing: set DIGEST_SECRET in the environment or in {where}")
    if len(secret) < _SHORTEST_SECRET:
        return wrong("secret", f"has fewer than {_SHORTEST_SECRET} characters: links in letters could be forged")
    return right("secret", "is there to sign links with")


def _schedules(house: House) -> Iterator[Finding]:
    for newsletter in house.newsletters.values():
        slot = next_due(newsletter, house.site, (), house.clock())
        if slot is None:
            yield wrong(f"newsletter {newsletter.name}", "its schedule names no moment of the coming year")
        else:
            zone = newsletter.schedule.timezone or f"{house.site.timezone}; each reader by their own clock"
            yield right(f"newsletter {newsletter.name}", f"is due next at {slot.local:%Y-%m-%d %H:%M} ({zone})")


def _unread(house: House) -> Iterator[Finding]:
    carried = {category.name for newsletter in house.newsletters.values() for category in newsletter.categories}
    for category in house.categories:
        if category.name not in carried:
            yield note(f"category {category.name}", "is in no newsletter: add it to the categories of one")


def _letters(house: House, broken: Container[str]) -> Iterator[Finding]:
    """What a letter of made-up articles shows of each newsletter's look; a `broken` template is told already."""
    for newsletter in house.newsletters.values():
        subject = f"letter of {newsletter.name}"
        try:
            report = lint_sample(house, newsletter).report
        except TemplateError as error:
            if error.template not in broken:
                yield wrong(subject, str(error))
            continue
        for found in report.findings:
            text = f"{where(found.place)}: {found.what} {found.mend} [{found.rule}]"
            if found.severity is Severity.ERROR:
                yield wrong(subject, text)
            elif found.severity is Severity.WARNING and found.rule not in _SAID:
                yield note(subject, text)
        if not report.has_errors:
            yield right(subject, summary(report))


def _store(house: House) -> Finding:
    place = nouns.database_place(house.settings)
    file = database_file(house.settings)
    if file is not None and not file.exists():
        return right("database", f"{place}: is not there yet; it will be made by the first run")
    try:
        with upkeep.said_plainly():
            found = migrate.current(house.database)
    except StoreError as error:
        return wrong("database", f"{place}: {error}")
    if found == migrate.newest():
        return right("database", f"{place}: has schema {found}, as this version needs")
    if not found:
        return right("database", f"{place}: is empty; its tables will be made by the first run")
    return wrong(
        "database", f"{place}: has schema {found}, this version needs {migrate.newest()}: run `digest db upgrade`"
    )
