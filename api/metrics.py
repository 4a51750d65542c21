"""The API's metrics, one catalogue with a registry of its own: two APIs in one process do not mix."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

_LATENCIES: Final = (0.001, 0.0025, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
"""Finest around the 15 ms that a product's numbers may take; 10 s is the longest wait for Kafka."""


class ApiMetrics:
    """Counters, gauges and histograms of one API. Routes are templates; no tenant is named, for no key is asked."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        self.requests = Counter(
            "aura_api_requests_total", "Requests answered.", ["method", "route", "status"], registry=registry
        )
        self.seconds = Histogram(
            "aura_api_response_seconds",
            "Time from a request to the start of its response; for the live stream, until it is open.",
            ["method", "route"],
            buckets=_LATENCIES,
            registry=registry,
        )
        self.live_clients = Gauge("aura_api_live_clients", "Open live streams.", registry=registry)
        self.live_dropped = Counter(
            "aura_api_live_dropped_total", "Live streams closed because their client did not read.", registry=registry
        )
        self.published = Counter(
            "aura_api_published_total", "Reviews that Kafka acknowledged for a POST.", registry=registry
        )
        self.classified = Counter("aura_api_classified_total", "Reviews classified on request.", registry=registry)
