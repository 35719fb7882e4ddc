"""Settings of the gateway, read from the environment."""

import ipaddress
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

from limits import parse_many
from pydantic import AfterValidator, Field, PositiveInt, SecretStr, model_validator
from pydantic.functional_validators import BeforeValidator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from gateway.keys.scopes import Scope
from gateway.quotas import Quota
from shared.durations import Duration
from shared.storage_settings import StorageSettings
from shared.telemetry import LogFormat


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _rates(value: str) -> str:
    if value:
        parse_many(value)
    return value


def _long_enough(value: SecretStr) -> SecretStr:
    if 0 < len(value.get_secret_value()) < 16:
        raise ValueError("must have at least 16 characters")
    return value


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


Rates = Annotated[str, AfterValidator(_rates)]


class GatewaySettings(BaseSettings):
    """``GATEWAY_…`` in the environment; the port and the services' addresses have names of their own."""

    model_config = SettingsConfigDict(env_prefix="GATEWAY_", extra="ignore", populate_by_name=True)

    host: str = "127.0.0.1"
    """Address to listen on."""
    port: Annotated[int, Field(ge=0, le=65535, validation_alias="PORT")] = 8000
    """Port to listen on."""

    tls_cert_file: Path | None = None
    """Certificate with its chain (PEM): the gateway speaks HTTPS, and follows the file when it is renewed;
    unset: HTTP, for the loopback or behind an edge that ends TLS."""
    tls_key_file: Path | None = None
    """Its private key."""

    traits_address: Annotated[str, Field(validation_alias="TRAITS_ADDRESS")] = "127.0.0.1:50051"
    """``host:port`` of the traits service; a name with several addresses is balanced over."""
    facecolor_address: Annotated[str, Field(validation_alias="FACECOLOR_ADDRESS")] = "127.0.0.1:50052"
    """The same of the face-colour service."""
    icon_address: Annotated[str, Field(validation_alias="ICON_ADDRESS")] = "127.0.0.1:50053"
    """The same of the icon service."""
    noseprint_address: Annotated[str, Field(validation_alias="NOSEPRINT_ADDRESS")] = "127.0.0.1:50054"
    """The same of the nose-print service."""
    facetype_address: Annotated[str, Field(validation_alias="FACETYPE_ADDRESS")] = "127.0.0.1:50055"
    """The same of the face type service."""

    admin_key: Annotated[SecretStr, Field(validation_alias="ADMIN_KEY"), AfterValidator(_long_enough)] = (
        SecretStr("")
    )
    """``ADMIN_KEY``: whoever shows it as ``Authorization: Bearer …`` reads and deletes every dog and owner;
    empty: nobody does."""

    keys: Literal["auto", "required", "anyone-may-call"] = "auto"
    """Whether callers need an API key: ``required``; ``anyone-may-call``: nobody does, from wherever;
    ``auto``: they do unless the gateway listens on the loopback only."""
    keys_file: Annotated[Path | None, Field(validation_alias="GATEWAY_KEYS_FILE")] = None
    """File of the API keys' hashes, made by ``python -m gateway.keys``; unset: ``api-keys/keys.json`` in the
    data folder."""
    public_scopes: Annotated[frozenset[Scope], NoDecode, BeforeValidator(_split)] = frozenset()
    """Scopes, comma-separated, that nobody needs a key for though keys are asked for; limits by address
    apply."""
    key_limit: Rates = "600/minute"
    """How often one key may be used, from wherever. Empty: no limit."""
    limits_storage_uri: str = "memory://"
    """Where calls are counted: ``memory://``, or ``redis://…`` for several gateways."""
    trusted_proxies: Annotated[str, Field(validation_alias="FORWARDED_ALLOW_IPS")] = "127.0.0.1"
    """``FORWARDED_ALLOW_IPS``: addresses and networks, comma-separated, of proxies whose ``X-Forwarded-For``
    says who the caller is; ``*``: of anyone, which only a closed network makes safe."""

    deadline: Duration = timedelta(seconds=15)
    """Time that answering one request may take, counted from when its body has been read."""
    health_timeout: Duration = timedelta(seconds=1)
    """Time that each service gets to answer a readiness check."""
    max_message_bytes: Annotated[int, Field(ge=1_000_000)] = 20_000_000
    """Largest gRPC message taken or sent."""
    max_registration_bytes: Annotated[int, Field(ge=1_000_000)] = 60_000_000
    """The same with the nose-print service: five nose photos and a picture."""

    photos_in_progress: PositiveInt = 4
    """Photos that are worked on at the same time."""
    photos_waiting: Annotated[int, Field(ge=0)] = 64
    """Photos that may wait for their turn; one more is refused at once."""
    photo_wait: Duration = timedelta(seconds=8)
    """Time that a photo waits for its turn before it is refused."""
    retry_after: Annotated[Duration, Field(ge=timedelta(seconds=1))] = timedelta(seconds=2)
    """What a refused caller is told to wait (whole seconds)."""
    picture_threads: PositiveInt = 2
    """Threads that decode and encode pictures."""

    photo_side: Annotated[int, Field(ge=224, le=4096)] = 1024
    """Longest side, pixels, of the photo that the services get."""
    photo_quality: Annotated[int, Field(ge=50, le=100)] = 92
    """JPEG quality of the photo that the services get."""
    nose_side: Annotated[int, Field(ge=480, le=4096)] = 2048
    """The same of photos of noses, whose ridges are fine."""
    nose_quality: Annotated[int, Field(ge=50, le=100)] = 95
    """JPEG quality of photos of noses."""
    photo_bytes: PositiveInt = 15_000_000
    """Largest photo taken."""
    five_photos_bytes: PositiveInt = 75_000_000
    """Largest body of a registration: five photos of a nose, and a picture of the dog."""
    head_bytes: Annotated[int, Field(ge=4096)] = 64_000
    """Largest request line with all headers."""
    head_time: Annotated[Duration, Field(gt=timedelta(0))] = timedelta(seconds=10)
    """Time for sending them."""
    body_time: Annotated[Duration, Field(gt=timedelta(0))] = timedelta(minutes=2)
    """Time for sending a body, and for taking an answer."""
    json_bytes: PositiveInt = 2_000_000
    """Largest body of any call that carries no photo."""

    photo_limit: Rates = "120/minute"
    """How often one address may have a photo read; calls from this machine itself are never counted.
    Empty: no limit."""
    draw_limit: Rates = "600/minute"
    """The same of drawing icons from parts."""
    check_limit: Rates = "60/minute"
    """The same of checking photos of noses and faces."""
    lookup_limit: Rates = "10/minute;60/hour;200/day"
    """The same of looking up and comparing noses."""
    register_limit: Rates = "6/minute;30/hour"
    """The same of registering dogs and adding photos."""
    profile_limit: Rates = "10/minute;60/hour"
    """The same of making profiles."""
    report_limit: Rates = "5/minute;20/day"
    """The same of messages to owners."""
    access_limit: Rates = "60/minute"
    """The same of calls with a token."""

    compat_sample: bool = False
    """Whether ``/RegisterUserImg_sample``, a stub for those who develop clients, answers."""

    cors_origins: Annotated[list[str], NoDecode, BeforeValidator(_split)] = []
    """Origins, comma-separated, whose pages may call the API; ``*`` for any. None unless set."""
    problem_base: str = "https://pawtrait.example/problems/"
    """Start of every problem's type URI; change it to a page of your own that explains them."""

    log_level: str = "INFO"
    """Lowest level that is logged."""
    log_format: LogFormat = "json"
    """``json`` or ``console``."""

    @model_validator(mode="after")
    def _both_or_none(self) -> Self:
        if (self.tls_cert_file is None) != (self.tls_key_file is None):
            raise ValueError("GATEWAY_TLS_CERT_FILE and GATEWAY_TLS_KEY_FILE go together")
        return self

    def needs_keys(self) -> bool:
        """Whether callers have to show a key."""
        if self.keys == "auto":
            return not _is_loopback(self.host)
        return self.keys == "required"

    def path_of_keys(self) -> Path:
        """The file of keys."""
        return self.keys_file or StorageSettings().data_dir / "api-keys" / "keys.json"

    def quotas(self) -> dict[Quota, str]:
        """The rate of each quota."""
        return {
            Quota.PHOTO: self.photo_limit,
            Quota.DRAW: self.draw_limit,
            Quota.CHECK: self.check_limit,
            Quota.LOOKUP: self.lookup_limit,
            Quota.REGISTER: self.register_limit,
            Quota.PROFILE: self.profile_limit,
            Quota.REPORT: self.report_limit,
            Quota.ACCESS: self.access_limit,
        }
