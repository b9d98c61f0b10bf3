"""What the DNS says of the domain that letters come from: whether others will believe that they are its own."""

import asyncio
from collections.abc import Awaitable, Callable

import dns.asyncresolver
import dns.exception
import dns.resolver

from digest.cli.findings import Finding, note, right, wrong

#: Seconds for one question, over all servers.
_PATIENCE = 6.0

#: Name and type -> the records' texts, none where there are none. Raises Unanswered.
Ask = Callable[[str, str], Awaitable[list[str]]]


class Unanswered(Exception):
    """No resolver answered: that says nothing of the domain."""


async def ask(name: str, kind: str) -> list[str]:
    """The records of `name`, by the system's resolver. Raises Unanswered."""
    try:
        answer = await dns.asyncresolver.resolve(f"{name}.", kind, lifetime=_PATIENCE)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError) as error:
        raise Unanswered(" ".join(str(error).split()) or type(error).__name__) from error
    return [_text(record) for record in answer]


async def examine(domain: str, asking: Ask) -> list[Finding]:
    """Findings on SPF (RFC 7208), DMARC (RFC 7489) and MX of `domain`, and what cannot be found out."""
    try:
        texts, policies, mail = await asyncio.gather(
            asking(domain, "TXT"), asking(f"_dmarc.{domain}", "TXT"), asking(domain, "MX")
        )
    except Unanswered as error:
        return [note(f"DNS of {domain}", f"SPF, DMARC and MX were not checked, because no resolver answered: {error}")]
    return [
        _spf(domain, [text for text in texts if text.lower().split(" ")[0] == "v=spf1"]),
        _dmarc(domain, [text for text in policies if text.replace(" ", "").lower().startswith("v=dmarc1")]),
        _mx(domain, mail),
        note(f"DKIM of {domain}", "was not checked: where its key is, only the mail server that signs knows"),
    ]


def _spf(domain: str, records: list[str]) -> Finding:
    subject = f"SPF of {domain}"
    if len(records) > 1:
        return wrong(subject, "has more than one record, which counts as an error (RFC 7208 4.5): leave one")
    if not records:
        return wrong(subject, "has no record: mailbox providers refuse bulk mail without one")
    if records[0].lower().endswith("+all"):
        return wrong(subject, f"{records[0]}: +all lets everybody send as you")
    return right(subject, f"{records[0]}; see that it names your mail server")


def _dmarc(domain: str, records: list[str]) -> Finding:
    subject = f"DMARC of {domain}"
    if len(records) == 1:
        return right(subject, records[0])
    if records:
        return wrong(subject, "has more than one record, so none counts (RFC 7489 6.6.3): leave one")
    return wrong(subject, f'has no record at _dmarc.{domain}; begin with "v=DMARC1; p=none"')


def _mx(domain: str, records: list[str]) -> Finding:
    subject = f"MX of {domain}"
    if not records:
        return note(subject, "has no record: answers and bounces may have nowhere to go")
    if records == ["0 ."]:
        return wrong(subject, "says that it takes no mail (RFC 7505): answers and bounces are lost")
    return right(subject, ", ".join(sorted(records)))


def _text(record: object) -> str:
    """A TXT record's strings joined without space (RFC 7208 3.3); another record as zone files write it."""
    strings = getattr(record, "strings", None)
    return b"".join(strings).decode("utf-8", "replace") if strings is not None else str(record)
