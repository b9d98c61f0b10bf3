"""Reads a message that came back. It is hostile: nothing raises, and no more than so much of it is looked at."""

import email
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from email.errors import MessageError
from email.message import Message
from email.utils import getaddresses

from digest.mail.returns import wild
from digest.mail.returns.notices import Kind, Notice
from digest.mail.returns.permanence import enhanced, is_permanent
from digest.mail.returns.providers import ses
from digest.mail.returns.verp import Verp

#: Octets of a message, and parts of it, that are looked at.
_MOST_OCTETS, _MOST_PARTS = 1 << 20, 60
_MOST_RECIPIENTS = 50
_REASON = 300
#: Octets of a text, and characters of a field, that are looked at.
_MOST_TEXT, _FIELD = 100_000, 4_000
_CHARSET = re.compile(
    r"utf-8|us-ascii|ascii|iso-8859-(?:[1-9]|1[0-6])|windows-125[0-8]|koi8-[ru]|iso-2022-jp|shift_jis|euc-(?:jp"
    r"|kr)|gb(?:2312|k|18030)|big5"
)
_AUTOMATIC = re.compile(
    r"^\W*(?:auto(?:matic|mated)?[ -]?(?:reply|response|antwort)|out of (?:the )?office|away\b|vacation|abwesen"
    r"|r[ée]ponse automatique"
    r"|absen[tc]|respuesta autom|risposta automatica|автоответ)",
    re.IGNORECASE,
)
_LEAVE = re.compile(
    r"^\W*(?:please )?(?:unsubscribe|stop|remove me|take me off|opt[ -]?out|abmelden|abbestellen|d[ée]sabonner"
    r"|d[ée]sinscri\w+|cancelar|baja|отписаться)\b",
    re.IGNORECASE,
)
_STATUS = re.compile(r"^final-recipient:.{0,200}\n(?:.{0,500}\n){0,5}?(?:action|status):", re.IGNORECASE | re.MULTILINE)
_COMPLAINT_OF_NONE = frozenset({"not-spam", "auth-failure", "dmarc"})


def read(raw: bytes, verp: Verp | None = None, sent_to: Sequence[str] = ()) -> tuple[Notice, ...]:
    """The notices in `raw`, a message as it was received; one of kind OTHER where it says nothing to us.

    `sent_to`: to whom it was sent by its envelope. With `verp` the delivery is told by that, or by what the message
    says of it.
    """
    try:
        return _read(raw, verp, sent_to)
    except (ValueError, LookupError, RecursionError, MessageError):
        # The parser of the standard library gives up on what is made to hurt it; nobody is hurt by leaving it.
        return (Notice(kind=Kind.OTHER, reason="it cannot be read"),)


def _read(raw: bytes, verp: Verp | None, sent_to: Sequence[str]) -> tuple[Notice, ...]:
    message = email.message_from_bytes(raw[:_MOST_OCTETS])
    parts = _parts(message)
    found = _complaints(parts) or _reports(parts) or _wild(message, parts) or (_answer(message, parts),)
    delivery = _delivery(message, parts, verp, sent_to)
    identity = _original(parts, "message-id").strip("<> ")
    return tuple(_with(each, delivery if len(found) == 1 else None, identity) for each in found[:_MOST_RECIPIENTS])


def _with(notice: Notice, delivery: int | None, identity: str) -> Notice:
    reason = " ".join(notice.reason.split())[:_REASON]
    return replace(notice, delivery=delivery, reason=reason, message_id=identity or notice.message_id)


def _parts(message: Message) -> list[Message]:
    parts: list[Message] = []
    for part in _walked(message):
        parts.append(part)
        if len(parts) >= _MOST_PARTS:
            break
    return parts


def _walked(message: Message) -> Iterator[Message]:
    """As `Message.walk`, without recursion: nesting is the sender's choice."""
    waiting = [message]
    while waiting:
        part = waiting.pop()
        yield part
        inner = part.get_payload()
        if isinstance(inner, list):
            waiting.extend(each for each in reversed(inner) if isinstance(each, Message))


