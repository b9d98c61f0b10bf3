"""Replies as the large receivers, the relays and the usual servers write them, and what becomes of the delivery.

Whose fault it is decides what follows: a reader is given up, tried later, or has nothing to do with it.
"""

from collections import Counter

import pytest

from digest.mail.outcome import Phase, address_is_gone, is_throttle, judge, throttled_domain
from digest.model import Deferred, Outcome, Rejected, Scope

#: The address is dead; the reader's server does not want this; later; and later for the whole domain.
GONE, REFUSED, LATER, SLOW = "gone", "refused", "later", "slow"
#: The message or our reputation, for good or for now.
MESSAGE, MESSAGE_LATER = "message", "message later"
#: Another connection will do, and with fewer of them.
CONNECTION, BUSY = "connection", "busy"
#: Nobody's delivery: who we are, for good or for now.
RELAY, RELAY_LATER = "relay", "relay later"

REPLIES = """
RCPT | Gmail | gone | 550 5.1.1 The email account that you tried to reach does not exist. Please try double-checking it
RCPT | Gmail | gone | 550 5.2.1 The email account that you tried to reach is disabled. Learn more at https://g.example
RCPT | Gmail | refused | 552 5.2.2 The email account that you tried to reach is over quota and inactive.
RCPT | Gmail | later | 452 4.2.2 The email account that you tried to reach is over quota.
RCPT | Gmail | later | 450 4.2.1 The user you are trying to contact is receiving mail too quickly.
RCPT | Gmail | refused | 550 5.2.1 The user you are trying to contact is receiving mail at a rate that prevents more
RCPT | Gmail | connection | 452 4.5.3 Your message has too many recipients.
RCPT | Gmail | busy | 421 4.7.0 Try again later, closing connection.
RCPT | Gmail | busy | 421 4.7.0 This message does not have authentication information, or TLS required
DOT | Gmail | busy | 421 4.7.28 Our system has detected an unusual rate of unsolicited mail from your IP address.
DOT | Gmail | message | 550 5.7.26 This mail has been blocked because the sender is unauthenticated: SPF, DKIM
DOT | Gmail | message | 550 5.7.26 Unauthenticated email from x.example is not accepted due to domain's DMARC policy.
DOT | Gmail | message | 550 5.7.1 Our system has detected that this message is likely unsolicited mail.
DOT | Gmail | message | 550 5.7.1 This message does not have a From header; messages missing one are not accepted
DOT | Gmail | message | 552 5.7.0 This message was blocked because its content presents a potential security issue.
DOT | Gmail | message | 552 5.3.4 Your message exceeded Google's message size limits.
MAIL | Gmail | relay | 530 5.7.0 Must issue a STARTTLS command first.
MAIL | Gmail | relay | 530 5.5.1 Authentication Required. Learn more at https://g.example
AUTH | Gmail | relay | 535 5.7.8 Username and Password not accepted.
AUTH | Gmail | relay | 534 5.7.9 Application-specific password required.
AUTH | Gmail | relay later | 454 4.7.0 Too many login attempts, please try again later.
MAIL | Gmail | relay later | 550 5.4.5 Daily user sending limit exceeded.
MAIL | Gmail | relay later | 550 5.4.5 Daily SMTP relay sending quota exceeded for customer.
RCPT | Gmail | relay later | 550 5.4.5 Daily sending quota exceeded. For more information see our pages
MAIL | Gmail | relay later | 550 5.7.1 Daily SMTP relay limit exceeded for customer.
MAIL | Gmail | relay later | 550 5.7.0 Mail relay denied: the user has exceeded the daily sending limit
GREETING | Gmail | connection | 421 4.7.0 IP not in whitelist for RCPT domain, closing connection.
MAIL | Gmail | busy | 451 4.3.0 Mail server temporarily rejected message: slow down
RCPT | Outlook | refused | 550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302).
RCPT | Outlook | refused | 550 5.4.1 Recipient address rejected: Access denied. AS(201806281) [x.protection.outlook.com]
RCPT | Outlook | gone | 550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup
RCPT | Outlook | gone | 550 5.1.1 RESOLVER.ADR.RecipNotFound; not found
RCPT | Outlook | slow | 451 4.7.500 Server busy. Please try again later from [192.0.2.1]. (S77719)
RCPT | Outlook | slow | 451 4.7.650 The mail server [192.0.2.1] has been temporarily rate limited due to IP reputation.
MAIL | Outlook | message | 550 5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent: our block list (S3140).
MAIL | Outlook | message | 550 5.7.511 Access denied, banned sender[192.0.2.1].
MAIL | Outlook | message | 550 5.7.606 Access denied, banned sending IP [192.0.2.1].
DOT | Outlook | message | 550 5.7.515 Access denied, sending domain x.example does not meet the required authentication level
DOT | Outlook | message | 550 5.7.509 Access denied, sending domain x.example does not pass DMARC verification
DOT | Outlook | message | 550 5.1.8 Access denied, bad outbound sender AS(42004)
DOT | Outlook | message | 554 5.2.252 SendAsDenied; ada@x.example not allowed to send as digest@news.example
DOT | Outlook | message | 550 5.7.60 SMTP; Client does not have permissions to send as this sender
DOT | Outlook | relay later | 554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException; Failed to process
DOT | Outlook | busy | 432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded
MAIL | Outlook | relay | 530 5.7.57 Client not authenticated to send mail.
MAIL | Outlook | relay | 550 5.7.57 SMTP; Client was not authenticated to send anonymous mail during MAIL FROM
AUTH | Outlook | relay | 535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.
RCPT | Exchange | refused | 550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required
RCPT | Exchange | refused | 550 5.7.124 RESOLVER.RST.SenderNotInAllowedSendersList; not allowed
RCPT | Exchange | refused | 550 5.7.136 RESOLVER.RST.SenderNotAuthenticatedForMailUser; authentication required
RCPT | Exchange | message | 550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain
RCPT | Exchange | message | 550 5.7.64 TenantAttribution; Relay Access Denied
MAIL | Exchange | busy | 452 4.3.1 Insufficient system resources: server busy
DOT | Exchange | connection | 452 4.3.1 Insufficient system resources
DOT | Exchange | refused | 554 5.2.1 STOREDRV.Deliver.Exception: mailbox disabled
RCPT | Exchange | later | 450 4.7.0 Proxy session setup failed on Frontend
RCPT | Yahoo | busy | 421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume
RCPT | Yahoo | slow | 451 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to user complaints
MAIL | Yahoo | busy | 421 4.7.1 [TS03] All messages from 192.0.2.1 will be permanently deferred
DOT | Yahoo | refused | 554 delivery error: dd This user doesn't have a yahoo.com account (ada@yahoo.com) [0]
DOT | Yahoo | refused | 554 delivery error: dd Not a valid recipient; no such user
DOT | Yahoo | refused | 552 1 Requested mail action aborted, mailbox not found
DOT | Yahoo | message | 554 5.7.9 Message not accepted for policy reasons. See our pages
DOT | Yahoo | message | 553 5.7.1 [BL21] Connections will not be accepted from 192.0.2.1, because it is in a block list
DOT | Yahoo | message later | 451 Message temporarily deferred - [160]
RCPT | iCloud | gone | 550 5.1.1 unknown or illegal alias: ada@icloud.com
RCPT | iCloud | refused | 552 5.2.2 mailbox over quota
DOT | iCloud | message | 554 5.7.1 [CS01] Message rejected due to local policy. Please visit our pages
DOT | iCloud | message | 550 5.7.0 From IP address 192.0.2.1: blocked
MAIL | iCloud | busy | 450 4.7.0 Messages from this IP are rate limited
RCPT | Postfix | gone | 550 5.1.1 <ada@x.example>: Recipient address rejected: User unknown in local recipient table
RCPT | Postfix | gone | 550 <ada@x.example>: Recipient address rejected: User unknown in virtual mailbox table
RCPT | Postfix | gone | 550 5.1.2 <ada@x.example>: Recipient address rejected: Domain not found
RCPT | Postfix | gone | 556 5.1.10 <ada@x.example>: Recipient address rejected: Domain does not accept mail (nullMX)
RCPT | Postfix | later | 450 4.1.1 <ada@x.example>: Recipient address rejected: unverified address: Address lookup failed
RCPT | Postfix | later | 450 4.1.2 <ada@x.example>: Recipient address rejected: Domain not found
RCPT | Postfix | later | 450 4.2.0 <ada@x.example>: Recipient address rejected: Greylisted, see our pages
RCPT | Postfix | later | 451 4.3.0 <ada@x.example>: Temporary lookup failure
RCPT | Postfix | later | 454 4.7.1 <ada@x.example>: Relay access denied
RCPT | Postfix | message | 554 5.7.1 <ada@x.example>: Relay access denied
RCPT | Postfix | message | 554 5.7.1 <x.example[192.0.2.1]>: Client host rejected: Access denied
RCPT | Postfix | message | 554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org
RCPT | Postfix | message | 550 5.7.23 <ada@x.example>: Recipient address rejected: Message rejected due to: SPF fail
RCPT | Postfix | refused | 554 5.7.1 <ada@x.example>: Recipient address rejected: Access denied
RCPT | Postfix | message | 550 5.1.0 <b@news.example>: Sender address rejected: User unknown in local recipient table
RCPT | Postfix | message | 550 5.1.1 <b@news.example>: Sender address rejected: undeliverable address: no such user
RCPT | Postfix | message | 550 <b@news.example>: Sender address rejected: User unknown in virtual mailbox table
RCPT | Postfix | message | 553 5.7.1 <b@news.example>: Sender address rejected: not owned by user digest
RCPT | Postfix | message later | 450 4.1.8 <b@news.example>: Sender address rejected: Domain not found
RCPT | Postfix | refused | 550 5.1.0 <ada@x.example>: Recipient address rejected: host mx said: 550 authentication required
MAIL | Postfix | message | 552 5.3.4 Message size exceeds fixed limit
MAIL | Postfix | connection | 452 4.3.1 Insufficient system storage
MAIL | Postfix | busy | 450 4.7.1 Error: too much mail from 192.0.2.1
GREETING | Postfix | connection | 421 4.7.0 mx.example Error: too many connections from 192.0.2.1
RCPT | Postfix | connection | 452 4.5.3 Error: too many recipients
DATA | Postfix | connection | 554 5.5.1 Error: no valid recipients
DOT | Postfix | connection | 451 4.3.0 Error: queue file write error
DOT | Postfix | message | 550 5.7.1 Blocked by content filter
DOT | Postfix | message | 554 5.6.0 Message contains invalid header
DOT | Postfix | message | 554 5.4.6 Error: too many hops
RCPT | Postfix | relay | 530 5.7.0 Must issue a STARTTLS command first
RCPT | Exim | gone | 550 No such user here
RCPT | Exim | gone | 550 Unknown user
RCPT | Exim | refused | 550 Unrouteable address
RCPT | Exim | refused | 550 Administrative prohibition
RCPT | Exim | message | 550 relay not permitted
RCPT | Exim | message | 550 Verification failed for <b@news.example> 550 No such user here 550 Sender verify failed
RCPT | Exim | message | 550 x.example is in a black list: spamhaus
RCPT | Exim | message | 550 Rejected because 192.0.2.1 is in a black list at zen.spamhaus.org
RCPT | Exim | later | 451 Temporary local problem - please try later
RCPT | Exim | later | 451 Greylisted, please try again in 300 seconds
RCPT | Exim | relay | 550 Please turn on SMTP Authentication in your mail client
DOT | Exim | relay later | 550 Domain news.example has exceeded the max emails per hour (125/100 (125%)) allowed.
DOT | Exim | relay later | 550 Domain news.example has exceeded the max defers and failures per hour (5/5) allowed.
DOT | Exim | message | 550 This message was classified as spam
DOT | Exim | message | 552 Message size exceeds maximum permitted
RCPT | qmail | gone | 550 sorry, no mailbox here by that name. (#5.1.1)
RCPT | qmail | gone | 553 sorry, this recipient is not in my validrcptto list (#5.1.1)
RCPT | qmail | message | 553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)
RCPT | qmail | message | 553 sorry, that domain isn't in my list of allowed rcpthosts
MAIL | qmail | message | 553 sorry, your envelope sender is in my badmailfrom list (#5.7.1)
DOT | qmail | connection | 451 qq write error or disk full (#4.3.0)
DOT | qmail | message | 552 sorry, that message size exceeds my databytes limit (#5.3.4)
RCPT | sendmail | gone | 550 5.1.1 <ada@x.example>... User unknown
RCPT | sendmail | message | 550 5.7.1 <ada@x.example>... Relaying denied. Proper authentication may be missing
MAIL | sendmail | message | 553 5.1.8 <b@news.example>... Domain of sender address does not exist
MAIL | sendmail | relay later | 452 4.4.5 Insufficient disk space; try again later
MAIL | sendmail | busy | 451 4.3.2 Please try again later
DOT | SES | relay later | 454 Throttling failure: Maximum sending rate exceeded.
DOT | SES | relay later | 454 Throttling failure: Daily message quota exceeded.
MAIL | SES | relay later | 454 4.7.0 Throttling failure: Daily message quota exceeded.
DOT | SES | message | 554 Message rejected: Email address is not verified. The identities failed the check in region X
DOT | SES | relay later | 554 Message rejected: Sending paused for this account.
DOT | SES | relay | 554 Access denied: User arn:aws:iam::1:user/x is not authorized to perform ses:SendRawEmail
MAIL | SES | relay | 530 Authentication required
AUTH | SES | relay | 535 Authentication Credentials Invalid
DOT | SES | message later | 451 Timeout waiting for data from client.
DOT | Mailgun | relay later | 421 Domain news.example is not allowed to send: recipient limit exceeded. Try again later
MAIL | Mailgun | relay | 550 Domain news.example is not allowed to send: Please activate your account
RCPT | Mailgun | message | 550 5.7.1 Relaying denied
AUTH | Mailgun | relay | 535 5.7.0 Mailgun is not loving your login or password
DOT | Mailgun | relay later | 452 4.7.1 Hourly sending limit exceeded for the account
AUTH | Sendgrid | relay later | 451 Authentication failed: Maximum credits exceeded
RCPT | Sendgrid | relay later | 452 Too many recipients received this hour
MAIL | Sendgrid | relay | 550 Unauthenticated senders not allowed
DOT | Sendgrid | message | 550 The from address does not match a verified Sender Identity. Mail cannot be sent
MAIL | Sendgrid | relay later | 451 4.7.1 Daily sending limit exceeded
AUTH | Postmark | relay | 535 5.7.8 Authentication failed
DOT | Postmark | connection | 452 4.3.1 The service is unavailable
MAIL | Postmark | relay | 550 5.7.1 Your account is not yet activated
AUTH | Brevo | relay | 525 5.7.1 Unauthorized IP address
MAIL | Brevo | relay | 502 5.7.0 Your SMTP account is not yet activated
RCPT | Mailjet | relay | 530 5.7.1 Authentication required
RCPT | GMX | refused | 550 Requested action not taken: mailbox unavailable
DOT | GMX | message | 554 Transaction failed. Reject due to policy restrictions.
MAIL | GMX | message | 550 5.1.0 Sender address is not allowed.
GREETING | GMX | relay later | 554 gmx.example Service not available: IP address is black listed.
RCPT | GMX | later | 450 Requested mail action not taken: mailbox unavailable. Mail server temporarily rejected message.
GREETING | T-Online | relay later | 554 IP=192.0.2.1 - A problem occurred. Ask your postmaster for help (BL)
RCPT | T-Online | gone | 550 5.1.1 user unknown
RCPT | OVH | gone | 550 5.1.1 <ada@x.example>: Recipient address rejected: User unknown
MAIL | OVH | relay later | 450 4.7.1 Sending limit exceeded for this account, try again later
DOT | OVH | message | 550 5.7.1 Spam detected, message refused
MAIL | Orange | busy | 421 mwinf5c04 ME Trop de connexions, veuillez verifier votre configuration. OFR_104
RCPT | Orange | gone | 550 5.1.1 Adresse d au moins un destinataire invalide. Invalid recipient. OFR_416
DOT | Orange | message | 550 5.2.0 Mail rejete. Mail rejected. OFR_506
RCPT | Orange | message | 550 5.2.0 Mail rejete. Mail rejected. OFR_506
RCPT | Mail.ru | gone | 550 Message was not accepted -- invalid mailbox. Local mailbox ada@mail.ru is unavailable: user not found
DOT | Mail.ru | message | 550 spam message rejected. Please visit our pages or report details
RCPT | Mail.ru | slow | 451 Ratelimit exceeded for mailbox; slow down
RCPT | Yandex | refused | 550 5.7.1 No such user!
DOT | Yandex | refused | 550 5.7.1 No such user!
DOT | Yandex | message | 554 5.7.1 Message rejected under suspicion of SPAM
RCPT | Yandex | slow | 451 4.7.1 Sorry, the service is currently unavailable: too many messages, try again later
RCPT | Comcast | gone | 550 5.1.1 Not our Customer
RCPT | Comcast | busy | 421 4.1.0 192.0.2.1 Throttled - try again later. Please see our pages
DOT | Comcast | message | 554 5.7.1 Message rejected: blocked for spam. BL000010
RCPT | Comcast | refused | 552 5.2.2 Over quota
RCPT | Proton | gone | 550 5.1.1 <ada@proton.example>: Recipient address rejected: Address does not exist
RCPT | Zoho | message | 550 5.7.1 Email rejected per DMARC policy
RCPT | Zoho | gone | 553 5.1.3 Invalid recipient address
RCPT | AOL | later | 452 4.2.2 Mailbox full
RCPT | cPanel | refused | 550 The account has been suspended for inactivity
RCPT | cPanel | refused | 552 Mailbox quota exceeded: user is over quota
RCPT | cPanel | later | 452 Account storage limit exceeded
RCPT | Barracuda | message | 554 Blocked by Reputation: Service unavailable
RCPT | Mimecast | message | 550 Rejected by header based policy: Anti-Spoofing
RCPT | Mimecast | later | 451 Internal resources are temporarily unavailable
RCPT | Proofpoint | message | 554 Blocked - see our pages for the IP reputation
RCPT | any | refused | 550 5.2.1 Mailbox temporarily disabled
RCPT | any | refused | 550 5.1.1 Mailbox temporarily unavailable, try again later
RCPT | any | gone | 550 <spam.policy@x.example>: no such user
RCPT | any | refused | 550 <no.such.user@x.example>: refused
RCPT | any | refused | 551 User not local; please try <ada@y.example>
RCPT | any | gone | 521 mx.example does not accept mail
RCPT | any | refused | 550 5.7.17 Mailbox owner has changed
RCPT | any | refused | 501 5.1.3 Bad recipient address syntax
RCPT | any | refused | 599 unheard of
RCPT | any | later | 499 unheard of
RCPT | any | message | 552 5.3.4 Message too big for system
RCPT | any | refused | 552 5.2.3 Message length exceeds the limit of this mailbox
DOT | any | gone | 550 No such user
DOT | any | gone | 550 5.1.1 no such user
DOT | any | message | 555 5.5.4 Unsupported option
DOT | any | connection | 503 5.5.1 Bad sequence of commands
MAIL | any | relay | 503 5.5.1 Error: authentication required
""".strip().splitlines()  # noqa: E501 - replies as they come


