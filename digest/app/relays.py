"""The mail servers of the configuration."""

from collections.abc import Sequence
from datetime import timedelta

from digest.mail.relay import Relay, Security
from digest.settings.schema import Mail, Smtp
from digest.settings.values import Rate


def relays(mail: Mail) -> list[Relay]:
    """The first one first."""
    return [_relay(mail.smtp, 1), *(_relay(each, each.weight) for each in mail.relays)]


def rates(chosen: Sequence[Rate]) -> tuple[tuple[int, timedelta], ...]:
    """So many in so long."""
    return tuple((rate.count, rate.per) for rate in chosen)


def _relay(smtp: Smtp, weight: int) -> Relay:
    return Relay(
        host=smtp.host,
        port=smtp.port,
        security=Security(smtp.security),
        username=smtp.username,
        password=smtp.password.get_secret_value(),
        connections=smtp.connections,
        reuse=smtp.reuse,
        weight=weight,
        rates=rates(smtp.rate),
        timeout=smtp.timeout.total_seconds(),
        verify=smtp.verify,
    )
