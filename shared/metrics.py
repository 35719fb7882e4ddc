"""Prometheus metrics of a service, shown over HTTP where ``<SERVICE>_METRICS_PORT`` asks for it.

One process runs one service, so the metrics are the process's: which service it is says the scraped target.
"""

from collections.abc import Mapping

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    start_http_server,
)

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

REGISTRY = CollectorRegistry()
for _collector in (ProcessCollector, PlatformCollector, GCCollector):
    _collector(registry=REGISTRY)

CALLS = Counter(
    "pawtrait_rpc_total",
    "Calls answered, by gRPC status and by the reason of a refusal (OK where there was none).",
    ["method", "code", "reason"],
    registry=REGISTRY,
)
CALL_SECONDS = Histogram(
    "pawtrait_rpc_seconds", "Time to answer a call.", ["method"], buckets=_SECONDS, registry=REGISTRY
)
IN_FLIGHT = Gauge("pawtrait_rpc_in_flight", "Calls admitted and not yet answered.", registry=REGISTRY)
WAITING = Gauge("pawtrait_work_waiting", "Calls whose work waits for a thread.", registry=REGISTRY)
RUNNING = Gauge("pawtrait_work_running", "Calls whose work runs in a thread.", registry=REGISTRY)
STAGE_SECONDS = Histogram(
    "pawtrait_stage_seconds",
    "Time of the stages of an answer, inference among them.",
    ["stage"],
    buckets=_SECONDS,
    registry=REGISTRY,
)
MATCHES = Counter(
    "pawtrait_matches_total",
    "Questions of identity answered, by whether something matched.",
    ["question", "answer"],
    registry=REGISTRY,
)
STORE_FAILURES = Counter(
    "pawtrait_store_failures_total",
    "Failures of the database and of the object storage: away (it does not answer, or refuses) or full.",
    ["store", "cause"],
    registry=REGISTRY,
)
for _store in ("database", "storage"):
    for _cause in ("away", "full"):
        STORE_FAILURES.labels(_store, _cause)  # From 0, so that the first failure is seen as one.
MODEL = Gauge(
    "pawtrait_model_info", "Always 1; says which model answers.", ["name", "version"], registry=REGISTRY
)


def say_models(versions: Mapping[str, str]) -> None:
    """Show which models answer, by name; those of before are no longer shown."""
    MODEL.clear()
    for name, version in versions.items():
        MODEL.labels(name, version).set(1)


class MetricsServer:
    """Shows the metrics at ``http://<host>:<port>/metrics`` from a thread of its own.

    Args:
        host: address to listen on.
        port: port to listen on; 0 takes any free one.

    Raises:
        OSError: the port is taken.

    """

    def __init__(self, host: str, port: int) -> None:
        self._server, self._thread = start_http_server(port, host, REGISTRY)
        self.port: int = self._server.server_port

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
