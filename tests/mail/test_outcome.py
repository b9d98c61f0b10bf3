"""What replies mean, as a table: phase, reply, then what becomes of the delivery."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.mail.outcome import Phase, address_is_gone, goes_on, had_gone_stale, judge, lost, next_attempt, said
from digest.model import Accepted, Deferred, InDoubt, Outcome, Rejected, Scope

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
CONNECT, GREETING, EHLO, STARTTLS, AUTH = Phase.CONNECT, Phase.GREETING, Phase.EHLO, Phase.STARTTLS, Phase.AUTH
MAIL, RCPT, DATA, BODY, DOT = Phase.MAIL, Phase.RCPT, Phase.DATA, Phase.BODY, Phase.DOT
RECIPIENT, MESSAGE, CONNECTION, RELAY = Scope.RECIPIENT, Scope.MESSAGE, Scope.CONNECTION, Scope.RELAY

REPLIES = [
    # The opening: nobody's delivery. A greeting that refuses may be a passing overload.
    (GREETING, "421 4.3.2 too many connections", Deferred, CONNECTION),
    (GREETING, "450 4.3.2 overloaded", Deferred, RELAY),
    (GREETING, "554 5.7.1 no service for you", Deferred, RELAY),
    (EHLO, "550 5.7.1 who are you", Deferred, RELAY),
    (STARTTLS, "454 4.7.0 TLS not available", Deferred, RELAY),
    (AUTH, "535 5.7.8 wrong password", Rejected, RELAY),
    (AUTH, "534 5.7.9 mechanism too weak", Rejected, RELAY),
    (AUTH, "454 4.7.0 temporary failure", Deferred, RELAY),
    (AUTH, "432 4.7.12 password transition needed", Deferred, RELAY),
    # MAIL: never the recipient.
    (MAIL, "530 5.7.0 authentication required", Rejected, RELAY),
    (MAIL, "421 4.7.0 unusual rate", Deferred, CONNECTION),
    (MAIL, "451 4.3.0 try later", Deferred, CONNECTION),
    (MAIL, "452 4.3.1 no space", Deferred, CONNECTION),
    (MAIL, "503 5.5.1 nested MAIL", Deferred, CONNECTION),
    (MAIL, "550 5.7.1 sender refused", Rejected, MESSAGE),
    (MAIL, "550 5.7.515 Access denied, sending domain", Rejected, MESSAGE),
    (MAIL, "550 5.1.8 sender unknown", Rejected, MESSAGE),
    (MAIL, "552 5.3.4 message too big", Rejected, MESSAGE),
    # RCPT.
    (RCPT, "421 4.7.0 [TSS04] Messages temporarily deferred", Deferred, CONNECTION),
    (RCPT, "450 4.2.1 receiving mail too quickly", Deferred, RECIPIENT),
    (RCPT, "451 4.7.1 Greylisted", Deferred, RECIPIENT),
    (RCPT, "450 blocked for now by policy", Deferred, RECIPIENT),
    (RCPT, "452 4.2.2 over quota", Deferred, RECIPIENT),
    (RCPT, "452 4.5.3 Too many recipients", Deferred, CONNECTION),
    (RCPT, "552 5.5.3 too many", Deferred, CONNECTION),
    (RCPT, "552 too many recipients", Deferred, CONNECTION),
    (RCPT, "503 5.5.1 MAIL first", Deferred, CONNECTION),
    (RCPT, "530 5.7.57 client not authenticated", Rejected, RELAY),
    (RCPT, "550 5.1.1 no such user", Rejected, RECIPIENT),
    (RCPT, "550 User unknown", Rejected, RECIPIENT),
    (RCPT, "550 5.1.1 unknown; spam filter says hello", Rejected, RECIPIENT),
    (RCPT, "552 5.2.2 mailbox full", Rejected, RECIPIENT),
    (RCPT, "521 5.3.2 does not accept mail", Rejected, RECIPIENT),
    (RCPT, "556 5.1.10 null MX, by policy", Rejected, RECIPIENT),
    (RCPT, "550 5.7.1 rejected", Rejected, MESSAGE),
    (RCPT, "554 5.7.1 Relay access denied", Rejected, MESSAGE),
    (RCPT, "550 Blocked by Spamhaus", Rejected, MESSAGE),
    (RCPT, "550 your PTR record is missing", Rejected, MESSAGE),
    (RCPT, "554 refused due to poor reputation", Rejected, MESSAGE),
    (RCPT, "599 unheard of", Rejected, RECIPIENT),
    (RCPT, "499 unheard of", Deferred, RECIPIENT),
    # DATA.
    (DATA, "451 4.3.0 not now", Deferred, CONNECTION),
    (DATA, "503 5.5.1 no valid recipients", Deferred, CONNECTION),
    (DATA, "554 5.5.1 Error: no valid recipients", Deferred, CONNECTION),
    (DATA, "554 5.7.1 policy", Rejected, MESSAGE),
    # After the final dot: any reply settles it.
    (DOT, "421 4.3.2 going down", Deferred, CONNECTION),
    (DOT, "451 4.7.1 greylisted", Deferred, MESSAGE),
    (DOT, "451 4.3.0 queue file write error", Deferred, CONNECTION),
    (DOT, "450 4.2.1 mailbox busy", Deferred, RECIPIENT),
    (DOT, "552 5.2.2 mailbox full", Rejected, RECIPIENT),
    (DOT, "550 5.1.1 no such user", Rejected, RECIPIENT),
    (DOT, "554 5.7.1 spam", Rejected, MESSAGE),
    (DOT, "552 5.3.4 too big", Rejected, MESSAGE),
]


@pytest.mark.parametrize(("phase", "reply", "kind", "scope"), REPLIES, ids=[f"{row[0]} {row[1]}" for row in REPLIES])
def test_a_refusal_is_judged(phase: Phase, reply: str, kind: type, scope: Scope) -> None:
    outcome = judge(phase, int(reply[:3]), reply[4:])
    assert (type(outcome), outcome.scope, outcome.code) == (kind, scope, int(reply[:3]))
    assert outcome.reply == reply[4:]


@pytest.mark.parametrize(
    ("code", "text", "enhanced"),
    [
        (550, "5.1.1 no such user", "5.1.1"),
        (550, "5.7.515 Access denied", "5.7.515"),
        (550, "5.1.1\n5.1.1 no such user", "5.1.1"),
        (450, "4.2.1", "4.2.1"),
        # The reply's own digit wins; the other code is not believed.
        (450, "5.1.1 no such user", ""),
        (550, "4.2.2 full", ""),
        (550, "no code 5.1.1 here", ""),
        (550, "5.1.1.1 an address", ""),
        (550, "3.1.1 no such class", ""),
        (550, "5.1.1000 too long", ""),
    ],
)
def test_the_enhanced_code_is_believed_where_it_agrees(code: int, text: str, enhanced: str) -> None:
    assert judge(RCPT, code, text).enhanced == enhanced


def test_a_mismatch_is_decided_by_the_reply() -> None:
    assert judge(RCPT, 450, "5.1.1 no such user") == Deferred(scope=RECIPIENT, reply="5.1.1 no such user", code=450)


@pytest.mark.parametrize("code", [250, 251, 200, 299])
def test_what_follows_the_dot_and_begins_with_two_is_accepted(code: int) -> None:
    assert judge(DOT, code, "2.0.0 queued as 4711") == Accepted(code=code, reply="2.0.0 queued as 4711")


@pytest.mark.parametrize("code", [-1, 0, 99, 100, 199, 300, 354, 600, 999])
@pytest.mark.parametrize("phase", list(Phase))
def test_an_answer_out_of_turn_is_no_answer(phase: Phase, code: int) -> None:
    assert type(judge(phase, code, "what?")) is (InDoubt if phase is DOT else Deferred)


@pytest.mark.parametrize("phase", list(Phase))
def test_a_connection_lost_leaves_doubt_after_the_dot_only(phase: Phase) -> None:
    reply = f"gone ({phase})"
    assert lost(phase, "gone") == (InDoubt(reply=reply) if phase is DOT else Deferred(scope=CONNECTION, reply=reply))


@pytest.mark.parametrize(
    ("phase", "code", "on"),
    [(MAIL, 250, True), (RCPT, 251, True), (RCPT, 252, True), (RCPT, 354, False), (DATA, 354, True), (DATA, 250, False)]
    + [(phase, code, False) for phase in (MAIL, RCPT, DATA) for code in (421, 450, 550, -1, 999)],
)
def test_a_session_goes_on(phase: Phase, code: int, on: bool) -> None:
    assert goes_on(phase, code) is on


@given(st.sampled_from(list(Phase)), st.integers(-1, 999), st.text())
def test_any_reply_is_judged_and_fit_to_be_kept(phase: Phase, code: int, text: str) -> None:
    outcome = judge(phase, code, text)
    assert len(outcome.reply) < 600
    outcome.reply.encode()
    assert not set("\0\r\n") & set(outcome.reply)
    if isinstance(outcome, Accepted | InDoubt):
        assert phase is DOT


def test_words_that_no_database_takes_are_left_out() -> None:
    assert judge(RCPT, 550, "5.1.1 no\0\udcff\nsuch\r\nuser").reply == "5.1.1 no such user"


@pytest.mark.parametrize(("attempts", "minutes"), [(0, 5), (1, 15), (2, 45), (3, 120), (4, 240), (5, 240), (99, 240)])
def test_each_try_waits_longer_up_to_four_hours(attempts: int, minutes: int) -> None:
    delay = timedelta(minutes=minutes)
    assert next_attempt(attempts, NOW, 0) == NOW + delay
    assert next_attempt(attempts, NOW, 1) == NOW + delay * 1.1
    assert next_attempt(attempts, NOW, -1) == NOW + delay * 0.9


@pytest.mark.parametrize(("attempts", "jitter"), [(-1, 0.0), (0, 1.01), (0, -2.0)])
def test_a_try_before_the_first_or_a_wild_jitter_is_a_mistake(attempts: int, jitter: float) -> None:
    with pytest.raises(ValueError, match="attempts"):
        next_attempt(attempts, NOW, jitter)


@pytest.mark.parametrize(
    ("reply", "gone"),
    [
        ("550 5.1.1 User unknown", True),
        ("550 5.1.2 bad domain", True),
        ("553 5.1.3 bad syntax", True),
        ("551 5.1.6 moved", True),
        ("550 5.1.10 null MX", True),
        ("550 5.2.1 disabled", True),
        ("556 5.1.10 null MX", True),
        ("521 no mail here", True),
        ("550 No such user here", True),
        ("550 User unknown in virtual mailbox table", True),
        ("550 <x@y.example>: Recipient unknown", True),
        ("550 unknown recipient", True),
        ("550 Mailbox not found", True),
        ("550 The email account that you tried to reach does not exist", True),
        ("550 This user doesn't have a mail.example account", True),
        ("553 no mailbox here by that name", True),
        ("550 Mailbox unavailable", False),
        ("550 Requested action not taken", False),
        ("550 No such user, or blocked by policy", False),
        ("550 5.7.1 no such user", False),
        ("550 5.2.2 User unknown, mailbox full", False),
        ("550 5.4.1 no such user", False),
        ("552 5.2.2 full", False),
        ("554 5.1.1 User unknown", False),
        ("450 5.1.1 User unknown", False),
        ("450 4.1.1 User unknown", False),
        ("421 4.1.1 User unknown", False),
    ],
)
def test_an_address_is_gone_when_the_server_says_so_plainly(reply: str, gone: bool) -> None:
    assert address_is_gone(judge(RCPT, int(reply[:3]), reply[4:])) is gone


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase not in (RCPT, DOT)])
def test_no_other_phase_speaks_of_an_address(phase: Phase) -> None:
    assert not address_is_gone(judge(phase, 550, "5.1.1 no such user"))


@pytest.mark.parametrize("outcome", [Accepted(), InDoubt(reply="x"), Rejected(scope=RECIPIENT, reply="no such user")])
def test_no_address_is_gone_without_a_refusal(outcome: Outcome) -> None:
    assert not address_is_gone(outcome)


@pytest.mark.parametrize(
    ("phase", "outcome", "stale"),
    [
        (MAIL, lost(MAIL, "closed"), True),
        (RCPT, lost(RCPT, "closed"), True),
        (DATA, lost(DATA, "closed"), False),
        (DOT, lost(DOT, "closed"), False),
        (MAIL, judge(MAIL, 421, "idle"), True),
        (RCPT, judge(RCPT, 421, "rate"), False),
        (MAIL, judge(MAIL, 451, "later"), False),
        (MAIL, judge(MAIL, 550, "no"), False),
    ],
)
def test_a_dead_connection_is_told_from_a_refusal(phase: Phase, outcome: Outcome, stale: bool) -> None:
    assert had_gone_stale(phase, outcome) is stale


@pytest.mark.parametrize(
    ("outcome", "words"),
    [(judge(RCPT, 550, "no"), "550 no"), (lost(MAIL, "gone"), "gone (MAIL FROM)"), (InDoubt(reply="hm"), "hm")],
)
def test_an_outcome_is_said_with_its_code(outcome: Outcome, words: str) -> None:
    assert said(outcome) == words
