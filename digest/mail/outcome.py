"""What a server's reply, or its absence, means for a delivery: pure judgement by phase, code and enhanced code."""

from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial

from digest.mail import wording
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
#: RFC 4954 section 6 and RFC 5248 2.4: who we are is the trouble, not what we send.
_SIGN_IN_CODES = frozenset({525, 530, 534, 535, 538})
#: RFC 3463 and its registry: this address is dead, whoever writes to it.
_GONE = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})
_GONE_CODES = frozenset({550, 551, 553})
#: RFC 7504: the domain takes no mail at all.
_NO_MAIL_CODES = frozenset({521, 556})
#: RFC 3463 3.2: our own address, not the reader's.
_SENDERS = frozenset({"1.7", "1.8"})
#: Refusals as a matter of policy that are this reader's own: closed groups, changed owners (RFC 7293), and what
#: Exchange says of mailboxes that choose who may write to them.
_READERS_POLICY = frozenset({"7.2", "7.17", "7.18", "7.124", "7.129", "7.133", "7.134", "7.135", "7.136"})
#: RFC 3463: not accepting messages now, congestion, and the "security" that large receivers call their limits.
_LOADED = frozenset({"4.3.2", "4.4.5", "4.7.0"})
#: How Postfix begins what its administrator has laid down for one recipient.
_READERS_RULE = "Recipient address rejected: Access denied"
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
    enhanced = wording.enhanced_code(code, text)
    scope, permanent = _scope(phase, code, enhanced, wording.without_addresses(text))
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
    if phase in (Phase.MAIL, Phase.DATA) and outcome.code:
        # No recipient is spoken of yet, so a limit is a limit of ours.
        return outcome.enhanced.startswith("4.7.") or wording.too_fast(outcome.reply)
    return outcome.code == 0 and "no answer in time" in outcome.reply


def throttled_domain(phase: Phase, outcome: Outcome) -> bool:
    """Whether it is the recipient's domain that asks us to come more slowly, not this recipient to come later."""
    if not isinstance(outcome, Deferred) or phase not in (Phase.RCPT, Phase.DOT) or outcome.code // 100 != 4:
        return False
    if outcome.scope is Scope.RELAY or outcome.enhanced.startswith("4.2."):
        # A mailbox that gets too much at a time is one reader's.
        return False
    return wording.too_fast(outcome.reply)


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

    A refusal for policy (5.7.x) or for a full mailbox never does, whatever its words; nor do words that say that it
    will be over some day.
    """
    if not isinstance(outcome, Rejected) or outcome.scope is not Scope.RECIPIENT:
        return False
    if outcome.code in _NO_MAIL_CODES:
        return True
    words = wording.without_addresses(outcome.reply)
    if outcome.code not in _GONE_CODES or wording.may_pass(words):
        return False
    return outcome.enhanced in _GONE if outcome.enhanced else wording.says_nobody_is_there(words)


def _tidy(text: str) -> str:
    """A server's words as one short line, without what a log or a database would choke on."""
    return clean(text)[:_REPLY_LIMIT]


def _scope(phase: Phase, code: int, enhanced: str, text: str) -> tuple[Scope, bool]:
    """Whose fault it is, and whether it is for good."""
    permanent = code // 100 == 5
    if phase in _OPENING:
        # A greeting that refuses is often a passing overload; only who we are does not mend itself.
        scope = Scope.CONNECTION if code == 421 else Scope.RELAY
        return scope, permanent and phase is Phase.AUTH
    if enhanced[2:] in _READERS_POLICY:
        return Scope.RECIPIENT, permanent
    if code in _SIGN_IN_CODES or _is_unknown_to_the_relay(phase, text):
        return Scope.RELAY, permanent
    if _is_used_up(code, enhanced, text):
        return Scope.RELAY, False
    if code == 421 or _out_of_step(phase, code, enhanced, text):
        return Scope.CONNECTION, False
    return _scope_of_one(phase, code, enhanced, text), permanent


def _scope_of_one(phase: Phase, code: int, enhanced: str, text: str) -> Scope:
    """The same where the reply is about this transaction."""
    subject = enhanced[2:]
    if subject in _SENDERS or (subject[:2] in ("", "1.", "7.") and wording.is_about_the_sender(text)):
        return Scope.MESSAGE
    judged = _recipient_scope if phase is Phase.RCPT else partial(_message_scope, phase)
    return judged(code, enhanced, text)


def _is_unknown_to_the_relay(phase: Phase, text: str) -> bool:
    if wording.is_hearsay(text):
        return False
    return wording.wants_a_sign_in(text) or (phase in (Phase.MAIL, Phase.DATA) and wording.account_is_closed(text))


def _is_used_up(code: int, enhanced: str, text: str) -> bool:
    """Whether what our account may send is used up for now."""
    if enhanced[2:] == "4.5":
        return code != 421
    is_the_readers = enhanced[2:4] in ("1.", "2.") and "SubmissionQuotaExceeded" not in text
    return not (is_the_readers or wording.is_hearsay(text)) and wording.quota_is_used_up(text)


def _out_of_step(phase: Phase, code: int, enhanced: str, text: str) -> bool:
    """Whether a new transaction is all that is needed, though the reply may look permanent.

    552 for too many recipients is to be read as 452 (RFC 5321 4.5.3.1.10); 503 is a bad sequence of commands.
    """
    if code == 503 or enhanced[2:] == "5.3" or wording.too_many_at_once(text):
        return True
    return phase in (Phase.DATA, Phase.DOT) and wording.nobody_is_left(text)


def _recipient_scope(code: int, enhanced: str, text: str) -> Scope:
    """RECIPIENT but where a permanent refusal is about us, our reputation, or the message that was announced."""
    if code // 100 == 4 or code in _NO_MAIL_CODES:
        return Scope.RECIPIENT
    if enhanced.startswith("5.7."):
        is_the_readers = text.endswith(_READERS_RULE) or _says_nobody_alone(text)
        return Scope.RECIPIENT if is_the_readers else Scope.MESSAGE
    if enhanced == "5.3.4" or enhanced.startswith("5.6."):
        return Scope.MESSAGE
    is_open = enhanced in ("", "5.2.0", "5.0.0")
    return Scope.MESSAGE if is_open and wording.is_policy(text) else Scope.RECIPIENT


def _message_scope(phase: Phase, code: int, enhanced: str, text: str) -> Scope:
    """MESSAGE but where the server names the address after all, or has a passing trouble of its own."""
    subject = enhanced[2:4]
    if phase is Phase.DOT and _is_the_readers(enhanced, text):
        return Scope.RECIPIENT
    passing = code // 100 == 4 and (phase is not Phase.DOT or subject in ("3.", "4."))
    return Scope.CONNECTION if passing else Scope.MESSAGE


def _is_the_readers(enhanced: str, text: str) -> bool:
    if enhanced == "5.2.0":
        return not wording.is_policy(text)
    if enhanced in ("", "5.0.0") or enhanced.startswith("5.7."):
        return _says_nobody_alone(text)
    # 5.2.252 and their like are Exchange's own, and no mailbox's.
    return enhanced[2:4] in ("1.", "2.") and len(enhanced) < len("5.2.100")


def _says_nobody_alone(text: str) -> bool:
    return wording.says_nobody_is_there(text) and not wording.is_policy(text)
