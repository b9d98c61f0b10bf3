"""What servers mean by their words, where code and enhanced code leave it open: pure predicates on one reply's text.

The texts are at most a few hundred characters. Addresses in them count for nothing: they are other people's words.
"""

import re

_ADDRESS = re.compile(r"[^\s@<>]*@[^\s<>]*")
#: qmail puts its enhanced code last.
_AT_THE_END = re.compile(r"\(#([245]\.\d{1,3}\.\d{1,3})\)\.?$")
_AT_THE_START = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?!\S)")

_TOO_MANY_AT_ONCE = re.compile(r"too many (?:recipients|rcpts?)\b(?!.{0,40}\b(?:hour|day|minute)\b)", re.IGNORECASE)
_NO_VALID_RECIPIENTS = re.compile(r"no valid recipients?", re.IGNORECASE)
_POLICY = re.compile(
    r"\b(?:spam\w*|block(?:ed|list\w*)?|blacklist\w*|black listed|policy|policies|spf|dkim|dmarc|reputation|ptr|rdns"
    r"|reverse dns|dnsbl|rbl|spamhaus|banned|unsolicited|access denied|authenticat\w+|virus|malware"
    r"|client host rejected|relay(?:ing)? (?:access )?denied|relay(?:ing)? (?:is )?(?:not permitted|prohibited)"
    r"|unable to relay|list of allowed rcpthosts|(?:message|mail) (?:was )?(?:rejected|refused)|mail rejete)\b",
    re.IGNORECASE,
)
_ABOUT_THE_SENDER = re.compile(
    r"\b(?:envelope[- ])?sender(?:'s)? (?:address |domain )?(?:is |was )?"
    r"(?:not allowed|rejected|refused|denied|blocked|unknown|verif\w+)"
    r"|verification failed for|callout verification|return[- ]path (?:address )?(?:is )?(?:rejected|invalid)"
    r"|invalid (?:sender|mail from)|bad (?:outbound )?sender|send as this sender|\bSendAsDenied"
    r"|mail from .{0,40}rejected",
    re.IGNORECASE,
)
_TOO_FAST = re.compile(
    r"rate limit|limits? .{0,20}\brate\b|too (?:quickly|fast|many (?:messages|connections|sessions)|much mail)"
    r"|unusual rate|unexpected volume|trop de connexions|\bTSS?0\d\b|throttl|slow(?:ing)? down|busy",
    re.IGNORECASE,
)
#: What relays say when our account has sent what it may for now.
_QUOTA = re.compile(
    r"throttling failure|\bSubmissionQuotaExceeded|exceeded the max (?:emails|defers)|out of credit"
    r"|maximum (?:sending rate|credits?) exceeded|sending (?:is |has been )?paused|\brecipient limit exceeded"
    r"|too many (?:recipients|messages|e-?mails).{0,40}\b(?:hour|day|minute)\b|reached (?:a|the|your) limit for sending"
    r"|\b(?:daily|hourly|monthly|sending|send|relay|outgoing|outbound)\b.{0,40}?"
    r"\b(?:quota|limit)s?\b.{0,20}?\b(?:exceeded|reached)"
    r"|\b(?:exceed\w*|reached)\b.{0,30}?\b(?:daily|hourly|monthly|sending|outgoing|outbound)\b.{0,20}?\b(?:quota|limit)"
    r"|\b(?:account|message|user)\b.{0,30}?\b(?:quota|limit)s?\b.{0,20}?\b(?:exceeded|reached)",
    re.IGNORECASE,
)
_STORAGE = re.compile(
    r"\b(?:mailbox|storage|disk|space|recipient(?:'s)?(?! limit)|over ?quota|user quota)\b", re.IGNORECASE
)
_SIGN_IN = re.compile(
    r"authentication (?:is )?required|requires? (?:smtp )?auth\w*|must (?:first )?(?:authenticate|issue a starttls)"
    r"|(?:need|use) (?:smtp )?auth\b|client (?:was|is) not authenticated|smtp auth\w* is required"
    r"|smtp authentication in|auth command|starttls (?:is )?(?:required|first)|unauthenticated senders not allowed"
    r"|please (?:authenticate|sign in)|not authori[sz]ed to perform",
    re.IGNORECASE,
)
_ACCOUNT = re.compile(
    r"\baccount\b.{0,40}\b(?:suspended|disabled|blocked|locked|paused|not (?:yet )?activated)"
    r"|is not allowed to send\b|unauthori[sz]ed ip",
    re.IGNORECASE,
)
_OF_DOMAINS = re.compile(r"\b(?:spf|dkim|dmarc)\b", re.IGNORECASE)
_THING = r"(?:user|recipient|mailbox|address|account|addressee)"
_NOBODY = re.compile(
    rf"\b(?:no such {_THING}|no such person|no {_THING} (?:here )?(?:by|with) that name|(?:unknown|invalid) {_THING}"
    rf"|{_THING}(?: is)? (?:unknown|not found|not known|invalid)"
    rf"|{_THING}\b.{{0,80}}? (?:does ?n[o']t|does not) exist|{_THING} no longer (?:exists|valid)"
    rf"|(?:does ?n[o']t|does not) have an? .{{0,40}}?account)",
    re.IGNORECASE | re.DOTALL,
)
_PASSING = re.compile(
    r"temporar|try (?:again|later)|later\b|too quickly|at a rate|over ?quota|quota exceeded|mailbox (?:is )?full"
    r"|verification failed|\bfull\b",
    re.IGNORECASE,
)


