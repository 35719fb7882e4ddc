"""Prometheus metrics of the gateway."""

import time
from collections.abc import Callable, Sequence
from http import HTTPStatus

from opentelemetry.trace import Span
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.middleware.disconnect import CLIENT_GONE
from shared import tracing

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """One registry per application, so that several can live in one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)
        self.requests = Counter(
            "pawtrait_http_requests_total",
            "Requests answered.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "pawtrait_http_request_seconds",
            "Time to answer, body included.",
            ["method", "route"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.problems = Counter(
            "pawtrait_problems_total",
            "Requests answered with a problem, by its reason.",
            ["reason", "status"],
            registry=self.registry,
        )
        self.call_seconds = Histogram(
            "pawtrait_service_call_seconds",
            "Time of calls to services, retries included.",
            ["service", "method", "outcome"],
            buckets=_SECONDS,
            registry=self.registry,
        )

    def count_problem(self, reason: str, status: int) -> None:
        """Count an answer that is a problem, whoever made it: routing, limits, keys or a service."""
        self.problems.labels(reason, str(status)).inc()

    def gauge(self, name: str, description: str, value: Callable[[], float]) -> None:
        """Export a number that is read when metrics are asked for."""
        Gauge(name, description, registry=self.registry).set_function(value)

    def render(self) -> bytes:
        """The exposition text."""
        return generate_latest(self.registry)


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class CountRequests:
    """Counts, times and traces requests by route template, so that paths with ids do not multiply series.

    Args:
        app: the application.
        metrics: where they are counted.
        routes: of the application, by which a request that was refused before it was routed is told.

    """

    def __init__(self, app: ASGIApp, metrics: Metrics, routes: Sequence[BaseRoute] = ()) -> None:
        self._app = app
        self._metrics = metrics
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}
        with tracing.serving(f"HTTP {scope['method']}", headers) as span:
            await self._answer(scope, receive, send, span)

    def _template(self, scope: Scope) -> str:
        route = scope.get("route")
        if route is None:
            meant = (each for each in self._routes if each.matches(scope)[0] is Match.FULL)
            route = next(meant, None)
        return getattr(route, "path", "unmatched")

    async def _answer(self, scope: Scope, receive: Receive, send: Send, span: Span) -> None:
        status = CLIENT_GONE
        begun = time.perf_counter()

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watch)
        finally:
            method = scope["method"] if scope["method"] in _METHODS else "other"
            route = self._template(scope)
            self._metrics.requests.labels(method, route, str(status)).inc()
            self._metrics.seconds.labels(method, route).observe(time.perf_counter() - begun)
            span.update_name(f"{method} {route}")
            tracing.say_outcome(span, str(status), failed=status >= HTTPStatus.INTERNAL_SERVER_ERROR)
