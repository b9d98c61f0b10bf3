"""What the address of the page asks for: which newsletter, when, and whose letter."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from starlette.datastructures import QueryParams

from digest.app.asked import MadeUp
from digest.app.house import House
from digest.app.scene import Asked
from digest.editions.due import zone_of
from digest.errors import UsageError

NOW = "now"
#: Characters of a value; what is longer is cut.
_LONGEST = 320
_MOST_CATEGORIES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """As it stands in the address."""

    newsletter: str
    #: Empty: the next slot; `NOW`; or ISO 8601, by the newsletter's clock where it names no zone.
    at: str = ""
    #: Empty: the reader is made up.
    reader: str = ""
    made_up: MadeUp

    @classmethod
    def of(cls, query: QueryParams, newsletter: str) -> "Question":
        """`newsletter`: where none is named."""
        return cls(
            newsletter=_one(query, "newsletter") or newsletter,
            at=_one(query, "at"),
            reader=_one(query, "reader"),
            made_up=MadeUp(
                categories=tuple(name for name in query.getlist("categories")[:_MOST_CATEGORIES] if name),
                language=_one(query, "language"),
                zone=_one(query, "zone"),
            ),
        )

    def asked(self, house: House) -> Asked:
        """Raises UnknownName where there is no such newsletter, UsageError where `at` is no moment."""
        newsletter = house.newsletter(self.newsletter)
        zone = zone_of(newsletter, house.site, "")
        at = house.clock() if self.at == NOW else moment(self.at, zone) if self.at else None
        return Asked(newsletter=newsletter, reader=self.reader, at=at, made_up=self.made_up)


def _one(query: QueryParams, name: str) -> str:
    return query.get(name, "").strip()[:_LONGEST]


def moment(text: str, zone: ZoneInfo) -> datetime:
    """ISO 8601, aware, UTC; by the clock of `zone` where it names none. Raises UsageError."""
    try:
        moment = datetime.fromisoformat(text)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
        return aware.astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(f"{text[:40]!r} is no date and time; write it as in 2026-11-24 07:00") from None


def written(at: datetime) -> str:
    """`at`, aware, as `moment` reads it back by the same clock; the second of a time that comes twice has its zone."""
    wall = at.replace(tzinfo=None)
    text = wall.isoformat(timespec="minutes" if wall == wall.replace(second=0, microsecond=0) else "auto")
    is_plain = wall.replace(tzinfo=at.tzinfo).astimezone(UTC) == at.astimezone(UTC)
    return text if is_plain else at.isoformat()