def enhanced_code(code: int, text: str) -> str:
    """The enhanced code that `text` begins with (RFC 2034 4), or ends with as qmail has it; empty: none.

    One of another class than `code` is not believed (RFC 3463 2).
    """
    found = _AT_THE_START.match(text)
    given = found[0] if found else (_AT_THE_END.findall(text) or [""])[0]
    return given if given.startswith(str(code // 100)) else ""


def without_addresses(text: str) -> str:
    """`text` with a stroke for each address, which may hold any word."""
    return _ADDRESS.sub("-", text)


def is_hearsay(text: str) -> bool:
    """What another server said to this one: nothing about us and this one."""
    return " said:" in text


def too_many_at_once(text: str) -> bool:
    """Too many recipients of one message."""
    return _TOO_MANY_AT_ONCE.search(text) is not None


def nobody_is_left(text: str) -> bool:
    """No recipient of the message was taken."""
    return _NO_VALID_RECIPIENTS.search(text) is not None


def is_policy(text: str) -> bool:
    """Our reputation, the content, or what the server lets anybody do."""
    return _POLICY.search(text) is not None


def is_about_the_sender(text: str) -> bool:
    """The address in MAIL FROM or in From is the trouble."""
    return _ABOUT_THE_SENDER.search(text) is not None


def too_fast(text: str) -> bool:
    """We are to come more slowly."""
    return _TOO_FAST.search(text) is not None


def quota_is_used_up(text: str) -> bool:
    """We have sent what our account may for now; a reader's full mailbox is not meant."""
    return _QUOTA.search(text) is not None and _STORAGE.search(text) is None


def wants_a_sign_in(text: str) -> bool:
    """We are not signed in, or may not what we do; the proofs of a domain (SPF, DKIM) are not meant."""
    return _SIGN_IN.search(text) is not None and _OF_DOMAINS.search(text) is None


def account_is_closed(text: str) -> bool:
    """Where a reply cannot be about a reader: our account at the relay is."""
    return _ACCOUNT.search(text) is not None and _OF_DOMAINS.search(text) is None


def says_nobody_is_there(text: str) -> bool:
    """Plainly: there is no such address."""
    return _NOBODY.search(text) is not None


def may_pass(text: str) -> bool:
    """Whatever the code: this will be over some day."""
    return _PASSING.search(text) is not None
