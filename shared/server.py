"""Starts a gRPC service, keeps its health honest, and stops it cleanly."""

import asyncio
import signal
import sys
from collections.abc import Mapping
from typing import Protocol

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from shared.grpc_tls import GrpcTlsSettings, server_credentials
from shared.health import Health
from shared.interceptors import CallInterceptor
from shared.metrics import MetricsServer, say_models
from shared.settings import ServiceSettings
from shared.telemetry import configure_logging, get_logger
from shared.tracing import configure_tracing

_SERVING = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING

log = get_logger(__name__)


class GrpcService(Protocol):
    """A service that :func:`serve` can run."""

    name: str
    """Short name, e.g. ``"traits"``."""
    full_name: str
    """Full protobuf name, e.g. ``"pawtrait.traits.v1.TraitsService"``."""

    def register(self, server: grpc.aio.Server) -> None:
        """Add the servicer to the server."""

    async def load(self) -> None:
        """Load what answers need and try it once; the service is healthy when this returns."""

    def models(self) -> Mapping[str, str]:
        """Version of each model that answers, by its name; asked once loaded."""

    def close(self) -> None:
        """Let go of threads and files after the last call."""


async def serve(service: GrpcService, settings: ServiceSettings) -> None:
    """Run a service until SIGTERM or SIGINT, then drain and return.

    The port is bound before the model loads, so that probes get NOT_SERVING rather than a refused
    connection; calls in that time get UNAVAILABLE.

    Raises:
        OSError: the port, or the one for metrics or health, is taken, or a file for TLS cannot be read.

    """
    configure_logging(service.name, settings.log_level, settings.log_format)
    stop_tracing = configure_tracing(service.name)
    calls = CallInterceptor(service.name, settings.max_in_flight, settings.default_deadline.total_seconds())
    server = grpc.aio.server(interceptors=[calls], options=_options(settings))
    service.register(server)
    health = Health(service.full_name)
    health_pb2_grpc.add_HealthServicer_to_server(health, server)
    await health.say(_NOT_SERVING)
    if settings.reflection:
        reflection.enable_server_reflection(
            [
                service.full_name,
                health_pb2.DESCRIPTOR.services_by_name["Health"].full_name,
                reflection.SERVICE_NAME,
            ],
            server,
        )
    port = _bind(server, settings.host, settings.port, server_credentials(GrpcTlsSettings()))
    health_server, health_port = _health_server(health, settings)
    shown = MetricsServer(settings.host, settings.metrics_port) if settings.metrics_port is not None else None
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)

    await server.start()
    if health_server is not None:
        await health_server.start()
    further = {"metrics_port": shown and shown.port, "health_port": health_port}
    log.info("started", port=port, **{name: value for name, value in further.items() if value})
    try:
        if await _load_unless_stopped(service, stop):
            say_models(service.models())
            calls.ready = True
            await health.say(_SERVING)
            log.info("serving", port=port)
            await stop.wait()
            log.info("draining")
            await health.say(_NOT_SERVING)
            # Balancers need a moment to notice before new calls are refused.
            await asyncio.sleep(settings.drain.total_seconds())
    finally:
        health.close()
        await server.stop(settings.grace.total_seconds())
        if health_server is not None:
            await health_server.stop(0)
        service.close()
        if shown is not None:
            shown.close()
        await asyncio.to_thread(stop_tracing)
        log.info("stopped")


def run(service: GrpcService, settings: ServiceSettings) -> None:
    """Run :func:`serve` on uvloop; the body of a service's ``__main__``.

    Ends the process with status 1 and one log line that says why when the service cannot run.
    """
    import uvloop

    try:
        uvloop.run(serve(service, settings))
    except OSError as error:
        # A port that is taken, a model file that is missing: the sentence says it all.
        log.critical("cannot_run", reason=str(error))
        sys.exit(1)
    except Exception as error:
        log.critical("cannot_run", reason=str(error), exc_info=True)
        sys.exit(1)


def _bind(
    server: grpc.aio.Server, host: str, port: int, credentials: grpc.ServerCredentials | None = None
) -> int:
    address = f"{host}:{port}"
    try:
        bound: int = (
            server.add_insecure_port(address)
            if credentials is None
            else server.add_secure_port(address, credentials)
        )
    except RuntimeError as error:
        raise OSError(f"cannot listen on {address}: {error}") from error
    if bound == 0:
        raise OSError(f"cannot listen on {address}")
    return bound


def _health_server(health: Health, settings: ServiceSettings) -> tuple[grpc.aio.Server | None, int | None]:
    if settings.health_port is None:
        return None, None
    server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
    health_pb2_grpc.add_HealthServicer_to_server(health, server)
    return server, _bind(server, settings.host, settings.health_port)


def _options(settings: ServiceSettings) -> list[tuple[str, int]]:
    return [
        ("grpc.max_receive_message_length", settings.max_message_bytes),
        ("grpc.max_send_message_length", settings.max_message_bytes),
        # Two servers must not share a port silently: the second has to fail.
        ("grpc.so_reuseport", 0),
        ("grpc.max_connection_age_ms", int(settings.max_connection_age.total_seconds() * 1000)),
        ("grpc.max_connection_age_grace_ms", int(settings.grace.total_seconds() * 1000)),
    ]


async def _load_unless_stopped(service: GrpcService, stop: asyncio.Event) -> bool:
    loading = asyncio.ensure_future(service.load())
    stopped = asyncio.ensure_future(stop.wait())
    await asyncio.wait({loading, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if not loading.done():
        loading.cancel()
        return False
    await loading
    return not stop.is_set()
