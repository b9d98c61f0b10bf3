"""The types of the settings' fields: a parser each, its bounds, and what editors and the reference say of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time, timedelta
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    SecretStr,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, core_schema

from digest.model import DayOfMonth, Mailbox
from digest.settings import days, resolving, values
from digest.settings.days import Interval
from digest.settings.values import DAYS, SECONDS, Endpoint, wrong


@dataclass(frozen=True, slots=True)
class Kind:
    """What a value is, in words for the reference."""

    text: str


@dataclass(frozen=True, slots=True)
class Follows:
    """The default of a field that has none of its own, in words for the reference."""

    text: str


@dataclass(frozen=True, slots=True)
class Between:
    """The least and the most that a duration or a size may be, as they are written."""

    low: str
    high: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def _check(self, value: Any) -> Any:
        parse: Callable[[str], Any] = values.duration if isinstance(value, timedelta) else values.size
        if parse(self.low) <= value <= parse(self.high):
            return value
        raise wrong(f"must be between {self.low} and {self.high}, not {{value}}")


@dataclass(frozen=True, slots=True)
class Shaped:
    """The JSON Schema of a value that a parser reads from text."""

    pattern: str = ""
    format: str = ""

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        shape = {"pattern": self.pattern, "format": self.format}
        return {"type": "string", **{key: value for key, value in shape.items() if value}}


def _listed(value: object) -> object:
    """A list where a single text stands for a list of one."""
    return [value] if isinstance(value, str) else value


def _ascending(value: tuple[time, ...]) -> tuple[time, ...]:
    return tuple(sorted(set(value)))


_CLOCK = r"^([01]?[0-9]|2[0-3]):[0-5][0-9]$"
_DAY = f"({'|'.join(DAYS)})"
_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_SPAN = rf"^{_DATE}(\.\.{_DATE})?$"
_DAYS = rf"^(daily|{_DAY}(-{_DAY})?)(, ?{_DAY}(-{_DAY})?)*$"

Line = Annotated[str, AfterValidator(values.line), Kind("text")]
Name = Annotated[str, AfterValidator(values.name), Kind("name"), Shaped(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
Secret = Annotated[SecretStr, Kind("secret text")]
Duration = Annotated[
    timedelta, BeforeValidator(values.duration), Kind("duration"), Shaped(pattern=r"^([0-9]+[smhdw])+$")
]
Size = Annotated[int, BeforeValidator(values.size), Kind("size"), Shaped(pattern=r"^[0-9]+ ?([KMGkmg][Ii]?)?[Bb]?$")]
_RATE = r"^[0-9]+ ?/ ?[smhd]$"
Rate = Annotated[values.Rate, BeforeValidator(values.rate), Kind("rate"), Shaped(pattern=_RATE)]
Frequencies = Annotated[
    tuple[Rate, ...],
    BeforeValidator(_listed),
    Kind("rate, or a list of them"),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": _RATE},
                {"type": "array", "items": {"type": "string", "pattern": _RATE}},
            ]
        }
    ),
]
Percent = Annotated[
    float, BeforeValidator(values.percent), Kind("percentage"), Shaped(pattern=r"^[0-9]{1,3}(\.[0-9]+)?%$")
]
Domain = Annotated[str, BeforeValidator(values.domain), Kind("domain"), Shaped()]
Address = Annotated[str, BeforeValidator(values.address), Kind("mail address"), Shaped()]
Sender = Annotated[Mailbox, BeforeValidator(values.mailbox), Kind("mail address, with a name if you like"), Shaped()]
WebUrl = Annotated[str, BeforeValidator(values.web_url), Kind("URL"), Shaped(format="uri")]
HttpsUrl = Annotated[str, BeforeValidator(values.https_url), Kind("https URL"), Shaped(format="uri")]
SiteUrl = Annotated[str, BeforeValidator(values.site_url), Kind("URL"), Shaped(format="uri")]
Colour = Annotated[str, BeforeValidator(values.colour), Kind("colour"), Shaped(pattern=r"^#([0-9A-Fa-f]{3}){1,2}$")]
Fonts = Annotated[str, BeforeValidator(values.fonts), Kind("names of fonts"), Shaped()]
Subject = Annotated[str, AfterValidator(values.subject), Kind("text with fields in braces")]
Host = Annotated[str, BeforeValidator(values.host), Kind("host name"), Shaped()]
Network = Annotated[str, BeforeValidator(values.network), Kind("IP address or network"), Shaped()]
Listen = Annotated[Endpoint, BeforeValidator(values.endpoint), Kind("host:port"), Shaped()]
Language = Annotated[str, BeforeValidator(values.language), Kind("language tag"), Shaped()]
Zone = Annotated[str, BeforeValidator(values.zone), Kind("time zone"), Shaped()]
ScheduleZone = Annotated[
    str, BeforeValidator(values.schedule_zone), Kind(f"time zone or `{values.SUBSCRIBER}`"), Shaped()
]
Cron = Annotated[str, BeforeValidator(values.cron), Kind("cron expression of five fields"), Shaped()]
Clock = Annotated[time, BeforeValidator(values.clock), Kind("time of day"), Shaped(pattern=_CLOCK)]
Clocks = Annotated[
    tuple[Clock, ...],
    AfterValidator(_ascending),
    BeforeValidator(_listed),
    Kind("time of day, or a list of them"),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": _CLOCK},
                {"type": "array", "items": {"type": "string", "pattern": _CLOCK}, "minItems": 1},
            ]
        }
    ),
]
Days = Annotated[
    frozenset[int],
    BeforeValidator(values.weekdays),
    Kind("`daily`, days and ranges of days, or a list of them"),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": _DAYS},
                {"type": "array", "items": {"type": "string", "pattern": _DAYS}, "minItems": 1},
            ]
        }
    ),
]
Every = Annotated[
    Interval,
    BeforeValidator(days.interval),
    Kind("days or weeks, as in `2 weeks`"),
    Shaped(pattern=r"^[1-9][0-9]{0,2} (day|week)s?$"),
]
Day = Annotated[date, BeforeValidator(days.day), Kind("date"), Shaped(pattern=f"^{_DATE}$")]
Span = Annotated[tuple[date, date], BeforeValidator(days.span), Kind("date, or two with `..` between them")]
Spans = Annotated[
    tuple[Span, ...],
    BeforeValidator(_listed),
    Kind("date, two with `..` between them, or a list of such"),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": _SPAN},
                {"type": "array", "items": {"type": "string", "pattern": _SPAN}},
            ]
        }
    ),
]
Monthly = Annotated[
    tuple[Annotated[DayOfMonth, BeforeValidator(days.day_of_month)], ...],
    BeforeValidator(_listed),
    Kind("`first monday`, `last day`, `15`, or a list of such"),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": ["string", "integer"]},
                {"type": "array", "items": {"type": ["string", "integer"]}, "minItems": 1},
            ]
        }
    ),
]
Places = Annotated[
    tuple[Annotated[str, BeforeValidator(days.place)], ...],
    BeforeValidator(_listed),
    Kind("country or part of one, or a list of such"),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
Texts = Annotated[
    tuple[Line, ...],
    BeforeValidator(_listed),
    Kind("list of texts"),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
Pattern = Annotated[str, AfterValidator(values.line), AfterValidator(values.pattern), Kind("regular expression")]
Patterns = Annotated[
    tuple[Pattern, ...],
    BeforeValidator(_listed),
    Kind("list of regular expressions"),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
CategoryName = Annotated[str, AfterValidator(resolving.category), Kind("category")]
CategoryNames = Annotated[
    tuple[CategoryName, ...],
    BeforeValidator(_listed),
    Kind("list of categories"),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
Template = Annotated[str, AfterValidator(resolving.template), Kind("name of a template")]
Folder = Annotated[Path, BeforeValidator(resolving.folder), Kind("folder"), Shaped()]
Database = Annotated[SecretStr, BeforeValidator(resolving.database), Kind("URL of SQLite or PostgreSQL"), Shaped()]


def written(value: object) -> object:
    """A default as it would be written in YAML."""
    match value:
        case SecretStr():
            value = value.get_secret_value()
        case timedelta():
            value = _written_duration(value)
        case time():
            value = f"{value:%H:%M}"
        case Endpoint():
            value = f"{value.host}:{value.port}"
        case Enum():
            value = value.value
        case frozenset():
            value = "daily" if len(value) == len(DAYS) else ",".join(DAYS[day] for day in sorted(value))
        case tuple():
            value = written(value[0]) if len(value) == 1 else [written(item) for item in value]
    return value


def _written_duration(value: timedelta) -> str:
    seconds = int(value.total_seconds())
    unit = next((unit for unit in "hm" if seconds % SECONDS[unit] == 0), "s")
    return f"{seconds // SECONDS[unit]}{unit}"
