"""What operators are told of, and how."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field, SecretStr

from digest.settings import kinds
from digest.settings.group import Group
from digest.settings.kinds import Between, Follows


class AlertSettings(Group):
    """Told once when something goes wrong, and once when it is over."""

    mail: bool = Field(default=True, description="Whether `mail.operators` are written to.")
    webhook: Annotated[kinds.WebUrl | None, Follows("none")] = Field(
        default=None, description="Where it is posted to as JSON, as in `https://hooks.example/digest`."
    )
    webhook_secret: kinds.Secret = Field(
        default=SecretStr(""),
        description="Signs what is posted: `X-Digest-Signature: sha256=...`, an HMAC of the body.",
    )
    feed_failing_after: Annotated[kinds.Duration, Between("5m", "30d")] = Field(
        default=timedelta(hours=24), description="A feed whose polls have failed for so long."
    )
    feed_silent_gaps: float = Field(
        default=10, ge=2, le=1000, description="A feed that brings nothing for so many of its usual gaps, and two days."
    )
    late_after: Annotated[kinds.Duration, Between("5m", "2d")] = Field(
        default=timedelta(minutes=30), description="A slot of which nothing was made, or mail that has waited, so long."
    )
    bounces: kinds.Percent = Field(default=0.05, description="Mail that came back in a day, as a share of the readers.")
    complaints: kinds.Percent = Field(default=0.003, description="Complaints in a day, as a share of the readers.")
    disk_free: kinds.Percent = Field(default=0.05, description="Less than this is free on the database's disk.")
    nothing_due: Annotated[kinds.Duration, Between("0s", "400d")] = Field(
        default=timedelta(days=7), description="No newsletter has a slot within this; `0s`: not told of."
    )
    certificate_within: Annotated[kinds.Duration, Between("0s", "90d")] = Field(
        default=timedelta(days=14), description="The certificate of `site.url` ends within this."
    )
