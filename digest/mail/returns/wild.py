"""Bounces of servers that keep to no standard: told by their words, their recipients found where servers write them."""

import re
from email.message import Message

from digest.mail.returns.notices import Kind, Notice
from digest.mail.returns.permanence import enhanced, is_permanent

ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}[A-Za-z0-9]")
#: Characters of the text, and of the evidence for one recipient, that are looked at.
_MOST_TEXT, _MOST_EVIDENCE = 20_000, 2_000
_SENDERS = re.compile(
    r"mailer.?daemon|postmaster|mail deliver\w* (?:sub)?system|mail delivery|\bmdaemon|^\s*<>\s*$", re.IGNORECASE
)
_SUBJECTS = re.compile(
    r"undeliver|delivery (?:status|failure|problem|report|error)|(?:mail|message) delivery (?:failed|failure"
    r"|problem|status)|delivery .{0,20}fail"
    r"|failure notice|failed (?:mail|delivery)|returned mail|returning message|non.?deliver|unzustellbar"
    r"|nicht zustellbar|error sending your mail"
    r"|could not (?:be )?deliver|mail (?:system )?error|delivery status notification|unable to deliver"
    r"|user unknown|^\s*bounce\b|loop alert",
    re.IGNORECASE,
)
_COPY = re.compile(
    r"^[ \t]*(?:[-=_*]{2,}[^\n]{0,80}(?:copy|original|header|unsent|enclosed|returned message|message follows"
    r"|message body|message text)[^\n]*"
    r"|(?:included is|below is|below this line|message headers? follow|the header of the original"
    r"|original (?:message|mail)"
    r"|the attachment contains|return-path:|received: ?(?:from|by|\())[^\n]*)$",
    re.IGNORECASE | re.MULTILINE,
)
_LINE = re.compile(
    rf"^[ \t*>-]*(?:to:?[ \t]+|recipient:?[ \t]+|rcpt to:[ \t]*"
    rf"|[\w ]{{0,60}}address(?:es)?:[ \t]*)?[<\"'(]?(?P<a>{ADDRESS.pattern})",
    re.IGNORECASE | re.MULTILINE,
)
_INLINE = re.compile(
    rf"(?:rcpt to:|mail to|deliver\w*[^\n]{{0,30}} to|recipients?(?: returned[^\n:]{{0,30}})?:?"
    rf"|following address(?:es)?:?|message for|for user)"
    rf"\s*[<\"']?(?P<a>{ADDRESS.pattern})",
    re.IGNORECASE,
)
_ANYWHERE = re.compile(rf"(?P<a>{ADDRESS.pattern})")


def is_bounce(message: Message, text: str) -> bool:
    """Whether a server wrote it because it could not deliver."""
    if "X-Failed-Recipients" in message:
        return True
    about = bool(_SUBJECTS.search(str(message.get("Subject", ""))))
    own = bool(_SENDERS.search(str(message.get("From", ""))))
    if own:
        return about or not str(message.get("Auto-Submitted", "")).startswith("auto-replied")
    if str(message.get("Return-Path", "")).strip() == "<>":
        return about or bool(_SUBJECTS.search(text[:_MOST_EVIDENCE]))
    return about and bool(_COPY.search(text[:_MOST_TEXT]))


def before_copy(text: str) -> str:
    """What a server says before it shows the message."""
    text = text[:_MOST_TEXT]
    found = _COPY.search(text, 1)
    return text[: found.start()] if found else text


def bounces(text: str, failed: str, own: set[str], to: str) -> tuple[Notice, ...]:
    """`failed`: what X-Failed-Recipients says; `own`: who wrote it and to whom; `to`: whom the message was for."""
    said = before_copy(text)
    places = _places(said, own)
    named = list(dict.fromkeys(match[0].lower() for match in ADDRESS.finditer(failed)))
    if named:
        places = {who: place for who, place in places.items() if who in named} or dict.fromkeys(named, 0)
    if not places:
        found = ADDRESS.search(to)
        # Whose it is may be told by where it came to.
        places = {found[0].lower() if found else "": 0}
    order = sorted(places.items(), key=lambda item: item[1])
    ends = [place for _, place in order[1:]] + [len(said)]
    notices = []
    for (who, start), end in zip(order, ends, strict=True):
        # What stands before the first address may hold the reason, too.
        evidence = said[start:end] if len(order) > 1 else said
        notices.append(_judged(who, evidence[-_MOST_EVIDENCE:] if len(order) == 1 else evidence[:_MOST_EVIDENCE]))
    return tuple(notices)


def _judged(recipient: str, evidence: str) -> Notice:
    words = evidence.replace(recipient, " ") if recipient else evidence
    code = enhanced(words)
    permanent = is_permanent(code, words)
    return Notice(kind=Kind.BOUNCE, recipient=recipient, permanent=permanent, code=code, reason=words)


def _places(said: str, own: set[str]) -> dict[str, int]:
    """Where each recipient is named first; lines that begin with an address tell more than an address in a sentence."""
    # Who writes to themselves is both.
    for pattern, but in ((_LINE, own), (_INLINE, own), (_ANYWHERE, own), (_LINE, set())):
        found = {match["a"].lower().strip("."): match.start() for match in reversed(list(pattern.finditer(said)))}
        places = {who: place for who, place in found.items() if who not in but and not _SENDERS.search(who)}
        if places:
            return places
    return {}