def _delivery(message: Message, parts: Sequence[Message], verp: Verp | None, sent_to: Sequence[str]) -> int | None:
    if verp is None:
        return None
    named = [str(value) for name in ("Delivered-To", "X-Original-To", "To") for value in message.get_all(name, [])]
    # A complaint goes to another address, and shows the message with its return path.
    shown = [_original(parts, "return-path"), _original(parts, "original-mail-from")]
    for _name, address in getaddresses([*sent_to, *named, *shown]):
        number = verp.delivery_of(address)
        if number is not None:
            return number
    return None


def _complaints(parts: Sequence[Message]) -> tuple[Notice, ...]:
    """Abuse reports (RFC 5965)."""
    report = next((part for part in parts if part.get_content_type() == "message/feedback-report"), None)
    if report is None:
        return _microsoft(parts)
    fields = next(iter(_blocks(report)), {})
    if fields.get("feedback-type", "abuse").lower() in _COMPLAINT_OF_NONE:
        return ()
    who = fields.get("original-rcpt-to") or fields.get("removal-recipient") or _original(parts, "to")
    reason = f"complaint: {fields.get('feedback-type', 'abuse')} by {fields.get('user-agent', 'an unnamed reporter')}"
    return (Notice(kind=Kind.COMPLAINT, recipient=_address(who), permanent=False, reason=reason),)


def _microsoft(parts: Sequence[Message]) -> tuple[Notice, ...]:
    """Outlook's junk mail reports, which have no form but a field of the message that they enclose."""
    who = _original(parts, "x-hmxmroriginalrecipient")
    return (Notice(kind=Kind.COMPLAINT, recipient=_address(who), reason="complaint: Outlook"),) if who else ()


def _reports(parts: Sequence[Message]) -> tuple[Notice, ...]:
    """Delivery status notifications (RFC 3464)."""
    status = next((part for part in parts if part.get_content_type() == "message/delivery-status"), None)
    if status is None:
        # Some write the parts themselves, and not well.
        status = next((part for part in parts if not part.is_multipart() and _STATUS.search(_text(part))), None)
    if status is None:
        return ()
    blocks = [block for block in _blocks(status) if "final-recipient" in block or "original-recipient" in block]
    words = " ".join(_text(part) for part in parts[:3] if part.get_content_type() == "text/plain")
    words = wild.before_copy(words)
    found = [_bounced(block, words if len(blocks) == 1 else "") for block in blocks]
    failed = [each for each in found if each is not None]
    if len(failed) == 1 and not failed[0].recipient:
        named = wild.bounces(words, "", set(), _original(parts, "to"))
        failed = [replace(failed[0], recipient=named[0].recipient)] if named else failed
    return tuple(failed) or (Notice(kind=Kind.OTHER),) * bool(blocks)


def _bounced(block: dict[str, str], words: str) -> Notice | None:
    """None for what is no failure: delivered, relayed, expanded (RFC 3464 2.3.3)."""
    action = (block.get("action", "").lower().split() or ["failed"])[0]
    if action in ("delivered", "relayed", "expanded") or block.get("status", "").startswith("2"):
        return None
    found = re.search(r"[245]\.\d{1,3}\.\d{1,3}", block.get("status", ""))
    status = found[0] if found else ""
    said = block.get("diagnostic-code", "")
    if status.endswith(".0.0") or not status:
        status = enhanced(said) or status
    recipient = _address(block.get("final-recipient", "")) or _address(block.get("original-recipient", ""))
    delayed = action == "delayed"
    permanent = not delayed and is_permanent(status, said or words)
    kind = Kind.DELAY if delayed else Kind.BOUNCE
    return Notice(kind=kind, recipient=recipient, permanent=permanent, code=status, reason=said or words)


