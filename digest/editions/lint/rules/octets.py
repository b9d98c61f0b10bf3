"""The message as bytes: what a mail server refuses before anybody reads it."""

from collections.abc import Iterator

from digest.editions.lint.finding import Finding, Place, Severity
from digest.editions.lint.rule import HEADERS

_LONGEST = 998


def long_lines(message: bytes) -> Iterator[Finding]:
    """Lines that are longer than a server need take."""
    lines = [(place, line) for place, line in enumerate(message.splitlines(), 1) if len(line) > _LONGEST]
    if lines:
        place, line = lines[0]
        snippet = " ".join(line[:100].decode("ascii", "replace").split())
        yield Finding(
            rule="line-too-long",
            severity=Severity.ERROR,
            what=f"Line {place} of the message has {len(line):,} bytes; {_LONGEST} are allowed.",
            readers="all: servers refuse it, or break it where it hurts",
            mend="Send it with Digest, which encodes both parts as quoted-printable.",
            place=Place(part=HEADERS, line=place, snippet=snippet),
            count=len(lines),
            source="RFC 5322 2.1.1",
        )
