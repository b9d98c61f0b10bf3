"""Looks letters over: the one that a reader gets, or one of made-up articles where there is none."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from digest.app.foretell import foretell
from digest.app.house import House
from digest.app.link_check import check_links
from digest.app.sample_letter import sample_letter
from digest.editions.lint import Context, LinkResult, Report, links_of, lint
from digest.model import Newsletter


@dataclass(frozen=True, slots=True, kw_only=True)
class Linted:
    """A letter that was looked over."""

    report: Report
    message: bytes
    #: Aware: when it is due; None: it is made up.
    at: datetime | None = None
    #: Why it is a made-up one; empty: it is the reader's.
    reason: str = ""
    #: What came of asking for them; empty: they were not asked for.
    links: tuple[LinkResult, ...] = ()


async def lint_letter(
    house: House, newsletter: Newsletter, *, reader: str = "", at: datetime | None = None, links: bool = False
) -> Linted:
    """The letter that `foretell` gives; with `links` each of its links is asked for.

    Where there is nothing to tell, a made-up letter is looked over, and its links are not asked for. Raises what
    `foretell` raises, and TemplateError.
    """
    foretold = await foretell(house, newsletter, reader=reader, at=at)
    if foretold.letter is None:
        return replace(lint_sample(house, newsletter), reason=foretold.reason)
    message, due = foretold.message, foretold.slot.at
    asked = await check_links(house, links_of(message)) if links else []
    report = lint_message(house, newsletter, message, at=due, links=asked)
    return Linted(report=report, message=message, at=due, links=tuple(asked))


async def lint_stranger(house: House, newsletter: Newsletter, message: bytes, *, links: bool = False) -> Linted:
    """`message` (RFC 5322), from wherever it comes, as if it were a letter of `newsletter`. Raises TemplateError."""
    asked = await check_links(house, links_of(message)) if links else []
    return Linted(report=lint_message(house, newsletter, message, links=asked), message=message, links=tuple(asked))


def lint_sample(house: House, newsletter: Newsletter) -> Linted:
    """A letter of made-up articles; it takes neither a database nor a secret. Raises TemplateError."""
    message = sample_letter(house, newsletter)
    return Linted(report=lint_message(house, newsletter, message), message=message, reason="as was wished")


def lint_message(
    house: House,
    newsletter: Newsletter,
    message: bytes,
    *,
    at: datetime | None = None,
    links: Sequence[LinkResult] = (),
) -> Report:
    """What there is to say about `message`, a letter of `newsletter` that is due `at`. Raises TemplateError."""
    site = house.site
    context = Context(
        budget=newsletter.limits.html,
        leave_url=f"{site.url}/leave/",
        choose_url=f"{site.url}/choose/",
        read_url=f"{site.url}/read/",
        postal_address=site.postal_address,
        at=at,
        links=tuple(links),
    )
    return lint(message, house.renderer.sources(newsletter.template, newsletter.sponsor), context)
