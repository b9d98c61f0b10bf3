"""Mail that comes back is read as what it is, whoever wrote it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import UsageError
from digest.mail.returns import Kind, Verp, read
from digest.mail.returns.permanence import is_permanent

ADA, BOB = "ada@reader.example", "bob@reader.example"
OURS = "bounces@news.example"
VERP = Verp(OURS, ["a secret", "an older one"])


def report(blocks: str, *, subject: str = "Undelivered Mail Returned to Sender", to: str = OURS) -> bytes:
    """A delivery status notification as RFC 3464 has it."""
    return (
        f"From: MAILER-DAEMON@mx.example\nTo: {to}\nSubject: {subject}\nAuto-Submitted: auto-replied\n"
        'MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary="x"\n\n'
        "--x\nContent-Type: text/plain\n\nI could not deliver it.\n\n"
        f"--x\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n{blocks}\n"
        "--x\nContent-Type: text/rfc822-headers\n\nFrom: digest@news.example\n"
        f"To: {ADA}\nMessage-ID: <abc.7@news.example>\nSubject: The Daily\n\n--x--\n"
    ).encode()


def block(address: str, status: str, said: str, action: str = "failed") -> str:
    return f"Final-Recipient: rfc822; {address}\nAction: {action}\nStatus: {status}\nDiagnostic-Code: smtp; {said}\n\n"


def wild(text: str, *, sender: str = "MAILER-DAEMON@mx.example", subject: str = "failure notice") -> bytes:
    """A bounce that keeps to no standard."""
    copy = (
        "--- Below this line is a copy of the message.\n\n"
        f"Return-Path: <{OURS}>\nTo: {ADA}\nMessage-ID: <abc.7@news.example>\n"
    )
    return f"From: {sender}\nTo: {OURS}\nSubject: {subject}\n\n{text}\n\n{copy}\n".encode()


def test_a_report_names_each_recipient_with_the_reason_and_the_message():
    raw = report(
        block(ADA, "5.1.1", "550 5.1.1 <ada@reader.example>: User unknown") + block(BOB, "5.2.2", "552 Mailbox full")
    )
    ada, bob = read(raw)
    assert (ada.kind, ada.recipient, ada.permanent, ada.code) == (Kind.BOUNCE, ADA, True, "5.1.1")
    assert (bob.recipient, bob.permanent, bob.code) == (BOB, False, "5.2.2")
    assert ada.message_id == "abc.7@news.example"
    assert "User unknown" in ada.reason


@pytest.mark.parametrize("action", ["delivered", "relayed", "expanded"])
def test_what_went_well_is_no_bounce(action):
    (notice,) = read(report(block(ADA, "2.0.0", "250 OK", action)))
    assert notice.kind is Kind.OTHER


def test_a_delay_is_no_bounce_yet():
    (notice,) = read(report(block(ADA, "4.4.1", "connection timed out", "delayed")))
    assert (notice.kind, notice.recipient, notice.permanent) == (Kind.DELAY, ADA, False)


@pytest.mark.parametrize(
    ("text", "permanent"),
    [
        (f"Hi. This is the qmail-send program.\n\n<{ADA}>:\nSorry, no mailbox here by that name. (#5.1.1)\n", True),
        (f"Hi. This is the qmail-send program.\n\n<{ADA}>:\nRemote host said: 552 5.2.2 over quota\n", False),
        (f"The following address(es) failed:\n\n  {ADA}\n    host mx [192.0.2.1]: 550 No such user here\n", True),
        (f"The following address(es) failed:\n\n  {ADA}\n    Unrouteable address\n", True),
        (f"The following address(es) failed:\n\n  {ADA}\n    retry timeout exceeded\n", False),
        (f"Delivery to the following recipient failed permanently:\n\n     {ADA}\n\nStorage quota exceeded\n", False),
        (f"There was an error delivering your mail to <{ADA}>.\n\n554 5.7.1 rejected as spam\n", False),
        (f"{ADA}: 550 5.1.1 The email account that you tried to reach does not exist\n", True),
    ],
)
def test_bounces_of_no_standard_are_told_by_their_words(text, permanent):
    (notice,) = read(wild(text))
    assert (notice.kind, notice.recipient, notice.permanent) == (Kind.BOUNCE, ADA, permanent)
    assert notice.message_id == "abc.7@news.example"


def test_two_recipients_of_one_letter_of_failure_have_each_their_own_reason():
    text = (
        f"The following addresses failed:\n\n  {ADA}\n    550 5.1.1 User unknown\n  {BOB}\n    552 5.2.2 Mailbox full\n"
    )
    ada, bob = read(wild(text))
    assert (ada.recipient, ada.permanent, bob.recipient, bob.permanent) == (ADA, True, BOB, False)


def complaint(kind: str = "abuse", **fields: str) -> bytes:
    told = "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in fields.items())
    return (
        "From: feedback@provider.example\nTo: abuse@news.example\nSubject: complaint\n"
        'MIME-Version: 1.0\nContent-Type: multipart/report; report-type=feedback-report; boundary="x"\n\n'
        "--x\nContent-Type: text/plain\n\nThis is an abuse report.\n\n"
        f"--x\nContent-Type: message/feedback-report\n\nFeedback-Type: {kind}\n"
        f"User-Agent: Provider/1\nVersion: 1\n{told}\n"
        f"--x\nContent-Type: message/rfc822\n\nReturn-Path: <{VERP.address_of(7)}>\n"
        f"To: {ADA}\nSubject: The Daily\n\nhi\n--x--\n"
    ).encode()


def test_a_complaint_is_of_whom_the_report_names_or_whom_the_message_was_for():
    (named,) = read(complaint(Original_Rcpt_To=f"<{BOB}>"))
    (shown,) = read(complaint())
    assert (named.kind, named.recipient) == (Kind.COMPLAINT, BOB)
    assert (shown.kind, shown.recipient) == (Kind.COMPLAINT, ADA)


def test_the_return_path_that_a_complaint_shows_tells_the_delivery():
    (notice,) = read(complaint(), VERP)
    assert (notice.kind, notice.delivery) == (Kind.COMPLAINT, 7)


@pytest.mark.parametrize("kind", ["not-spam", "auth-failure"])
def test_reports_of_something_else_are_no_complaints(kind):
    (notice,) = read(complaint(kind))
    assert notice.kind is not Kind.COMPLAINT


def test_a_report_of_outlook_is_a_complaint():
    raw = (
        "From: staff@hotmail.example\nSubject: complaint about message from 192.0.2.1\nMIME-Version: 1.0\n"
        'Content-Type: multipart/mixed; boundary="x"\n\n--x\nContent-Type: message/rfc822\n\n'
        f"X-HmXmrOriginalRecipient: {ADA}\nSubject: The Daily\n\nhi\n--x--\n"
    )
    (notice,) = read(raw.encode())
    assert (notice.kind, notice.recipient) == (Kind.COMPLAINT, ADA)


@pytest.mark.parametrize(
    ("headers", "body", "kind"),
    [
        ("Subject: Unsubscribe", "", Kind.LEAVE),
        ("Subject: Re: The Daily", "Bitte nicht mehr.\n", Kind.OTHER),
        ("Subject: Re: The Daily", "Abmelden bitte\n> The Daily\n", Kind.LEAVE),
        ("Subject: Re: The Daily", "STOP\n", Kind.LEAVE),
        ("Subject: Re: The Daily", "Stopping by to say that I like it\n", Kind.OTHER),
        ("Subject: Unsubscribe\nAuto-Submitted: auto-replied", "", Kind.AUTO_REPLY),
        ("Subject: Automatic reply: The Daily", "Write to neko@x.example\n", Kind.AUTO_REPLY),
        ("Subject: Re: The Daily\nPrecedence: auto_reply", "stop\n", Kind.AUTO_REPLY),
        ("Subject: Lunch?", "At one?\n", Kind.OTHER),
    ],
)
def test_answers_of_people_and_machines_are_told_apart(headers, body, kind):
    (notice,) = read(f"From: Ada <{ADA}>\nTo: digest@news.example\n{headers}\n\n{body}".encode())
    assert (notice.kind, notice.recipient) == (kind, ADA)


@given(st.integers(0, 2**63 - 1))
def test_a_signed_return_path_tells_its_delivery_in_any_case_and_no_other(delivery):
    path = VERP.address_of(delivery)
    assert len(path.rpartition("@")[0]) <= 64
    assert {VERP.delivery_of(text) for text in (path, path.upper(), f"<{path}>")} == {delivery}
    assert Verp(OURS, ["an older one"]).delivery_of(path) is None
    assert Verp(OURS, ["new", "a secret"]).delivery_of(path) == delivery


@given(st.text(max_size=80) | st.from_regex(r"bounces\+[0-9]{1,25}-[a-z2-7]{0,20}@news\.example", fullmatch=True))
def test_nobody_makes_a_return_path_up(address):
    assert VERP.delivery_of(address) is None


def test_an_address_that_leaves_no_room_for_a_signature_is_refused():
    with pytest.raises(UsageError, match="shorter"):
        Verp(f"{'a' * 28}@news.example", ["a secret"])


def test_the_delivery_is_told_by_the_envelope_or_the_header():
    raw = report(block(ADA, "5.1.1", "User unknown"), to=VERP.address_of(12))
    assert [notice.delivery for notice in read(raw, VERP)] == [12]
    raw = report(block(ADA, "5.1.1", "User unknown"))
    assert [notice.delivery for notice in read(raw, VERP, [VERP.address_of(13)])] == [13]
    assert [notice.delivery for notice in read(raw, VERP)] == [None]


@pytest.mark.parametrize(
    ("status", "text", "permanent"),
    [
        ("5.1.1", "550 5.1.1 User unknown", True),
        ("5.0.0", "550 5.1.1 user unknown", True),
        ("", "550 no such user", True),
        ("5.1.2", "Host or domain name not found", True),
        ("5.1.1", "550 5.1.1 blocked by policy", False),
        ("5.7.1", "550 5.7.1 recipient unknown, or your reputation is poor", False),
        ("5.2.2", "mailbox full", False),
        ("5.3.0", "unknown user", False),
        ("4.1.1", "user unknown, try later", False),
        ("5.0.0", "550 message rejected", False),
        ("", "", False),
    ],
)
def test_an_address_is_dead_only_where_the_words_are_about_the_address(status, text, permanent):
    assert is_permanent(status, text) is permanent


@given(st.binary(max_size=2000))
@settings(max_examples=200)
def test_nothing_that_comes_in_raises(raw):
    assert read(raw, VERP)
    assert read(b"From: MAILER-DAEMON\nSubject: failure notice\n\n" + raw, VERP) is not None
    assert read(report(raw.decode("latin-1")), VERP) is not None


def test_endless_nesting_and_endless_lists_are_read_in_part():
    deep = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(500))
    assert read(deep)
    many = "".join(block(f"reader{n}@reader.example", "5.1.1", "User unknown") for n in range(3000))
    assert len(read(report(many))) <= 50
    assert read(wild("a" * 2_000_000 + f"\n<{ADA}>: no such user\n"))
    assert read(wild(f"<{ADA}> " * 50_000))


@pytest.mark.parametrize(
    "raw",
    [
        b"".join(b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(5000)),
        b"Content-Type: message/rfc822\n\n" * 6000,
        b"From: MAILER-DAEMON\nSubject: failure notice\nTo: " + b"(" * 30_000 + b"\n\nhi\n",
        report(f"Final-Recipient: rfc822; {ADA}\nAction: failed\nDiagnostic-Code: smtp; {'550 no ' * 100_000}\n"),
        b"From: MAILER-DAEMON\nContent-Type: text/plain; charset=punycode\n\n" + b"a-" * 400_000,
        b"From: MAILER-DAEMON\nContent-Type: text/plain; charset=\x00\n\nhi\n",
        "From: MAILER-DAEMON\nSubject: =?x?Q?=\xe9?=\nTo: \xe9\n\nhi\n".encode("latin-1"),
    ],
    ids=["multiparts", "enclosed", "comments", "diagnostics", "punycode", "no charset", "no ascii"],
)
def test_what_is_made_to_hurt_a_reader_is_left(raw):
    assert all(notice.kind in Kind for notice in read(raw, VERP))


def test_a_report_without_a_word_in_its_subject_is_one_where_nobody_is_to_be_answered():
    raw = f"Return-Path: <>\nFrom: no-reply@x.example\nSubject: Mail\n\nIt could not be delivered to <{ADA}>: full.\n"
    (notice,) = read(raw.encode())
    assert (notice.kind, notice.recipient, notice.permanent) == (Kind.BOUNCE, ADA, False)