def _wild(message: Message, parts: Sequence[Message]) -> tuple[Notice, ...]:
    text = next(
        (_text(part) for part in parts if part.get_content_type().startswith("text/") and _text(part).strip()), ""
    )
    if text.lstrip().startswith('{"'):
        try:
            return ses(json.JSONDecoder().raw_decode(text.lstrip())[0])
        except (ValueError, RecursionError):
            return ()
    if not wild.is_bounce(message, text):
        return ()
    own = {address.lower() for _, address in getaddresses([str(message.get("To", "")), str(message.get("From", ""))])}
    return wild.bounces(text, str(message.get("X-Failed-Recipients", "")), own, _original(parts, "to"))


def _answer(message: Message, parts: Sequence[Message]) -> Notice:
    sender = _address(str(message.get("From", "")))
    subject = str(message.get("Subject", ""))
    automatic = str(message.get("Auto-Submitted", "no")).lower() != "no" or any(
        name in message for name in ("X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress", "List-Id")
    )
    if automatic or str(message.get("Precedence", "")).lower() in {"auto_reply", "bulk", "junk", "list"}:
        return Notice(kind=Kind.AUTO_REPLY, recipient=sender)
    if _AUTOMATIC.match(subject):
        return Notice(kind=Kind.AUTO_REPLY, recipient=sender)
    body = next((_text(part) for part in parts if part.get_content_type() == "text/plain"), "")
    if _LEAVE.match(subject) or _LEAVE.match(body[:200]):
        return Notice(kind=Kind.LEAVE, recipient=sender, reason=subject or body[:_REASON])
    return Notice(kind=Kind.OTHER, recipient=sender)


def _original(parts: Sequence[Message], name: str) -> str:
    """A field of the message that came back, as a part of its own or as text."""
    for part in parts[1:]:
        if part.get_content_type() == "message/rfc822":
            inner = part.get_payload()
            if isinstance(inner, list) and inner and isinstance(inner[0], Message):
                return str(inner[0].get(name, ""))
    pattern = re.compile(rf"^[ \t>]*{name}:[ \t]*(.{{1,998}})$", re.IGNORECASE | re.MULTILINE)
    for part in parts:
        if not part.is_multipart():
            text = _text(part)
            copy = text[len(wild.before_copy(text)) :] if part.get_content_type() == "text/plain" else text
            if found := pattern.search(copy):
                return found[1].strip()
    return ""


def _blocks(part: Message) -> list[dict[str, str]]:
    """The fields of each block of a delivery status, of which the parser makes messages."""
    payload = part.get_payload()
    if not isinstance(payload, list):
        return _fields(_text(part))
    return [_named(each) for each in payload[: 4 * _MOST_RECIPIENTS] if isinstance(each, Message)]


def _named(message: Message) -> dict[str, str]:
    # The raw values: to unfold long ones the way the library does takes the square of their length.
    return {name.lower(): " ".join(str(value)[:_FIELD].split()) for name, value in message.raw_items()}


def _fields(text: str) -> list[dict[str, str]]:
    """Blocks of fields, with empty lines between them."""
    blocks = re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n").strip())
    return [_named(email.message_from_string(block[:_MOST_TEXT])) for block in blocks[: 4 * _MOST_RECIPIENTS]]


def _text(part: Message) -> str:
    """The text of a part, of as much of it as is looked at; of a part with parts none."""
    if part.is_multipart():
        return ""
    octets = part.get_payload(decode=True)
    if not isinstance(octets, bytes):
        return ""
    charset = str(part.get_content_charset("utf-8")).lower()
    # Others are no charset of mail, or take the square of the length.
    return octets[:_MOST_TEXT].decode(charset if _CHARSET.fullmatch(charset) else "utf-8", "replace")


def _address(field: str) -> str:
    """The address in ``rfc822; <ada@example.org>`` or in a header."""
    text = field.rpartition(";")[2].strip()
    found = wild.ADDRESS.search(text)
    return found[0].strip(".") if found else ""
