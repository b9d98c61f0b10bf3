"""Reads the headers of a letter as people read them, whatever they hold."""

from email.errors import HeaderParseError, MessageError
from email.header import decode_header, make_header
from email.message import EmailMessage


def values(message: EmailMessage, name: str) -> list[str]:
    """What each header `name` says, decoded and in one line; of one that cannot be decoded, as it stands.

    The policy's own header objects are not used: they raise for some of what strangers write.
    """
    wanted = name.lower()
    return [_decoded(str(raw)) for key, raw in message.raw_items() if key.lower() == wanted]


def value(message: EmailMessage, name: str) -> str:
    """What the first header `name` says; empty: there is none."""
    return next(iter(values(message, name)), "")


def _decoded(raw: str) -> str:
    line = " ".join(raw.encode("utf-8", "replace").decode().split())
    if "=?" not in line:
        return line
    try:
        return " ".join(str(make_header(decode_header(line))).split())
    except (HeaderParseError, MessageError, LookupError, ValueError):
        return line
