"""The mailbox that trial mails go to: a Maildir, or a folder on an IMAP server."""

import asyncio
import imaplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from mailbox import Maildir
from pathlib import Path
from time import monotonic
from urllib.parse import unquote, urlsplit

from digest.errors import DigestError, UsageError

#: The newest so many are looked at.
_MOST = 30
_TIMEOUT_S = 20.0
#: Seconds between two looks.
_EVERY = 0.5


class InboxError(DigestError):
    """The mailbox cannot be read."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail as it arrived."""

    raw: bytes
    message: EmailMessage


#: Gives the newest mails, as octets. Raises InboxError.
Inbox = Callable[[], list[bytes]]


def inbox_at(where: str, password: str, context: ssl.SSLContext) -> Inbox:
    """`where` is the folder of a Maildir, or imaps://USER@HOST[:PORT][/FOLDER]. Raises UsageError."""
    if "://" not in where:
        return lambda: _of_maildir(Path(where))
    parts = urlsplit(where)
    if parts.scheme != "imaps" or not parts.hostname or not parts.username:
        raise UsageError(f"--inbox: neither a Maildir nor imaps://USER@HOST/FOLDER: {where}")
    if not password:
        raise UsageError("--inbox: set DIGEST_PROBE_PASSWORD in the environment to the mailbox's password")
    return lambda: _of_imap(where, password, context)


async def awaited(
    inbox: Inbox, is_it: Callable[[EmailMessage], bool], known: frozenset[bytes], patience: float
) -> Letter | None:
    """The first mail that is it and none of `known`; None: it has not come in so many seconds. Raises InboxError."""
    end, seen = monotonic() + patience, set(known)
    while True:
        for raw in await asyncio.to_thread(inbox):
            if raw in seen:
                continue
            seen.add(raw)
            message = message_from_bytes(raw, policy=policy.default)
            if is_it(message):
                return Letter(raw, message)
        if monotonic() >= end:
            return None
        await asyncio.sleep(_EVERY)


def _of_maildir(folder: Path) -> list[bytes]:
    if not (folder / "new").is_dir():
        raise InboxError(f"{folder} is no Maildir: it has no folder `new`")
    box = Maildir(folder, create=False)
    newest = sorted(box.keys(), key=lambda key: box.get_message(key).get_date())[-_MOST:]
    return [box.get_bytes(key) for key in newest]


def _of_imap(where: str, password: str, context: ssl.SSLContext) -> list[bytes]:
    parts = urlsplit(where)
    folder = unquote(parts.path.strip("/")) or "INBOX"
    try:
        with imaplib.IMAP4_SSL(
            parts.hostname or "", parts.port or 993, ssl_context=context, timeout=_TIMEOUT_S
        ) as server:
            server.login(unquote(parts.username or ""), password)
            if server.select(f'"{folder}"', readonly=True)[0] != "OK":
                raise InboxError(f"{parts.hostname}: there is no folder {folder!r}")
            _status, found = server.uid("SEARCH", "ALL")
            return [_fetched(server, uid.decode("ascii")) for uid in (found[0] or b"").split()[-_MOST:]]
    except (imaplib.IMAP4.error, OSError) as error:
        raise InboxError(f"{parts.hostname}: {error}") from error


def _fetched(server: imaplib.IMAP4, uid: str) -> bytes:
    _status, found = server.uid("FETCH", uid, "(BODY.PEEK[])")
    return next((part[1] for part in found if isinstance(part, tuple) and isinstance(part[1], bytes)), b"")
