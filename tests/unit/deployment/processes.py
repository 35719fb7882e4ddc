"""What the programs of a deployment read from their environment, by the settings classes themselves."""

import importlib
import importlib.util
from collections.abc import Mapping
from pathlib import Path

import pytest
from pydantic_settings import BaseSettings

from gateway.settings import GatewaySettings
from shared.database.backup_store import BackupSettings
from shared.grpc_tls import GrpcTlsSettings
from shared.settings import ServiceSettings
from shared.storage_settings import StorageSettings

REPOSITORY = Path(__file__).resolve().parents[3]
SERVICES = ("traits", "facecolor", "icon", "noseprint", "facetype")
PROTO_NAMES = {
    "traits": "TraitsService",
    "facecolor": "FaceColorService",
    "icon": "IconService",
    "noseprint": "NosePrintService",
    "facetype": "FaceTypeService",
}
WITH_DATABASE = {"noseprint", "facetype", "migrate", "backup", "restore", "reembed"}

TRACING = {"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG"}
"""OpenTelemetry's, read where ``shared.tracing`` is set up: in the servers, not in jobs."""
OF_LIBRARIES = {
    "gateway": {"FORWARDED_ALLOW_IPS", *TRACING},  # the first is uvicorn's
    **{f"services.{name}.server": TRACING for name in SERVICES},
    "*": {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"},  # boto3's
}
FULL_VERSION = r":\d+\.\d+\.\d+(-|$)|:3\.97$|@sha256:[0-9a-f]{64}$"
"""How an image is named that stays what it is; SeaweedFS counts in two parts."""

NOT_YET: set[str] = set()
"""Names that are wired and do nothing yet, as docs/deployment.md says."""


def full_name(service: str) -> str:
    """Protobuf name of a service."""
    return f"pawtrait.{service}.v1.{PROTO_NAMES[service]}"


def settings_of(service: str) -> type[ServiceSettings]:
    """The settings class of a service."""
    module = importlib.import_module(f"services.{service}.settings")
    classes = [
        each
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, ServiceSettings) and each is not ServiceSettings
    ]
    assert len(classes) == 1, classes
    return classes[0]


def read_by(module: str) -> list[type[BaseSettings]]:
    """The settings classes that a program, named as ``python -m`` names it, makes."""
    assert importlib.util.find_spec(module) is not None, f"there is no module {module}"
    if module == "gateway":
        return [GatewaySettings, StorageSettings, GrpcTlsSettings]
    if module.startswith("services."):
        return [settings_of(module.split(".")[1]), StorageSettings, GrpcTlsSettings]
    return {
        "shared.database.backup": [BackupSettings, StorageSettings],
        "shared.object_storage.make_bucket": [StorageSettings],
        "shared.database.migrate": [],
    }[module]


def names_of(settings: type[BaseSettings]) -> set[str]:
    """Environment variables that a class reads."""
    prefix = str(settings.model_config.get("env_prefix", ""))
    return {
        str(field.validation_alias or prefix + name).upper() for name, field in settings.model_fields.items()
    }


def check_environment(
    monkeypatch: pytest.MonkeyPatch, module: str, environment: Mapping[str, str], secrets: Mapping[str, str]
) -> None:
    """Fail when a program gets a name that nothing in it reads, or a value that it refuses.

    Args:
        module: as ``python -m`` names it.
        environment: its environment variables.
        secrets: the files that become variables, by name.
    """
    classes = read_by(module)
    known = OF_LIBRARIES["*"] | OF_LIBRARIES.get(module, set()) | NOT_YET
    for each in classes:
        known |= names_of(each)
    if module == "shared.database.migrate":
        known |= {"DATABASE_URL"}
    given = {**environment, **secrets}
    unknown = set(given) - known
    assert not unknown, f"nothing in {module} reads {sorted(unknown)}"
    with monkeypatch.context() as patch:
        for name in known:
            patch.delenv(name, raising=False)
        for name, value in given.items():
            patch.setenv(name, value)
        for each in classes:
            each()


def migrations() -> dict[str, str]:
    """Folders of migrations, relative to the repository, by schema."""
    found = sorted(REPOSITORY.glob("services/*/**/migrations"))
    return {path.relative_to(REPOSITORY).parts[1]: str(path.relative_to(REPOSITORY)) for path in found}
