"""Writes what was caught into a folder: each mail as it came, and its two parts as files to open."""

from collections.abc import Sequence
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from digest.web.inbox import Caught


def read(mail: Caught) -> EmailMessage:
    """`mail`, parsed."""
    return message_from_bytes(mail.content, policy=default)


def write(mails: Sequence[Caught], folder: Path) -> list[Path]:
    """``<n>-<recipient>.eml``, ``.html`` and ``.txt`` of each in `folder`, which is made; what they are called."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for mail in mails:
        stem = f"{mail.id}-{mail.recipient}"
        parts = {".eml": mail.content, ".html": _part(mail, "html"), ".txt": _part(mail, "plain")}
        for suffix, content in parts.items():
            path = folder / f"{stem}{suffix}"
            path.write_bytes(content)
            written.append(path)
    return written


def _part(mail: Caught, kind: str) -> bytes:
    part = read(mail).get_body((kind,))
    return str(part.get_content()).encode() if part else b""
