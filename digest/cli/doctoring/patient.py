"""The whole way of one reader, walked with a mailbox of the operator's: asked, confirmed, written to, left, bounced."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from time import monotonic

from digest.app import returning
from digest.app.enrol import Via, enrol, normalized
from digest.app.foretell import foretell
from digest.app.house import House
from digest.app.sample_letter import sample
from digest.cli.dns import Ask
from digest.cli.doctoring import arrived
from digest.cli.doctoring.bounce import report
from digest.cli.doctoring.inbox import Inbox, Letter, awaited
from digest.cli.doctoring.wire import Answer, Unreachable, ask
from digest.cli.findings import Finding, note, right, wrong
from digest.errors import DigestError, RelayError, UsageError
from digest.mail.compose import prepare
from digest.mail.mailer import Mailer
from digest.mail.outcome import said
from digest.model import Accepted, Mailbox, Newsletter, SubscriptionState, SuppressionReason
from digest.store import Connection, subscribers, suppressions
from digest.store.subscribers import Choices, Reader

_ONE_CLICK = b"List-Unsubscribe=One-Click"
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_EVERY = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """Who plays the reader."""

    newsletter: Newsletter
    address: str
    inbox: Inbox
    #: Seconds that a mail may take.
    patience: float
    context: ssl.SSLContext
    asking: Ask


class Stop(DigestError):
    """What comes next cannot be tried. It has been said why."""


class Patient:
    """Walks the way step by step; each says what it has proved."""

    def __init__(self, house: House, probe: Probe) -> None:
        """Raises UsageError for an address that is none, or somebody's."""
        self._house, self._probe = house, probe
        self._address = normalized(probe.address)
        self._site = house.site.url
        self._known: frozenset[bytes] = frozenset()
        reader = house.database.call(self._reader)
        if reader and reader.subscription.state is SubscriptionState.ACTIVE:
            raise UsageError(
                f"--probe: {self._address} reads {probe.newsletter.name}, and would leave it: give an address that is "
                "nobody's, as with +doctor before the at sign"
            )
        if house.database.call(suppressions.find, self._address):
            raise UsageError(f"--probe: {self._address} is suppressed: `digest suppressions remove` lifts it")

    async def walk(self) -> AsyncIterator[Finding]:
        """Ends early where a step cannot be taken. Raises InboxError."""
        # An earlier trial may have left mails there.
        self._known = frozenset(await asyncio.to_thread(self._probe.inbox))
        for step in (self._confirm, self._read, self._leave, self._bounce):
            try:
                async for finding in step():
                    yield finding
            except Stop:
                break
            except (Unreachable, RelayError) as error:
                yield wrong("mail server" if isinstance(error, RelayError) else "pages", str(error))
                break
        await self._house.database.run(self._give_up)

    async def _confirm(self) -> AsyncIterator[Finding]:
        wish = (self._house, self._address, self._probe.newsletter, Choices())
        enrolled = await enrol(*wish, via=Via("doctor"))
        if enrolled.trouble:
            yield wrong("request to confirm", f"the mail server does not take it: {enrolled.trouble}")
            raise Stop("")
        start = f"{self._site}/confirm/"
        letter = await self._awaited(lambda mail: self._is_ours(mail) and any(_from(start, mail)))
        if letter is None:
            yield self._lost("request to confirm")
            raise Stop("")
        yield right("request to confirm", "was sent, and has arrived")
        link = next(_from(start, letter.message))
        async for finding in self._scan([link], "request to confirm"):
            yield finding
        answer = await self._post(link, b"", {"Origin": self._site, **_FORM})
        reader = await self._house.database.run(self._reader)
        if not answer.is_good or reader is None or reader.subscription.state is not SubscriptionState.ACTIVE:
            yield wrong("confirming", f"POST to {_short(link)}: {answer}, and the reader is not active{_ELSEWHERE}")
            raise Stop("")
        yield right("confirming", "the button on the page makes the reader active")

    async def _read(self) -> AsyncIterator[Finding]:
        identity, subject = await self._send_letter()
        letter = await self._awaited(lambda mail: str(mail["Message-ID"]).strip(" <>") == identity.strip("<>"))
        if letter is None:
            changed = await self._awaited(
                lambda mail: self._is_ours(mail) and str(mail["Subject"]) == subject, patience=0
            )
            if changed is None:
                yield self._lost("letter")
            else:
                other = changed.message["Message-ID"]
                yield wrong(
                    "letter", f"arrived with another Message-ID, {other}: nobody could tell a retry from a second"
                )
            raise Stop("")
        self._letter = letter
        yield right("letter", "was sent, and has arrived")
        for finding in await arrived.authenticity(letter, self._probe.asking):
            yield finding
        # Nobody else gets this letter, so it is not kept to be read on a page.
        kept = f"{self._site}/read/"
        own = [link for link in _from(f"{self._site}/", letter.message) if not link.startswith(kept)]
        async for finding in self._scan(own, "letter"):
            yield finding

    async def _leave(self) -> AsyncIterator[Finding]:
        message = self._letter.message
        where, how = str(message.get("List-Unsubscribe", "")), str(message.get("List-Unsubscribe-Post", ""))
        url = next((each.strip(" <>") for each in where.split(",") if "https://" in each), "")
        if not where:
            is_plain = self._site.startswith("http:")
            why = "site.url is http, and must be https" if is_plain else "a server on the way took it out"
            yield wrong("List-Unsubscribe", f"the mail has none (RFC 2369): {why}")
        elif not url:
            yield wrong("List-Unsubscribe", f"has no https address: {where}")
        elif "one-click" not in how.lower():
            yield wrong("List-Unsubscribe-Post", "is missing: mail programs show no button (RFC 8058 3.1)")
        if not url or "one-click" not in how.lower():
            raise Stop("")
        answer = await self._post(url, _ONE_CLICK, _FORM)
        reader = await self._house.database.run(self._reader)
        if answer.location:
            yield wrong("one-click departure", f"is answered by a redirect, which RFC 8058 3.1 forbids: {answer}")
        elif not answer.is_good:
            yield wrong("one-click departure", f"POST to {_short(url)} is answered by {answer}")
        elif reader is None or reader.subscription.state is not SubscriptionState.LEFT:
            yield wrong("one-click departure", f"is answered by {answer}, and the reader has not left{_ELSEWHERE}")
        else:
            yield right("one-click departure", "one POST, as mail programs send it, and the reader has left")

    async def _bounce(self) -> AsyncIterator[Finding]:
        wanted = self._house.settings.mail.bounces
        listens = wanted.listen is not None
        if not (wanted.maildir or wanted.imap or listens):
            yield note("bounces", "were not tried: nothing reads what comes back; set mail.bounces")
            return
        path = self._return_path()
        async with Mailer(*self._house.relays()) as mailer:
            outcome = await mailer.send("", path, report(path, self._address, self._letter.message))
        if not isinstance(outcome, Accepted):
            yield wrong("bounces", f"the mail server does not take mail to the return path: {said(outcome)}")
            return
        end = monotonic() + self._probe.patience
        while True:
            try:
                await asyncio.to_thread(returning.fetch, self._house)
            except returning.IntakeError as error:
                yield wrong("bounces", f"what comes back cannot be read: {error}")
                return
            found = await self._house.database.run(suppressions.find, self._address)
            if found:
                break
            if monotonic() >= end:
                text = f"a report to {_masked(path)} has not come back within {self._probe.patience:.0f} seconds"
                yield wrong("bounces", f"{text}: see mail.return_path")
                return
            await asyncio.sleep(_EVERY)
        if found.reason is not SuppressionReason.BOUNCE:
            yield wrong("bounces", f"the report was taken for a {found.reason}")
            return
        yield right("bounces", "a report that the mailbox is no more has come back, and the address is suppressed")
        await self._house.database.run(suppressions.remove, self._address)

    # helpers

    async def _scan(self, links: list[str], what: str) -> AsyncIterator[Finding]:
        """Opens links as security scanners do, and sees that nothing has happened."""
        before, refused = await self._house.database.run(self._all_of_it), list[str]()
        for link in links:
            for method in ("HEAD", "GET"):
                answer = await ask(method, link, self._probe.context)
                if answer.status >= 400:
                    refused.append(f"{method} {_short(link)}: {answer}")
        if refused:
            yield wrong(f"links of the {what}", "; ".join(refused[:3]))
        if await self._house.database.run(self._all_of_it) != before:
            yield wrong(f"links of the {what}", "opening them has changed something: scanners would, too")
            raise Stop("")
        if not refused:
            yield right(f"links of the {what}", f"{len(links)} opened by GET and HEAD, and nothing has changed")

    async def _send_letter(self) -> tuple[str, str]:
        """Its Message-ID and subject."""
        house, newsletter = self._house, self._probe.newsletter
        reader = await house.database.run(self._reader)
        if reader is None:
            raise Stop("")
        foretold = await foretell(house, newsletter, reader=self._address)
        letter, sender = foretold.letter or sample(house, newsletter), house.sender()
        to = Mailbox(address=self._address)
        personal = sender.personal(letter, 0, reader.subscription.id, to)
        prepared = prepare(letter, sender.envelope(newsletter.name, newsletter.title, house.clock()))
        async with Mailer(*house.relays()) as mailer:
            outcome = await mailer.send(self._return_path(), self._address, prepared.message(personal))
        if not isinstance(outcome, Accepted):
            raise RelayError(f"it does not take the letter: {said(outcome)}")
        return personal.message_id, letter.subject

    def _return_path(self) -> str:
        sender = self._house.sender()
        reader = self._house.database.call(self._reader)
        if sender.verp and reader:
            return sender.verp.address_of_subscription(reader.subscription.id)
        return sender.return_path

    async def _awaited(self, is_it: Callable[[EmailMessage], bool], patience: float | None = None) -> Letter | None:
        wait = self._probe.patience if patience is None else patience
        return await awaited(self._probe.inbox, is_it, self._known, wait)

    def _is_ours(self, mail: EmailMessage) -> bool:
        return self._address.lower() in str(mail["To"]).lower()

    def _lost(self, what: str) -> Finding:
        text = f"the mail server has taken it, but it is not in the mailbox after {self._probe.patience:.0f} seconds"
        return wrong(what, f"{text}: see its log, and the folder for spam")

    async def _post(self, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        return await ask("POST", url, self._probe.context, body, headers)

    def _reader(self, connection: Connection) -> Reader | None:
        found = subscribers.by_address(connection, self._address)
        return next((it for it in found if it.subscription.newsletter == self._probe.newsletter.name), None)

    def _all_of_it(self, connection: Connection) -> object:
        return subscribers.by_address(connection, self._address), suppressions.everything(connection)

    def _give_up(self, connection: Connection) -> None:
        """Whatever has failed, the trial's address is no reader afterwards."""
        reader = self._reader(connection)
        if reader:
            subscribers.leave(connection, reader.subscription.id, self._house.clock(), "doctor")


_ELSEWHERE = "; is it this database that the service at site.url works on?"


def _from(start: str, mail: EmailMessage) -> Iterator[str]:
    """The links of a mail that begin so."""
    return (link for link in arrived.links(mail) if link.startswith(start))


def _short(link: str) -> str:
    """Without the token, which is a reader's key."""
    return link.rpartition("/")[0] + "/..."


def _masked(path: str) -> str:
    local, _, domain = path.rpartition("@")
    return f"{local.partition('+')[0]}+...@{domain}" if "+" in local else path
