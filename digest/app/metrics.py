"""Figures in the format that Prometheus reads (the only importer of its library).

What is counted is this process's own; what stands in the store is read from it, and so the same from whichever process.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from digest import __version__
from digest.app.house import House
from digest.app.vitals import Vitals
from digest.deliver.meter import BOUNDS
from digest.model import DeliveryState
from digest.store.gauges import Gauges, gauges

#: What `Metrics.text` is, for HTTP.
KIND = CONTENT_TYPE_LATEST
#: The store is asked no more often than this.
_FRESH = timedelta(seconds=10)


class Metrics:
    """The figures of `house` and of this process."""

    def __init__(self, house: House, vitals: Vitals) -> None:
        self._house, self._vitals = house, vitals
        self._read: tuple[datetime, Gauges] | None = None

    async def text(self) -> bytes:
        """All of them. Raises what the store raises."""
        registry = CollectorRegistry()
        registry.register(_Given(_counted(self._vitals)))
        registry.register(_Given(_found(await self._gauges(), self._house.clock())))
        ProcessCollector(namespace="digest", pid=os.getpid, registry=registry)
        return generate_latest(registry)

    async def _gauges(self) -> Gauges:
        now = self._house.clock()
        if self._read is None or not timedelta() <= now - self._read[0] < _FRESH:
            self._read = now, await self._house.database.run(gauges, now)
        return self._read[1]


@dataclass(frozen=True, slots=True, eq=False)
class _Given(Collector):
    metrics: tuple[Metric, ...]

    def collect(self) -> Iterator[Metric]:
        yield from self.metrics


def _counted(vitals: Vitals) -> tuple[Metric, ...]:
    meter = vitals.meter
    slots = CounterMetricFamily("digest_slots", "Slots settled by this process.", labels=["newsletter", "outcome"])
    for (newsletter, outcome), count in sorted(vitals.slots.items()):
        slots.add_metric([newsletter, outcome], count)
    rounds = GaugeMetricFamily(
        "digest_round_timestamp_seconds", "When each round of the scheduler was made last.", labels=["round"]
    )
    for name, at in sorted(vitals.rounds.items()):
        rounds.add_metric([name], at.timestamp())
    return (
        InfoMetricFamily("digest_build", "The version that runs.", value={"version": __version__}),
        _counter("digest_polls", "Polls of feeds by this process.", "outcome", vitals.polls),
        _counter("digest_articles", "Articles taken in by this process.", "outcome", vitals.articles),
        _counter("digest_deliveries", "Deliveries recorded by this process.", "outcome", meter.outcomes),
        _counter(
            "digest_smtp_replies",
            "Replies of mail servers that settled a delivery, by class.",
            "class",
            {f"{first}xx": count for first, count in meter.replies.items()},
        ),
        CounterMetricFamily("digest_relay_refusals", "Times that no relay took anything from us.", vitals.refusals),
        _latency(meter.waits, meter.waited),
        GaugeMetricFamily(
            "digest_certificate_end_timestamp_seconds",
            "When the certificate of site.url ends; 0: that is not known.",
            vitals.certificate_ends.timestamp() if vitals.certificate_ends else 0.0,
        ),
        slots,
        rounds,
    )


def _latency(waits: list[int], waited: float) -> Metric:
    buckets, so_far = [], 0
    for bound, count in zip((*map(str, BOUNDS), "+Inf"), waits, strict=True):
        so_far += count
        buckets.append((bound, float(so_far)))
    said = "Seconds from a message's final dot to the answer."
    return HistogramMetricFamily("digest_smtp_answer_seconds", said, buckets=buckets, sum_value=waited)


def _counter(name: str, said: str, label: str, counts: Mapping[str, int]) -> Metric:
    family = CounterMetricFamily(name, said, labels=[label])
    for value, count in sorted(counts.items()):
        family.add_metric([value], count)
    return family


def _found(known: Gauges, now: datetime) -> tuple[Metric, ...]:
    waiting = known.outbox
    outbox = {
        **{state.value: waiting.states.get(state, 0) for state in (DeliveryState.QUEUED, DeliveryState.SENDING)},
        DeliveryState.DEFERRED.value: waiting.states.get(DeliveryState.DEFERRED, 0),
        "in doubt": waiting.in_doubt,
    }
    age = (now - known.oldest_due).total_seconds() if known.oldest_due else 0.0
    arrived = known.last_arrival.timestamp() if known.last_arrival else 0.0
    return (
        _gauge("digest_outbox_deliveries", "Deliveries that are not settled.", ("state",), _one(outbox)),
        GaugeMetricFamily("digest_outbox_age_seconds", "How long the oldest delivery has been due.", age),
        _gauge(
            "digest_editions",
            "Editions by state.",
            ("newsletter", "state"),
            {(name, state.value): count for (name, state), count in known.editions.items()},
        ),
        _gauge(
            "digest_subscriptions",
            "Subscriptions by state.",
            ("newsletter", "state"),
            {(name, state.value): count for (name, state), count in known.readers.items()},
        ),
        _gauge("digest_suppressions", "Addresses that are not mailed.", ("reason",), _one(known.suppressed)),
        GaugeMetricFamily("digest_articles_stored", "Articles in the store.", known.articles),
        GaugeMetricFamily("digest_last_arrival_timestamp_seconds", "When the last article arrived.", arrived),
        GaugeMetricFamily("digest_letters_stored", "Letters that were frozen.", known.letters),
        GaugeMetricFamily("digest_feeds_failing", "Feeds whose last poll failed.", known.failing),
    )


def _one(counts: Mapping[str, int]) -> dict[tuple[str, ...], int]:
    return {(name,): count for name, count in counts.items()}


def _gauge(name: str, said: str, labels: tuple[str, ...], values: Mapping[tuple[str, ...], int]) -> Metric:
    family = GaugeMetricFamily(name, said, labels=labels)
    for own, value in sorted(values.items()):
        family.add_metric(own, value)
    return family
