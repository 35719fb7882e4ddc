"""Settings that every gRPC service has. Each service subclasses this with its own prefix."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.durations import Duration
from shared.telemetry import LogFormat


class ServiceSettings(BaseSettings):
    """Read from the environment; a subclass sets ``env_prefix``, e.g. ``TRAITS_``."""

    model_config = SettingsConfigDict(extra="ignore")

    host: str = "127.0.0.1"
    """Address to listen on."""
    port: Annotated[int, Field(ge=0, le=65535)]
    """Port to listen on; 0 takes any free one."""
    health_port: Annotated[int, Field(ge=0, le=65535)] | None = None
    """Port that answers health checks in plaintext, and nothing else, for probes that speak no TLS; unset:
    health is asked on the port of the calls."""
    max_in_flight: Annotated[int, Field(ge=1, le=1024)] = 16
    """Calls in progress at most; one more is answered RESOURCE_EXHAUSTED. Health checks are exempt."""
    workers: Annotated[int, Field(ge=1, le=64)] = 2
    """Threads that run models, so that the event loop never waits for one."""
    inference_threads: Annotated[int, Field(ge=1, le=64)] = 1
    """Cores that one inference may use."""
    default_deadline: Duration = timedelta(seconds=30)
    """Time a call may take when its caller set no deadline."""
    reflection: bool = True
    """Whether server reflection is on, for grpcurl."""
    drain: Duration = timedelta(seconds=1)
    """Time between saying NOT_SERVING and refusing new calls at shutdown."""
    grace: Duration = timedelta(seconds=10)
    """Time that calls in progress get to finish at shutdown."""
    max_message_bytes: Annotated[int, Field(ge=1_000_000)] = 20_000_000
    """Largest message taken or sent: one photo of 15 MB and room around it."""
    max_connection_age: Duration = timedelta(minutes=5)
    """Age at which clients are asked to reconnect, so that they find new replicas."""
    metrics_port: Annotated[int, Field(ge=0, le=65535)] | None = None
    """Port that Prometheus metrics are shown on, by HTTP and to whoever reaches it; unset: none."""
    log_level: str = "INFO"
    """Lowest level that is logged."""
    log_format: LogFormat = "json"
    """``json`` or ``console``."""
