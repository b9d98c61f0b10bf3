"""An edition that is to be reviewed goes to the operators first: the letter that most readers get, with a link.

    frozen, paused ─▶ a mail to each operator ─▶ asked      (where no server takes any, it is tried again)

An edition is asked about once. Whoever asks twice, because nobody could write down that it was done, does so with the
same Message-IDs.
"""

import asyncio
import logging
import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from digest import deliver
from digest.app.house import House
from digest.app.linting import lint_message
from digest.editions.lint import Severity
from digest.editions.render import Notice
from digest.editions.render_words import Language
from digest.errors import DigestError, RelayError, UsageError
from digest.mail.compose import Personal, Prepared, message_identity, prepare
from digest.mail.outcome import said
from digest.mail.sender import Sender
from digest.mail.tokens import Purpose
from digest.model import Accepted, Letter, Mailbox
from digest.store import Connection, letters, reviewing
from digest.store.reviewing import Review

log = logging.getLogger("digest")

#: Of no subscription: passing the mail on gives no reader's links away.
_NOBODY = 0
#: Whoever has frozen an edition asks at once, and so long it is left alone by all others.
_OTHERS_AFTER = timedelta(seconds=30)
#: How long a mail that no server took waits: doubled each time.
_REST, _LONGEST_REST = timedelta(seconds=30), timedelta(minutes=15)
_BODY = re.compile(r"<body\b[^>]*>", re.IGNORECASE)
_BODY_ENDS = re.compile(r"</body\s*>", re.IGNORECASE)
#: Between what we say and the letter, in plain text.
_PARTING = f"\n{'=' * 72}\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What came of asking."""

    #: Whose mails a server has taken; empty: the edition does not wait for a review any more.
    operators: tuple[str, ...] = ()
    #: Why the others did not get theirs, as in ``ada@news.example: 550 no such user``.
    troubles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """An edition, and the letter of it that most readers get."""

    review: Review
    letter: Letter


async def ask_now(house: House, edition: int) -> Asked:
    """`ask`, with a connection of its own."""
    async with house.posting() as post:
        return await ask(house, post, edition)


async def ask(house: House, post: deliver.Post, edition: int) -> Asked:
    """Sends an edition that waits for its review to the operators, and writes down that they have been asked.

    Raises RelayError where not one mail was taken, and then nothing is written down; UsageError where there are no
    operators; TemplateError.
    """
    case = await house.database.run(_case, edition)
    if case is None:
        return Asked()
    operators = house.settings.mail.operators
    if not operators:
        raise UsageError(f"edition {edition} waits for a review, and mail.operators names nobody who could do it")
    prepared = await asyncio.to_thread(_prepared, house, post.sender, case)
    asked = await _send(post, prepared, case, operators)
    if not asked.operators:
        raise RelayError("; ".join(asked.troubles))
    await house.database.run(reviewing.asked, edition, house.clock())
    return asked


class Reviews:
    """Asks for the reviews that are due; one of these in each process."""

    def __init__(self, house: House, post: deliver.Post) -> None:
        self._house, self._post = house, post
        #: For each newsletter the editions that nobody could be asked about: until when they wait, and how long.
        self._resting: dict[str, dict[int, tuple[datetime, timedelta]]] = {}

    async def look(self, newsletter: str, own: Collection[int] = ()) -> None:
        """Asks about the newsletter's editions that wait: `own`, which this process has just frozen, and older ones."""
        house = self._house
        before = house.clock() - _OTHERS_AFTER
        others = await house.database.run(reviewing.waiting_to_be_asked, newsletter, before)
        known = self._resting.get(newsletter, {})
        resting = self._resting[newsletter] = {each: known[each] for each in others if each in known}
        for edition in dict.fromkeys([*own, *others]):
            until, rest = resting.get(edition, (None, _REST))
            if until and house.clock() < until:
                continue
            if await self._ask(edition, rest):
                resting.pop(edition, None)
            else:
                resting[edition] = (house.clock() + rest, min(2 * rest, _LONGEST_REST))

    async def _ask(self, edition: int, rest: timedelta) -> bool:
        try:
            asked = await ask(self._house, self._post, edition)
        except DigestError as error:
            log.warning("edition %d: nobody could be asked to review it, again in %s: %s", edition, rest, error)
            return False
        for trouble in asked.troubles:
            log.warning("edition %d: not sent to be reviewed to %s", edition, trouble)
        if asked.operators:
            log.info("edition %d is sent to be reviewed to %s", edition, ", ".join(asked.operators))
        return True


