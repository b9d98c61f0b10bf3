"""What `digest check` says of the keys that sign letters."""

from collections.abc import Iterator, Sequence

from digest.app.domain_keys import Configured, configured
from digest.app.house import House
from digest.cli.dns import Ask, Unanswered
from digest.cli.findings import Finding, note, right, wrong
from digest.errors import ConfigurationError
from digest.mail.dkim_keys import GOOD_BITS


def on_keys(house: House) -> Iterator[Finding]:
    """Whether they can be read and can sign for the sender's domain."""
    try:
        for each in configured(house.settings):
            if each.private.is_weak:
                text = f"is an RSA key of {each.private.bits} bits: make one of {GOOD_BITS} (RFC 8301 3.2)"
                yield note(f"{each.key_path}.key", text)
    except ConfigurationError as error:
        yield from [wrong(problem.key, f"{problem.message} ({problem.hint})") for problem in error.problems]


async def on_records(house: House, asking: Ask) -> list[Finding]:
    """Whether the DNS has the public half of each key; nothing of those that cannot be read."""
    try:
        return [await _record(each, asking) for each in configured(house.settings)]
    except ConfigurationError:
        return []


async def _record(each: Configured, asking: Ask) -> Finding:
    subject = f"DKIM of {each.domain}"
    try:
        texts = await asking(each.name, "TXT")
    except Unanswered as error:
        return note(subject, f"{each.name} was not checked, because no resolver answered: {error}")
    return _judged(subject, each, texts)


def _judged(subject: str, each: Configured, texts: Sequence[str]) -> Finding:
    if not texts:
        return wrong(subject, f"{each.name} has no record: add TXT {each.private.record()}")
    if len(texts) > 1:
        return wrong(
            subject, f"{each.name} has more than one record, so receivers take any (RFC 6376 3.6.2.2): leave one"
        )
    trouble = each.private.trouble(texts[0])
    return (
        wrong(subject, f"{each.name} {trouble}") if trouble else right(subject, f"{each.name} has the key that signs")
    )
