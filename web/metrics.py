"""Figures of this process for Prometheus; a scrape sees one process, so give each its own address.

Labels are names of routes and classes of answers, never anything a person typed.
"""

from collections import defaultdict
from collections.abc import Iterator
from threading import Lock

BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

Labels = tuple[tuple[str, str], ...]


class Metrics:
    """Counts requests and measures their time; safe for threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._requests: dict[Labels, int] = defaultdict(int)
        self._buckets: dict[Labels, list[int]] = defaultdict(lambda: [0] * (len(BUCKETS_S) + 1))
        self._seconds: dict[Labels, float] = defaultdict(float)

    def observe(self, *, route: str, method: str, status: int, seconds: float) -> None:
        """Record one answered request."""
        place = (("route", route), ("method", method))
        index = next((i for i, bound in enumerate(BUCKETS_S) if seconds <= bound), len(BUCKETS_S))
        with self._lock:
            self._requests[(*place, ("status", str(status)))] += 1
            self._buckets[place][index] += 1
            self._seconds[place] += seconds

    def exposition(self) -> str:
        """Return the text format of Prometheus, version 0.0.4."""
        with self._lock:
            return "\n".join([*self._request_lines(), *self._duration_lines()]) + "\n"

    def _request_lines(self) -> Iterator[str]:
        yield "# HELP amtsweg_http_requests_total Answered requests."
        yield "# TYPE amtsweg_http_requests_total counter"
        for labels, count in sorted(self._requests.items()):
            yield f"amtsweg_http_requests_total{_braces(labels)} {count}"

    def _duration_lines(self) -> Iterator[str]:
        yield "# HELP amtsweg_http_request_seconds Time to answer."
        yield "# TYPE amtsweg_http_request_seconds histogram"
        for labels, counts in sorted(self._buckets.items()):
            total = 0
            for bound, count in zip((*map(str, BUCKETS_S), "+Inf"), counts, strict=True):
                total += count
                yield f"amtsweg_http_request_seconds_bucket{_braces((*labels, ('le', bound)))} {total}"
            yield f"amtsweg_http_request_seconds_sum{_braces(labels)} {self._seconds[labels]:.6f}"
            yield f"amtsweg_http_request_seconds_count{_braces(labels)} {total}"


def _braces(labels: Labels) -> str:
    return "{" + ",".join(f'{name}="{_escape(value)}"' for name, value in labels) + "}"


def _escape(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
