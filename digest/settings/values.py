"""Parsers of single values: what stands in the YAML -> a value, or `wrong` with what would be right."""

import ipaddress
import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from cronsim import CronSim, CronSimError
from email_validator import EmailNotValidError, validate_email
from pydantic_core import PydanticCustomError

from digest.model import Mailbox, SubjectField

SUBSCRIBER = "subscriber"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_BYTES = {"B": 1, "KB": 1000, "MB": 1000**2, "GB": 1000**3, "KIB": 1024, "MIB": 1024**2, "GIB": 1024**3}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def wrong(message: str, *, hint: str = "", among: tuple[str, ...] = ()) -> PydanticCustomError:
    """What a parser raises. `{value}` in `message` stands for what is written, which may not be shown as it is read.

    `among` are the values that would be right; the nearest becomes the hint.
    """
    return PydanticCustomError("digest", "{said}", {"said": message, "hint": hint, "among": among})


@dataclass(frozen=True, slots=True)
class Rate:
    """So many in so long."""

    count: int
    per: timedelta


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a server listens."""

    host: str
    port: int


def as_text(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise wrong(f"must be {what}")
    return value.strip()


def duration(value: object) -> timedelta:
    text = as_text(value, "a duration, as in 30m")
    if re.fullmatch(r"([0-9]{1,6}[smhdw])+", text):
        return sum((timedelta(seconds=int(n) * SECONDS[u]) for n, u in re.findall(r"(\d+)(\w)", text)), timedelta())
    raise wrong("{value} is not a duration", hint="write a number and s, m, h, d or w, as in 90s, 1h30m or 7d")


def size(value: object) -> int:
    found = re.fullmatch(r"([0-9]{1,12}) ?([KMG]i?B|B)?", as_text(value, "a size, as in 10MB"), re.IGNORECASE)
    if found:
        return int(found[1]) * _BYTES[(found[2] or "B").upper()]
    raise wrong("{value} is not a size", hint="write a number and KB, MB or GB, as in 10MB")


def colour(value: object) -> str:
    """In the one notation that every mail client reads."""
    text = as_text(value, 'a colour, as in "#0b4fa8"').lower()
    if re.fullmatch(r"#([0-9a-f]{3}|[0-9a-f]{6})", text):
        return text
    raise wrong("{value} is not a colour", hint='write it as in "#0b4fa8", in quotes')


def fonts(value: object) -> str:
    """Names with commas between them, fit for a style sheet."""
    text = as_text(value, "names of fonts, as in Georgia, serif")
    if re.fullmatch(r"[A-Za-z0-9' ,-]{1,200}", text) and text.count("'") % 2 == 0:
        return text
    raise wrong("{value} is not a list of fonts", hint="write names with commas between them, as in 'Segoe UI', Arial")


def rate(value: object) -> Rate:
    found = re.fullmatch(r"([0-9]{1,7}) ?/ ?([smhd])", as_text(value, "a rate, as in 50/s"))
    if found and int(found[1]):
        return Rate(int(found[1]), timedelta(seconds=SECONDS[found[2]]))
    raise wrong("{value} is not a rate", hint="write so many per s, m, h or d, as in 50/s or 1000/h")


def percent(value: object) -> float:
    """A share, from 0 to 1."""
    found = re.fullmatch(r"([0-9]{1,3}(?:\.[0-9]{1,3})?) ?%", as_text(value, "a percentage, as in 5%"))
    if found and float(found[1]) <= 100:
        return float(found[1]) / 100
    raise wrong("{value} is not a percentage", hint="write a number from 0 to 100 and %, as in 5%")


def domain(value: object) -> str:
    """A mail domain in lower case, in A-labels."""
    text = as_text(value, "a domain, as in news.example")
    return address(f"postmaster@{text.rstrip('.')}").rpartition("@")[2].lower()


def clock(value: object) -> time:
    found = re.fullmatch(r"([0-9]{1,2}):([0-9]{2})", as_text(value, "a time of day, as in 07:00"))
    if found and int(found[1]) < 24 and int(found[2]) < 60:
        return time(int(found[1]), int(found[2]))
    raise wrong("{value} is not a time of day", hint="write hours and minutes from 00:00 to 23:59")


def weekdays(value: object) -> frozenset[int]:
    """The days, 0 for Monday: of ``daily``, ``mon-fri``, ``sat-mon``, ``mon,wed`` or a list of such."""
    parts = value if isinstance(value, list) else as_text(value, "days, as in mon-fri").split(",")
    found: set[int] = set()
    for part in parts:
        word = as_text(part, "a list of days, as in [mon, wed]").lower()
        first, dash, last = ("mon", "-", "sun") if word == "daily" else word.partition("-")
        for day in (first, last) if dash else (first,):
            if day not in DAYS:
                raise wrong(
                    "{value} names a day that does not exist",
                    hint="write mon-fri, daily, or some of " + ", ".join(DAYS),
                )
        start = DAYS.index(first)
        length = (DAYS.index(last) - start) % 7 if dash else 0
        found.update((start + step) % 7 for step in range(length + 1))
    if not found:
        raise wrong("needs at least one day")
    return frozenset(found)


def cron(value: object) -> str:
    text = " ".join(as_text(value, "a cron expression").split())
    if len(text.split(" ")) != 5:
        raise wrong(
            "{value} is not a cron expression", hint="five fields: minute hour day month weekday, as in 0 7 * * 1-5"
        )
    try:
        next(CronSim(text, datetime(2024, 1, 1)))  # noqa: DTZ001  (wall time has no zone; any moment does)
    except CronSimError as error:
        reason = f"{{value}} is not a cron expression: {str(error).lower()}"
    except StopIteration:
        reason = "{value} is a moment that never comes"
    else:
        return text
    raise wrong(reason)


def zone(value: object) -> str:
    name = as_text(value, "a time zone, as in Europe/London")
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        name = ""
    if name:
        return name
    raise wrong("{value} is not a time zone", among=tuple(sorted(available_timezones())))


def schedule_zone(value: object) -> str:
    return SUBSCRIBER if value == SUBSCRIBER else zone(value)


def line(value: str) -> str:
    """One line of text that can stand in a header and a heading."""
    text = value.strip()
    if _CONTROL.search(text):
        raise wrong("must be a single line without control characters")
    if len(text) > 200:
        raise wrong("must have at most 200 characters")
    return text


def pattern(value: str) -> str:
    """A regular expression that RE2 can search for: in time that grows with the text alone."""
    # The engine of patterns is for those who have some.
    from digest.editions.patterns import problem  # noqa: PLC0415

    if reason := problem(value):
        raise wrong(f"{{value}} cannot be used as a pattern: {reason}", hint="see github.com/google/re2/wiki/Syntax")
    return value


def language(value: object) -> str:
    text = as_text(value, "a language, as in en or pt-BR")
    if re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4}", text):
        return text
    raise wrong("{value} is not a language tag", hint="write it as in en, pt-BR or zh-Hant")


def address(value: object) -> str:
    """A bare address, its domain in A-labels; whether anybody is there, nobody asks."""
    text = as_text(value, "an address, as in digest@news.example")
    try:
        parts = validate_email(
            text, check_deliverability=False, globally_deliverable=False, allow_smtputf8=False, test_environment=True
        )
    except EmailNotValidError:
        parts = None
    if parts is None or not parts.ascii_email:
        raise wrong("{value} is not a mail address", hint="write it as in digest@news.example")
    return parts.ascii_email


def mailbox(value: object) -> Mailbox:
    text = as_text(value, "an address, as in The Daily <digest@news.example>")
    found = re.fullmatch(r"(?:(?P<name>[^<>]*?)\s*<(?P<in>[^<>]+)>|(?P<bare>[^<>]+))", text)
    if not found:
        raise wrong("{value} is not a mail address", hint="write it as in The Daily <digest@news.example>")
    return Mailbox(address=address(found["in"] or found["bare"]), name=line((found["name"] or "").strip('"')))


def web_url(value: object) -> str:
    """An absolute URL that can be fetched."""
    text = as_text(value, "a URL, as in https://news.example/feed.xml")
    if re.search(r"[\s\x00-\x1f\x7f<>\"\\]", text) or not _has_host(text, ("http", "https")):
        raise wrong("{value} is not a URL that can be fetched", hint="write it as in https://news.example/feed.xml")
    return text


def https_url(value: object) -> str:
    text = web_url(value)
    if not text.startswith("https:"):
        raise wrong("{value} is not https", hint="mail programs show pictures by https, and some by nothing else")
    return text


def subject(value: str) -> str:
    """A line whose fields in braces are those that a subject can speak of."""
    text = line(value)
    known = tuple(SubjectField)
    for field in re.findall(r"\{([^{}]*)\}", text):
        if field not in known:
            raise wrong(f"{{value}} speaks of {{{{{field}}}}}, which there is not", among=known)
    if re.search(r"[{}]", re.sub(r"\{[^{}]*\}", "", text)) or not text:
        raise wrong("{value} is not a subject", hint="fields stand in braces, as in {newsletter}: {lead}")
    return text


def site_url(value: object) -> str:
    """Where the public pages are, without a slash at the end."""
    text = web_url(value).rstrip("/")
    parts = urlsplit(text)
    if parts.query or parts.fragment or "@" in parts.netloc:
        raise wrong("must be a plain address without ?, # or a password", hint="write it as in https://news.example")
    if parts.netloc.isascii():
        return text
    # Mails name it in their headers, which are ASCII.
    port = f":{parts.port}" if parts.port else ""
    return parts._replace(netloc=domain(parts.hostname) + port).geturl()


def _has_host(text: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:  # its words would repeat what may be a password
        return False


def host(value: object) -> str:
    text = as_text(value, "a host name, as in mail.example")
    if re.fullmatch(r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252})", text) or is_ip(text):
        return text
    raise wrong(
        "{value} is not a host name", hint="without smtp:// and port, as in mail.example; the port has its own key"
    )


def is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def endpoint(value: object) -> Endpoint:
    found = re.fullmatch(r"(?:(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9_.-]+):)?([0-9]{1,5})", as_text(value, "host:port"))
    if found and int(found[2]) < 65_536:
        return Endpoint((found[1] or "127.0.0.1").strip("[]"), int(found[2]))
    raise wrong("{value} is not a place to listen at", hint="write host:port, as in 127.0.0.1:8080")


def name(value: str) -> str:
    if re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", value):
        return value
    fitting = re.sub(r"[^a-z0-9_-]+", "-", value.lower()).strip("-_")[:64]
    raise wrong("a name is made of a-z, 0-9, - and _, and has at most 64 characters", among=(fitting,))


def network(value: object) -> str:
    """An IP address, or a network as in 10.0.0.0/8."""
    given = as_text(value, "an IP address or network, as in 10.0.0.0/8")
    try:
        return str(ipaddress.ip_network(given, strict=False))
    except ValueError:
        raise wrong("{value} is not an IP address or network", hint="as in 127.0.0.1 or 10.0.0.0/8") from None
