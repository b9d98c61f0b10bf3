"""Where mail that comes back is fetched from: a Maildir, a mailbox on a server."""

import asyncio
import imaplib
import logging
import ssl
from collections.abc import Callable, Iterator
from functools import partial
from mailbox import Maildir, MaildirMessage
from pathlib import Path

from digest.app.house import House
from digest.errors import DigestError
from digest.returned import Returns
from digest.settings.returns import ImapSettings

log = logging.getLogger("digest")

#: Messages that are fetched in one go, and octets of each that are read.
_MOST, _LARGEST = 500, 10_000_000
_TIMEOUT_S = 60.0


class IntakeError(DigestError):
    """Mail that came back could not be fetched."""


def returns(house: House) -> Returns:
    """Raises UsageError where return paths are to be signed and there is no secret."""
    wanted = house.settings.mail.bounces
    return Returns(database=house.database, verp=house.verp, after=wanted.after, within=wanted.within)


async def look(house: House, stop: asyncio.Event) -> None:
    """Looks for mail that came back again and again until `stop` is set; says what cannot be reached and goes on."""
    wanted = house.settings.mail.bounces
    if wanted.maildir is None and wanted.imap is None:
        await stop.wait()
        return
    while not stop.is_set():
        try:
            fates = await asyncio.to_thread(fetch, house)
        except IntakeError as error:
            log.error("bounces: %s", error)  # noqa: TRY400 - the text says it all
        else:
            for fate in fates:
                log.info("bounces: %s", fate)
        try:
            async with asyncio.timeout(wanted.every.total_seconds()):
                await stop.wait()
        except TimeoutError:
            continue


def fetch(house: House) -> list[str]:
    """Takes in what lies there; what became of each, in words. Raises IntakeError."""
    wanted, taken = house.settings.mail.bounces, returns(house)
    fates: list[str] = []
    if wanted.maildir is not None:
        folder = house.path.parent / wanted.maildir
        for raw, done in _of_maildir(folder):
            fates.extend(taken.take(raw, house.clock(), source="maildir"))
            done()
    if wanted.imap is not None:
        for raw, done in _of_imap(wanted.imap):
            fates.extend(taken.take(raw, house.clock(), source="imap"))
            done()
    return fates


#: A message, and what is called when it was taken in: only then it is not looked at again.
Waiting = tuple[bytes, Callable[[], None]]


def _of_maildir(folder: Path) -> Iterator[Waiting]:
    if not (folder / "new").is_dir():
        raise IntakeError(f"{folder} is no Maildir: it has no folder `new`")
    box = Maildir(folder, create=False)
    for key in sorted(box.keys())[: 10 * _MOST]:
        try:
            message = box.get_message(key)
        except (KeyError, OSError):
            continue
        if message.get_subdir() == "new":
            yield message.as_bytes()[:_LARGEST], partial(_seen, box, key, message)


def _seen(box: Maildir, key: str, message: MaildirMessage) -> None:
    message.set_subdir("cur")
    message.add_flag("S")
    box[key] = message


def _of_imap(wanted: ImapSettings) -> Iterator[Waiting]:
    context = ssl.create_default_context()
    try:
        with _connected(wanted, context) as server:
            if wanted.security == "starttls":
                server.starttls(context)
            server.login(wanted.username, wanted.password.get_secret_value())
            if server.select(f'"{wanted.folder}"')[0] != "OK":
                raise IntakeError(f"{wanted.host}: there is no folder {wanted.folder!r}")
            yield from _unseen(server)
    except (imaplib.IMAP4.error, OSError) as error:
        raise IntakeError(f"{wanted.host}: {error}") from error


def _connected(wanted: ImapSettings, context: ssl.SSLContext) -> imaplib.IMAP4:
    if wanted.security == "tls":
        return imaplib.IMAP4_SSL(wanted.host, wanted.port, ssl_context=context, timeout=_TIMEOUT_S)
    return imaplib.IMAP4(wanted.host, wanted.port, timeout=_TIMEOUT_S)


def _unseen(server: imaplib.IMAP4) -> Iterator[Waiting]:
    _status, found = server.uid("SEARCH", "UNSEEN")
    for number in (found[0] or b"").split()[:_MOST]:
        uid = number.decode("ascii", "replace")
        _status, parts = server.uid("FETCH", uid, f"(BODY.PEEK[]<0.{_LARGEST}>)")
        raw = next((part[1] for part in parts if isinstance(part, tuple)), None)
        if isinstance(raw, bytes):
            yield raw, partial(_flagged, server, uid)


def _flagged(server: imaplib.IMAP4, uid: str) -> None:
    server.uid("STORE", uid, "+FLAGS", r"(\Seen)")
