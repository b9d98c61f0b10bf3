"""What a server's reply, or its absence, means for a delivery: pure judgement by phase, code and enhanced code."""

import re
from datetime import datetime, timedelta
from enum import StrEnum

from digest.mail.headers import clean
from digest.model import Accepted, Deferred, InDoubt, Outcome, Rejected, Scope


class Phase(StrEnum):
    """Where in a session something happened (RFC 5321 section 3)."""

    CONNECT = "connecting"
    GREETING = "greeting"
    EHLO = "EHLO"
    STARTTLS = "STARTTLS"
    AUTH = "AUTH"
    MAIL = "MAIL FROM"
    RCPT = "RCPT TO"
    DATA = "DATA"
    #: The message is being written; its final dot is not.
    BODY = "the message"
    #: The final dot is written.
    DOT = "the final dot"


#: Before the relay is ready for a message: what fails here is nobody's delivery.
_OPENING = frozenset({Phase.CONNECT, Phase.GREETING, Phase.EHLO, Phase.STARTTLS, Phase.AUTH})
#: RFC 4954 section 6: who we are is the trouble, not what we send.
_SIGN_IN_CODES = frozenset({530, 534, 535, 538})
#: RFC 3463 and its registry: this address is dead, whoever writes to it.
_GONE = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})
_GONE_CODES = frozenset({550, 551, 553})
#: RFC 7504: the domain takes no mail at all.
_NO_MAIL_CODES = frozenset({521, 556})

_ENHANCED = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})(?!\S)")
_TOO_MANY = re.compile(r"too many (?:recipients|rcpt)", re.IGNORECASE)
_NO_VALID_RECIPIENTS = re.compile(r"no valid recipients?", re.IGNORECASE)
_POLICY = re.compile(
    r"\b(?:spam\w*|block(?:ed|list\w*)?|blacklist\w*|policy|policies|spf|dkim|dmarc|reputation|ptr|rdns|reverse dns"
    r"|dnsbl|rbl|spamhaus|banned|unsolicited|access denied|relay(?:ing)? (?:access )?denied|authenticat\w+)\b",
    re.IGNORECASE,
)
#: RFC 3463: not accepting messages now, congestion, and the "security" that large receivers call their limits.
_LOADED = frozenset({"4.3.2", "4.4.5", "4.7.0"})
_TOO_FAST = re.compile(
    r"rate limit|too (?:quickly|fast|many (?:messages|connections))|unusual rate|\bTSS0\d\b|throttl|slow down",
    re.IGNORECASE,
)
#: What relays say when our account has sent what it may for now.
_QUOTA = re.compile(
    r"(?:daily|hourly|monthly|account|sending|message|user)\b.{0,30}?\b(?:quota|limit)s?\b.{0,20}?\b(?:exceeded|reached)"
    r"|(?:exceeded|reached)\b.{0,30}?\b(?:daily|hourly|monthly|sending)\b.{0,20}?\b(?:quota|limit)"
    r"|maximum (?:sending rate|credits?) exceeded|out of credit",
    re.IGNORECASE,
)
_THING = r"(?:user|recipient|mailbox|address|account|addressee)"
_NO_SUCH_USER = re.compile(
    rf"\b(?:no such {_THING}|no such person|no {_THING} (?:here )?(?:by|with) that name|(?:unknown|invalid) {_THING}"
    rf"|{_THING}(?: is)? (?:unknown|not found|not known|invalid)"
    rf"|{_THING}\b.{{0,80}}? (?:does ?n[o']t|does not) exist|{_THING} no longer (?:exists|valid)"
    rf"|(?:does ?n[o']t|does not) have an? .{{0,40}}?account)",
    re.IGNORECASE | re.DOTALL,
)
_REPLY_LIMIT = 500

_DELAYS = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 45, 120, 240))
_JITTER = 0.1


def goes_on(phase: Phase, code: int) -> bool:
    """Whether `code` lets the session go on after `phase` (RFC 5321 4.2.1: the first digit decides)."""
    return code // 100 == (3 if phase is Phase.DATA else 2)


def judge(phase: Phase, code: int, text: str) -> Outcome:
    """What the reply `code` `text` to `phase` means for the delivery.

    A code outside 200 to 599, or one that makes no sense in this phase, counts as no reply at all: see `lost`.
    """
    text = _tidy(text)
    if code // 100 not in (4, 5):
        if phase is Phase.DOT and goes_on(phase, code):
            return Accepted(code=code, reply=text)
        return lost(phase, f"the server answered out of turn: {code} {text}")
    enhanced = _enhanced(code, text)
    scope, permanent = _scope(phase, code, enhanced, text)
    if permanent:
        return Rejected(scope=scope, reply=text, code=code, enhanced=enhanced)
    return Deferred(scope=scope, reply=text, code=code, enhanced=enhanced)


def lost(phase: Phase, reason: str) -> Outcome:
    """What a connection lost, timed out or gone mad in `phase` means.

    After the final dot the server may have taken the message (RFC 1047); before it, it has certainly not.
    """
    reply = f"{_tidy(reason)} ({phase})"
    if phase is Phase.DOT:
        return InDoubt(reply=reply)
    return Deferred(scope=Scope.CONNECTION, reply=reply)