def _case(connection: Connection, edition: int) -> _Case | None:
    """None where there is nothing to decide (any more)."""
    review = reviewing.find(connection, edition)
    if review is None or not (review.waits and review.readers and review.letters):
        return None
    letter = letters.by_nonce(connection, review.letters[0].nonce)
    return _Case(review=review, letter=letter) if letter else None


async def _send(post: deliver.Post, prepared: Prepared, case: _Case, operators: Collection[str]) -> Asked:
    taken, troubles = [], []
    for place, address in enumerate(operators):
        personal = _personal(post.sender, case, address, place)
        try:
            outcome = await post.mailer.send(post.sender.return_path, address, prepared.message(personal))
        except RelayError as error:
            troubles.append(f"{address}: {error}")
            continue
        if isinstance(outcome, Accepted):
            taken.append(address)
        else:
            troubles.append(f"{address}: {said(outcome) or 'the server did not take it'}")
    return Asked(operators=tuple(taken), troubles=tuple(troubles))


def _personal(sender: Sender, case: _Case, address: str, place: int) -> Personal:
    personal = sender.personal(case.letter, 0, _NOBODY, Mailbox(address=address))
    domain = sender.mailbox.address.rpartition("@")[2]
    return replace(personal, message_id=message_identity(f"{case.letter.nonce}:review", place, domain))


def _prepared(house: House, sender: Sender, case: _Case) -> Prepared:
    edition = case.review.edition
    newsletter = house.newsletter(edition.newsletter)
    envelope = sender.envelope(newsletter.name, newsletter.title, edition.frozen_at, test=True)
    # The letter as it is sent, without what we put on top of it.
    plain = prepare(case.letter, envelope).message(_personal(sender, case, sender.mailbox.address, 0))
    report = lint_message(house, newsletter, plain, at=edition.slot)
    errors = sum(finding.severity is Severity.ERROR for finding in report.findings)
    return prepare(_topped(case.letter, _notice(house, sender, case, errors)), envelope)


def _notice(house: House, sender: Sender, case: _Case, errors: int) -> Notice:
    """What we say above the letter; `errors`: so many the lint has found."""
    review, edition = case.review, case.review.edition
    token = sender.signer.sign(Purpose.RELEASE, *review.link)
    known = {
        "newsletter": house.newsletter(edition.newsletter).title,
        "number": edition.number,
        "slot": _moment(house, edition.slot),
        "title": case.letter.subject,
        "readers": review.readers,
        "letters": len(review.letters),
        "leaves_at": _moment(house, review.release_at) if review.release_at else "",
        "held": review.held,
        "errors": errors,
        "release_url": f"{house.site.url}/release/{token}",
    }
    return house.renderer.notice("review", house.site, known)


def _moment(house: House, instant: datetime) -> str:
    there = instant.astimezone(house.zone)
    return f"{Language.of(house.site.language).short_date(there.date())}, {there:%H:%M}"


def _topped(letter: Letter, notice: Notice) -> Letter:
    """`letter` with `notice` above it, in both parts."""
    opens = _BODY.search(letter.html)
    place = opens.end() if opens else 0
    return replace(
        letter,
        subject=notice.subject,
        html=f"{letter.html[:place]}\n{_content(notice.html)}\n{letter.html[place:].lstrip()}",
        text=f"{notice.text.rstrip()}\n{_PARTING}{letter.text}",
    )


def _content(html: str) -> str:
    """What stands in the body of a document."""
    opens = _BODY.search(html)
    content = html[opens.end() :] if opens else html
    return _BODY_ENDS.split(content, maxsplit=1)[0].strip()
