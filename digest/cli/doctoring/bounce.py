"""A bounce as a mail server writes it, for a trial."""

from email.message import EmailMessage
from email.utils import formatdate, make_msgid


def report(path: str, address: str, message: EmailMessage) -> bytes:
    """A report (RFC 3464) that the mailbox `address` is no more."""
    domain, made = path.rpartition("@")[2], make_msgid(domain="doctor.invalid")
    lines = f"""From: MAILER-DAEMON@{domain}
To: {path}
Subject: Undelivered Mail Returned to Sender
Date: {formatdate()}
Message-ID: {made}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="part"

--part
Content-Type: text/plain; charset=us-ascii

A trial by digest doctor: the mailbox is said to be no more.

--part
Content-Type: message/delivery-status

Reporting-MTA: dns; doctor.invalid

Final-Recipient: rfc822; {address}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 user unknown

--part
Content-Type: text/rfc822-headers

Message-ID: {message["Message-ID"]}
Subject: a trial

--part--
"""
    return lines.replace("\n", "\r\n").encode("ascii", "replace")
