"""How mutual TLS is wired, in one shape, so that Kubernetes and compose are asked the same questions."""

from dataclasses import dataclass

from shared.health import LIVE
from tests.unit.deployment.processes import SERVICES, full_name

SERVERS = ("gateway", *SERVICES)
FILES = {"GRPC_TLS_CERT_FILE", "GRPC_TLS_KEY_FILE", "GRPC_TLS_CA_FILE"}


@dataclass(frozen=True)
class Wired:
    """What one process gets."""

    environment: dict[str, str]
    files: dict[str, str]
    """What lies at a path: ``"<of whom>/crt"``, ``/key`` or ``/ca``."""
    names: frozenset[str]
    """That its certificate is for."""
    usages: frozenset[str]
    """``client auth``, ``server auth``."""
    probed: tuple[tuple[int, str], ...]
    """Ports and services that health checks ask; of a service only."""


def complaints(wired: dict[str, Wired], more_names: tuple[str, ...] = ()) -> list[str]:
    """What is wrong, by process.

    Args:
        wired: of every process.
        more_names: endings that a name in a certificate has to be there with as well.
    """
    found = []
    for name, own in wired.items():
        kinds = zip(sorted(FILES), ("ca", "crt", "key"), strict=True)
        for variable, kind in kinds:
            lies = own.files.get(own.environment.get(variable, ""))
            if lies != f"{name}/{kind}":
                found.append(f"{name}: {variable} leads to {lies}")
        if own.usages != {"client auth" if name == "gateway" else "server auth"}:
            found.append(f"{name}: its certificate is for {sorted(own.usages)}")
        if name == "gateway":
            continue
        called = wired["gateway"].environment[f"{name.upper()}_ADDRESS"].removeprefix("dns:///").split(":")[0]
        missing = {called, *(called + ending for ending in more_names)} - own.names
        if missing or not all(each.split(".")[0] == name for each in own.names):
            found.append(f"{name}: its certificate is for {sorted(own.names)}, without {sorted(missing)}")
        port = own.environment.get(f"{name.upper()}_HEALTH_PORT")
        if port in (None, own.environment[f"{name.upper()}_PORT"]):
            found.append(f"{name}: no port of its own for health checks")
        asked = {(int(port or 0), each) for each in (full_name(name), LIVE)}
        if (int(port or 0), full_name(name)) not in own.probed or not set(own.probed) <= asked:
            found.append(f"{name}: health checks ask {own.probed}")
    return found