def had_gone_stale(phase: Phase, outcome: Outcome) -> bool:
    """Whether a connection that had served before was dead or tired when it was asked again: another will do."""
    if not isinstance(outcome, Deferred) or outcome.scope is not Scope.CONNECTION:
        return False
    return (phase is Phase.MAIL and outcome.code == 421) or (phase in (Phase.MAIL, Phase.RCPT) and outcome.code == 0)


def is_throttle(phase: Phase, outcome: Outcome) -> bool:
    """Whether the relay asks us to come with less at a time: 421, a reply for its load, or no answer in time."""
    if not isinstance(outcome, Deferred) or (phase is Phase.RCPT and outcome.code != 421):
        return False
    if outcome.code == 421 or outcome.enhanced in _LOADED:
        return True
    return outcome.code == 0 and "no answer in time" in outcome.reply


def throttled_domain(phase: Phase, outcome: Outcome) -> bool:
    """Whether it is the recipient's domain that asks us to come more slowly, not this recipient to come later."""
    if not isinstance(outcome, Deferred) or phase not in (Phase.RCPT, Phase.DOT) or outcome.code // 100 != 4:
        return False
    return _TOO_FAST.search(outcome.reply) is not None


def said(outcome: Outcome) -> str:
    """The reply with its code, where it had one."""
    code = "" if isinstance(outcome, InDoubt) or not outcome.code else f"{outcome.code} "
    return f"{code}{outcome.reply}"


def next_attempt(attempts: int, now: datetime, jitter: float) -> datetime:
    """When to try again what has just been deferred: in 5, 15, 45 minutes, 2 hours, then every 4.

    `attempts` is how often it had been tried before, as in `Delivery.attempts`; `jitter`, from -1 to 1, moves the
    time by up to a tenth, so that what failed together does not come back together.
    """
    if attempts < 0 or not -1 <= jitter <= 1:
        raise ValueError(f"attempts {attempts}, jitter {jitter}")
    delay = _DELAYS[min(attempts, len(_DELAYS) - 1)]
    return now + delay * (1 + _JITTER * jitter)


def address_is_gone(outcome: Outcome) -> bool:
    """Whether `outcome` says that nobody can ever be reached at this address: a hard bounce.

    A refusal for policy (5.7.x) or for a full mailbox never does, whatever its words.
    """
    if not isinstance(outcome, Rejected) or outcome.scope is not Scope.RECIPIENT:
        return False
    if outcome.code in _NO_MAIL_CODES:
        return True
    if outcome.code not in _GONE_CODES:
        return False
    if outcome.enhanced:
        return outcome.enhanced in _GONE
    return _NO_SUCH_USER.search(outcome.reply) is not None


def _tidy(text: str) -> str:
    """A server's words as one short line, without what a log or a database would choke on."""
    return clean(text)[:_REPLY_LIMIT]


def _enhanced(code: int, text: str) -> str:
    """The enhanced code that `text` begins with (RFC 2034 4); one of another class than `code` is not believed."""
    found = _ENHANCED.match(text)
    return found[0] if found and int(found[1]) == code // 100 else ""


def _scope(phase: Phase, code: int, enhanced: str, text: str) -> tuple[Scope, bool]:
    """Whose fault it is, and whether it is for good."""
    permanent = code // 100 == 5
    if code == 421 or (phase not in _OPENING and _out_of_step(phase, code, enhanced, text)):
        return Scope.CONNECTION, False
    if phase in _OPENING:
        # A greeting that refuses is often a passing overload; only who we are does not mend itself.
        return Scope.RELAY, permanent and phase is Phase.AUTH
    if code in _SIGN_IN_CODES:
        return Scope.RELAY, True
    if enhanced[2:] == "4.5" or (enhanced in ("4.7.0", "5.7.0", "5.7.1", "") and _QUOTA.search(text)):
        return Scope.RELAY, False
    if phase is Phase.RCPT:
        return _recipient_scope(code, enhanced, text), permanent
    return _message_scope(phase, code, enhanced), permanent


def _out_of_step(phase: Phase, code: int, enhanced: str, text: str) -> bool:
    """Whether a new transaction is all that is needed, though the reply may look permanent.

    552 for too many recipients is to be read as 452 (RFC 5321 4.5.3.1.10); 503 is a bad sequence of commands.
    """
    if code == 503 or enhanced[2:] == "5.3" or _TOO_MANY.search(text):
        return True
    return phase in (Phase.DATA, Phase.DOT) and _NO_VALID_RECIPIENTS.search(text) is not None


def _recipient_scope(code: int, enhanced: str, text: str) -> Scope:
    """RECIPIENT but where a permanent refusal is about us: our reputation or somebody's policy."""
    if code // 100 == 4 or code in _NO_MAIL_CODES:
        return Scope.RECIPIENT
    about_us = enhanced.startswith("5.7.") if enhanced else _POLICY.search(text) is not None
    return Scope.MESSAGE if about_us else Scope.RECIPIENT


def _message_scope(phase: Phase, code: int, enhanced: str) -> Scope:
    """MESSAGE but where the server names the address after all, or has a passing trouble of its own."""
    subject = enhanced[2:4]
    if phase is Phase.DOT and subject in ("1.", "2."):
        return Scope.RECIPIENT
    passing = code // 100 == 4 and (phase is not Phase.DOT or subject in ("3.", "4."))
    return Scope.CONNECTION if passing else Scope.MESSAGE
