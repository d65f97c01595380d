"""What is counted while Emoseum works: how often and how long, never who and never what they wrote.

Counting is a dictionary and an addition, so that it costs the way of an answer nothing; Prometheus' library wakes up
only where somebody asks for the figures.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from threading import Lock
from typing import Any

PREFIX = "emoseum"
SERIES_AT_MOST = 300  # of one family; a label that takes ever new values must not fill the memory
_OTHER = "other"

_families: list[Counter | Seconds] = []


class _Family:
    """Figures of one kind, apart by the values of a few labels."""

    def __init__(self, name: str, sentence: str, *labels: str) -> None:
        self.name, self.sentence, self.labels = f"{PREFIX}_{name}", sentence, labels
        self._lock = Lock()

    def _key(self, known: Mapping[tuple[str, ...], Any], values: tuple[str, ...]) -> tuple[str, ...]:
        if values in known or len(known) < SERIES_AT_MOST:
            return values
        return (_OTHER,) * len(self.labels)


class Counter(_Family):
    """How often something happened."""

    def __init__(self, name: str, sentence: str, *labels: str) -> None:
        super().__init__(name, sentence, *labels)
        self._counts: dict[tuple[str, ...], float] = {}
        _families.append(self)

    def add(self, *values: str) -> None:
        """Once more; `values` in the order of the labels."""
        with self._lock:
            key = self._key(self._counts, values)
            self._counts[key] = self._counts.get(key, 0) + 1

    def count(self, *values: str) -> float:
        """How often so far."""
        return self._counts.get(values, 0)

    def collected(self) -> Any:
        """As Prometheus' library wants it."""
        from prometheus_client.core import CounterMetricFamily

        family = CounterMetricFamily(self.name, self.sentence, labels=self.labels)
        with self._lock:
            counts = dict(self._counts)
        for values, count in counts.items():
            family.add_metric(values, count)
        return family


class Seconds(_Family):
    """How long something took."""

    BOUNDS_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)

    def __init__(self, name: str, sentence: str, *labels: str) -> None:
        super().__init__(name, sentence, *labels)
        self._seen: dict[tuple[str, ...], list[float]] = {}  # counts by bound, then above all bounds, then the sum
        _families.append(self)

    def add(self, seconds: float, *values: str) -> None:
        """It took that long; `values` in the order of the labels."""
        with self._lock:
            row = self._seen.setdefault(self._key(self._seen, values), [0.0] * (len(self.BOUNDS_S) + 2))
            row[bisect_left(self.BOUNDS_S, seconds)] += 1
            row[-1] += seconds

    def collected(self) -> Any:
        """As Prometheus' library wants it."""
        from prometheus_client.core import HistogramMetricFamily

        family = HistogramMetricFamily(self.name, self.sentence, labels=self.labels)
        with self._lock:
            seen = {values: list(row) for values, row in self._seen.items()}
        for values, row in seen.items():
            buckets, below = [], 0.0
            for bound, count in zip([*map(str, self.BOUNDS_S), "+Inf"], row[:-1], strict=True):
                below += count
                buckets.append((bound, below))
            family.add_metric(values, buckets, row[-1])
        return family


heard = Counter("messages_heard", "Messages that were kept, and those that came twice.", "platform", "kind", "outcome")
stages = Counter("stages", "Stages of answers by how they ended.", "stage", "outcome")
stage_seconds = Seconds("stage_seconds", "Seconds that a stage took which was done.", "stage")
requests = Counter("platform_requests", "Requests to chat platforms.", "platform", "method", "outcome")
sendings = Counter("sendings", "Replies that were sent, shown anew, refused, or are in doubt.", "platform", "state")
errors = Counter("errors", "Faults that were given a reference.", "where", "kind")


def as_prometheus(gauges: Mapping[tuple[str, str], float]) -> bytes:
    """Everything that was counted, and `gauges` by (name, part), in Prometheus' text format."""
    from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector, generate_latest

    registry = CollectorRegistry(auto_describe=False)
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    registry.register(_Figures(gauges))
    return generate_latest(registry)


class _Figures:
    """What Prometheus' library asks for figures."""

    def __init__(self, gauges: Mapping[tuple[str, str], float]) -> None:
        self._gauges = gauges

    def collect(self) -> Iterator[Any]:
        """See prometheus_client.registry.Collector."""
        from prometheus_client.core import GaugeMetricFamily

        yield from (family.collected() for family in _families)
        families: dict[str, Any] = {}
        for (name, part), value in self._gauges.items():
            gauge = families.setdefault(name, GaugeMetricFamily(f"{PREFIX}_{name}", "Of a part.", labels=("part",)))
            gauge.add_metric((part,), value)
        yield from families.values()
