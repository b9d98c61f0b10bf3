"""What a mail says, once it has arrived, of the way that it came: signatures, alignment, the last server, its links."""

import asyncio
import ipaddress
import re
from collections.abc import Iterator
from email.message import EmailMessage
from email.utils import parseaddr
from html.parser import HTMLParser

import dkim

from digest.cli.dns import Ask, Unanswered
from digest.cli.doctoring.inbox import Letter
from digest.cli.findings import Finding, note, right, wrong

_PLAIN_LINK = re.compile(r"https?://[^\s<>\"]+")
_ADDRESS_OF_HOST = re.compile(r"\[(?:IPv6:)?([0-9A-Fa-f.:]+)\]")
_RESULT = re.compile(r"\b(spf|dkim|dmarc)\s*=\s*([a-z]+)", re.IGNORECASE)
_TAG_D = re.compile(r"(?:^|;)\s*d\s*=\s*([^\s;]+)")


async def authenticity(letter: Letter, asking: Ask) -> list[Finding]:
    """Whether a mailbox provider would believe that the mail is from whom it says it is (RFC 7489 3.1)."""
    message = letter.message
    domain = parseaddr(str(message["From"]))[1].rpartition("@")[2].lower()
    signers = [_domain_of(str(value)) for value in message.get_all("DKIM-Signature", [])]
    path = parseaddr(str(message.get("Return-Path", "")))[1].rpartition("@")[2].lower()
    return [
        *await _signatures(letter, signers, asking),
        _alignment(domain, signers, path),
        *_results(message),
        await _last_server(message, asking),
    ]


async def _signatures(letter: Letter, signers: list[str], asking: Ask) -> list[Finding]:
    if not signers:
        return [wrong("DKIM signature", "the mail has none: configure mail.dkim, or have the relay sign")]
    loop = asyncio.get_running_loop()

    async def asked(name: str) -> str:
        try:
            return "".join((await asking(name, "TXT"))[:1])
        except Unanswered:
            return ""

    def txt(name: bytes, timeout: float = 5) -> bytes | None:  # noqa: ARG001 - as the library calls it
        found = asyncio.run_coroutine_threadsafe(asked(name.decode("ascii").rstrip(".")), loop)
        return found.result().encode() or None

    def verified(place: int) -> str:
        try:
            return "" if dkim.DKIM(letter.raw).verify(place, dnsfunc=txt) else "it does not fit what arrived"
        except dkim.DKIMException as error:
            return str(error)

    found = []
    for place, signer in enumerate(signers):
        trouble = await asyncio.to_thread(verified, place)
        subject = f"DKIM signature of {signer}"
        text = f"cannot be verified: {trouble}; a server on the way may have changed the mail"
        found.append(wrong(subject, text) if trouble else right(subject, "verified on the mail as it arrived"))
    return found


def _domain_of(signature: str) -> str:
    found = _TAG_D.search(signature)
    return found.group(1).lower() if found else ""


def _alignment(domain: str, signers: list[str], path: str) -> Finding:
    by = [f"DKIM ({each})" for each in signers if _aligned(each, domain)]
    if path and _aligned(path, domain):
        by.append(f"the return path ({path})")
    if by:
        return right("DMARC alignment", f"From is of {domain}, and so is {' and '.join(by)}")
    others = ", ".join([*signers, path]).strip(", ") or "nobody"
    return wrong("DMARC alignment", f"From is of {domain}, but signature and return path are of {others}")


def _aligned(other: str, domain: str) -> bool:
    """Relaxed, without the list of public suffixes: one is the other, or within it."""
    return other == domain or other.endswith(f".{domain}") or (domain.endswith(f".{other}") and "." in other)


def _results(message: EmailMessage) -> Iterator[Finding]:
    """What the receiving server has found (RFC 8601)."""
    newest = next(iter(message.get_all("Authentication-Results", [])), None)
    if newest is None:
        yield note("receiving server", "says nothing of SPF, DKIM and DMARC (it writes no Authentication-Results)")
        return
    for which, result in dict(_RESULT.findall(str(newest))).items():
        subject = f"{which.upper()} by the receiving server"
        if result.lower() == "pass":
            yield right(subject, "pass")
        elif result.lower() in {"fail", "softfail", "permerror", "none"}:
            yield wrong(subject, f"{result.lower()}: {' '.join(str(newest).split())[:200]}")
        else:
            yield note(subject, result.lower())


async def _last_server(message: EmailMessage, asking: Ask) -> Finding:
    """Whether the server that handed the mail over has a name that leads back to it (RFC 1912 2.1)."""
    received = [str(each) for each in message.get_all("Received", [])]
    addresses = [each for each in map(_address_in, received) if each]
    public = next((each for each in addresses if each.is_global), None)
    if public is None:
        return note("PTR", "the mail came from a private network: nothing can be said of the sending server's name")
    try:
        names = await asking(public.reverse_pointer, "PTR")
        kind = "A" if public.version == 4 else "AAAA"
        for name in names:
            if str(public) in await asking(name.rstrip("."), kind):
                return right("PTR", f"{public} is {name.rstrip('.')}, which is {public}")
    except Unanswered as error:
        return note("PTR", f"of {public} was not checked, because no resolver answered: {error}")
    if not names:
        return wrong("PTR", f"{public}, which sent the mail, has no name: large providers refuse it")
    return wrong("PTR", f"{public} is called {names[0].rstrip('.')}, but that name does not lead to {public}")


def _address_in(received: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    found = _ADDRESS_OF_HOST.search(received)
    try:
        return ipaddress.ip_address(found.group(1)) if found else None
    except ValueError:
        return None


def links(message: EmailMessage) -> list[str]:
    """All that a scanner finds to open in a mail, each once."""
    found: list[str] = []
    for part in message.walk():
        if part.get_content_type() == "text/html":
            reader = _Links()
            reader.feed(part.get_content())
            found.extend(reader.found)
        elif part.get_content_type() == "text/plain":
            found.extend(_PLAIN_LINK.findall(part.get_content()))
    found.extend(_PLAIN_LINK.findall(str(message.get("List-Unsubscribe", ""))))
    return list(dict.fromkeys(found))


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self.found.extend(value for name, value in attrs if name in {"href", "src", "action"} and value)
