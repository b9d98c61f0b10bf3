"""Whether an address is dead, judged by what servers say: code, enhanced code and words. Pure."""

import re

#: RFC 3463 and its registry: the address, or its domain, does not exist.
_GONE = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.4.4"})
#: RFC 3463: "other" trouble with a mailbox, and one that is full.
_FILTERS = frozenset({"5.2.0", "5.2.2"})
#: Words that are about the message, the sender or the moment, and never about whether the address exists.
_NOT_THE_ADDRESS = re.compile(
    r"over ?quota|quota (?:is )?(?:exceeded|full)|exceed(?:s|ed|ing)? .{0,40}(?:quota|limit|size)"
    r"|mailbox (?:is )?(?:\w+ )?full"
    r"|(?:disk|storage|mailbox).{0,20}(?:full|exceeded)|insufficient (?:system )?storage|too (?:big|large|long"
    r"|many|much|fast)"
    r"|\bspam\w*|\bvirus|\bblock(?:ed|list)|black ?list|\bbanned|\bdnsbl\b|\brbl\b|spamhaus|reputation"
    r"|\bpolic(?:y|ies)\b"
    r"|\bspf\b|\bdkim\b|\bdmarc\b|\bptr\b|reverse (?:dns|map)|\brdns\b|authenticat"
    r"|sender (?:address )?(?:\w+ ){0,3}(?:reject|denied|verif)"
    r"|\bfrom address|access denied|relay(?:ing)? (?:access |not )?(?:denied|permitted|allowed)"
    r"|not permitted to relay|we do not relay"
    r"|timed? ?out|timeout|retry (?:time|limit)|expired?\b|giving up|temporar|try (?:again|later)|deferred|delayed"
    r"|connection (?:refused|reset|lost|dropped|timed)|network (?:error|is unreachable)|no route|unreachable"
    r"|refused to accept"
    r"|loop\b|loops\b|hop count|content|attachment|message (?:size|length)|line length|suspend|deactivated by|on hold"
    r"|certificate|starttls|\btls\b|rate limit|throttl|greylist|unsolicited|unusual|suspicious"
    r"|verification failed|permission",
    re.IGNORECASE,
)
_THING = r"(?:user|recipient|mailbox|address|account|addressee|rcpt|member)s?"
_UNKNOWN = re.compile(
    rf"(?:unknown|unrecognized|no such|invalid|illegal|non-?existent|undefined|wrong|bad|dead"
    rf"|destination) (?:\w+ ){{0,3}}?{_THING}"
    rf"|{_THING}[\"'>)\]]*:? (?:is |are |was |name is |name )?(?:un(?:known|recognized)|not (?:found|known|listed"
    rf"|valid|a valid|exist|here)|invalid"
    rf"|does not exist|does ?n.t exist|doesn't exist|undefined|is not a|no longer|not exist"
    rf"|rejected: (?:undeliverable|user))"
    r"|(?:does not|doesn'?t|did not|no longer) (?:exist|have an? (?:\S+ ){0,3}account)|no (?:mailbox|account|user"
    r"|recipient)s? (?:here|by|with|found|for|named)"
    r"|not (?:a |our )?(?:customer|registered|known user|a valid user|listed in)|unknown (?:or illegal )?(?:local"
    r"|alias|address|account|user|recipient)"
    r"|user(?:id)? .{1,80}(?:unknown|not found|does not exist|is not)|this (?:user|address|account) (?:has"
    r"|is) (?:moved|been closed|gone|inactive|no longer)"
    r"|email account that you tried to reach|recipnotfound|resolver\.adr|couldn'?t be found|wasn'?t found at"
    r"|is not (?:known|listed) (?:at|in|here)"
    r"|5\.1\.0 address rejected|account (?:has been )?(?:closed|deleted|removed|disabled or discontinued)"
    r"|moved(?:,| )|address (?:is )?(?:unknown|unresolvable)",
    re.IGNORECASE,
)
_NO_HOST = re.compile(
    r"host (?:unknown|not found|or domain name not found)|unknown (?:host|domain)|(?:domain|name"
    r"|host)(?: name)? (?:does not exist|not found|is invalid)"
    r"|no such (?:domain|host)|nxdomain|unroute?able (?:mail )?(?:domain|address)|unrouteable"
    r"|name (?:service error|server) .{0,60}not found"
    r"|can'?t find (?:any|a) (?:mx|host)|domain (?:\S+ )?(?:does not|doesn'?t) (?:exist|accept)|illegal host"
    r"|bad destination|couldn'?t find any host",
    re.IGNORECASE,
)
_CODE = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")


def is_permanent(status: str, text: str) -> bool:
    """Whether `status` (RFC 3463; may be empty) and what the server said mean that the address is dead.

    Where words and code differ, the words count: a filter's refusal often has the code of an unknown user.
    """
    text = " ".join(text.split())
    if status.startswith(("2", "4")):
        return False
    unknown, no_host = bool(_UNKNOWN.search(text)), bool(_NO_HOST.search(text))
    other = bool(_NOT_THE_ADDRESS.search(text))
    if status in _GONE:
        return unknown or no_host or not other
    code = enhanced(text)
    if code in _GONE:
        return unknown or no_host or not other
    # A code that is about something else and the words of an unknown user: a filter's, most of the time.
    elsewhere = any(each in _FILTERS or each.startswith(("5.3.", "5.7.")) for each in (status, code))
    return not (other or elsewhere) and (unknown or no_host)


def enhanced(text: str) -> str:
    """The first enhanced code in `text`; empty where there is none. That of a class alone (5.0.0) says nothing."""
    found = [match[0] for match in _CODE.finditer(text)]
    return next((code for code in found if not code.endswith(".0.0")), found[0] if found else "")