def parsed(line: str) -> tuple[Phase, str, int, str]:
    at, _, meant, reply = line.split(" | ", 3)
    phase = {"RCPT": Phase.RCPT, "MAIL": Phase.MAIL}.get(at) or Phase[at]
    return phase, meant, int(reply[:3]), reply[4:]


def verdict(phase: Phase, outcome: Outcome) -> str:
    """What `outcome` leads to, in a word."""
    assert isinstance(outcome, Deferred | Rejected)
    if outcome.scope is Scope.RECIPIENT:
        if isinstance(outcome, Deferred):
            return SLOW if throttled_domain(phase, outcome) else LATER
        return GONE if address_is_gone(outcome) else REFUSED
    assert not address_is_gone(outcome)
    if outcome.scope is Scope.CONNECTION:
        assert isinstance(outcome, Deferred)
        return BUSY if phase is not Phase.GREETING and is_throttle(phase, outcome) else CONNECTION
    words = {Scope.MESSAGE: (MESSAGE_LATER, MESSAGE), Scope.RELAY: (RELAY_LATER, RELAY)}
    return words[outcome.scope][isinstance(outcome, Rejected)]


@pytest.mark.parametrize(
    "line", REPLIES, ids=[" ".join(line.split(" | ")[:3:2]) + f" {n}" for n, line in enumerate(REPLIES)]
)
def test_a_reply_means_what_its_server_means_by_it(line: str) -> None:
    phase, meant, code, text = parsed(line)
    assert verdict(phase, judge(phase, code, text)) == meant


def test_the_table_is_large_and_of_every_kind(record_property) -> None:
    kinds = Counter(parsed(line)[1] for line in REPLIES)
    record_property("figures", dict(kinds))
    assert len(REPLIES) == len(set(REPLIES)) >= 150
    assert min(kinds[each] for each in (GONE, REFUSED, LATER, SLOW, MESSAGE, BUSY, CONNECTION, RELAY, RELAY_LATER)) > 4
