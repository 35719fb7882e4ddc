"""Which processes the system consists of, and how each is told where the others are."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shared.launcher.ports import is_free, next_free

HOST = "127.0.0.1"

SERVICES = {"traits": 50051, "facecolor": 50052, "icon": 50053}
"""Short name and usual port of each service; its module is ``services.<name>.server``."""

GATEWAY_PORT = 8000


@dataclass(frozen=True)
class Process:
    """One child process."""

    name: str
    module: str
    """Python module, run with ``-m``."""
    port: int
    environment: Mapping[str, str]
    """Added to the launcher's own environment."""

    @property
    def address(self) -> str:
        """``host:port``."""
        return f"{HOST}:{self.port}"


def make_plan(environment: Mapping[str, str], data_folder: Path) -> list[Process]:
    """The services, each on its port or the next free one, and the gateway that knows them.

    Args:
        environment: ``PORT`` and ``<SERVICE>_PORT`` move a process; 0 takes any free port.
        data_folder: where pictures and logs are kept.

    Raises:
        OSError: the gateway's port is taken, or no port is free for a service.
        ValueError: what stands there is no port.

    """
    # glibc gives every thread its own heap; two are enough here and halve the memory.
    common = {"DATA_DIR": str(data_folder), "MALLOC_ARENA_MAX": "2"}
    wanted = _port(environment, "PORT", GATEWAY_PORT)
    if wanted and not is_free(HOST, wanted):
        raise OSError(f"port {wanted} is taken; choose another with PORT=…")
    gateway_port = next_free(HOST, wanted, set())
    taken = {gateway_port}
    services = []
    for name, usual in SERVICES.items():
        port = next_free(HOST, _port(environment, f"{name.upper()}_PORT", usual), taken)
        taken.add(port)
        own = {**common, f"{name.upper()}_PORT": str(port), f"{name.upper()}_HOST": HOST}
        services.append(Process(name, f"services.{name}.server", port, own))
    addresses = {f"{service.name.upper()}_ADDRESS": service.address for service in services}
    gateway = Process("gateway", "gateway", gateway_port, {**common, **addresses, "PORT": str(gateway_port)})
    return [*services, gateway]


def _port(environment: Mapping[str, str], name: str, usual: int) -> int:
    text = environment.get(name) or str(usual)
    if not (text.isascii() and text.isdigit()) or int(text) > 65535:
        raise ValueError(f"{name}={text} is no port; ports are whole numbers from 0 to 65535")
    return int(text)
