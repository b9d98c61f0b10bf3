"""The public pages: where they are, and what keeps their forms from being misused."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, SecretStr

from digest.settings import kinds
from digest.settings.group import Group
from digest.settings.kinds import Between
from digest.settings.values import Endpoint, Rate

#: Bits of work: below it is none, and beyond it a telephone is busy for a minute.
_LEAST_BITS, _MOST_BITS = 8, 22


class FormLimits(Group):
    """How many mails forms may make us send; each process counts for itself, and forgets when it ends."""

    pause: Annotated[kinds.Duration, Between("0s", "1d")] = Field(
        default=timedelta(minutes=10), description="Between two to one address."
    )
    address: kinds.Rate = Field(default=Rate(3, timedelta(days=1)), description="To one address.")
    network: kinds.Rate = Field(
        default=Rate(20, timedelta(hours=1)), description="For those of one network, a /24 or a /48 of IPv6."
    )
    everybody: kinds.Rate = Field(default=Rate(30, timedelta(minutes=1)), description="For all together.")


class Web(Group):
    """The public pages."""

    listen: kinds.Listen = Field(
        default=Endpoint("127.0.0.1", 8080), description="Where the pages are served; put a proxy with TLS in front."
    )
    trusted_proxies: tuple[kinds.Network, ...] = Field(
        default=(), description="Proxies in front, whose X-Forwarded-For is believed, as in `[127.0.0.1, 10.0.0.0/8]`."
    )
    token: kinds.Secret = Field(
        default=SecretStr(""),
        description="Opens `/desk` and `/metrics` to operators, as a password or as `Bearer`. Without one both are for "
        "this machine alone.",
    )
    limits: FormLimits = Field(
        default_factory=FormLimits, description="How many mails forms may make us send, in each process."
    )
    proof_of_work: Literal["off"] | Annotated[int, Field(ge=_LEAST_BITS, le=_MOST_BITS)] = Field(
        default="off",
        description="So many bits of work a browser does before it may subscribe somebody, 8 to 22, as in `18`: for a"
        " form that is under attack. Each more doubles it. It needs JavaScript, and forms elsewhere lead to ours.",
    )
