"""Which processes the system consists of, and how each is told where the others are."""

import signal
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from shared.database.cluster import shared_buffers_of
from shared.database.embedded import STOP_SIGNAL
from shared.launcher.ports import is_free, next_free

HOST = "127.0.0.1"

SERVICES = {"traits": 50051, "facecolor": 50052, "icon": 50053, "noseprint": 50054, "facetype": 50055}
"""Short name and usual port of each service; its module is ``services.<name>.server``."""

WITH_DATABASE: Collection[str] = ("noseprint", "facetype")
"""Services that are told where the database is."""

GATEWAY = "gateway"
GATEWAY_PORT = 8000

POSTGRES = "postgres"
POSTGRES_PORT = 50432


@dataclass(frozen=True)
class Process:
    """One child process."""

    name: str
    module: str
    """Python module, run with ``-m``."""
    port: int
    environment: Mapping[str, str]
    """Added to the launcher's own environment."""
    stop_signal: signal.Signals = signal.SIGTERM
    """Asks it to stop."""

    @property
    def address(self) -> str:
        """``host:port``."""
        return f"{HOST}:{self.port}"


def make_plan(environment: Mapping[str, str], data_folder: Path) -> list[Process]:
    """The database, the services, each on its port or the next free one, and the gateway that knows them.

    The database is there when a service wants one and ``DATABASE_URL`` names none; its address reaches the
    services by :func:`with_database`.

    Args:
        environment: ``PORT`` and ``<SERVICE>_PORT`` move a process; 0 takes any free port.
        data_folder: where the database, pictures and logs are kept.

    Raises:
        OSError: the gateway's port is taken, or no port is free for a service.
        ValueError: what stands there is no port; or ``POSTGRES_SHARED_BUFFERS``, which the database reads, is
            no size.

    """
    # glibc gives every thread its own heap; two are enough here and halve the memory.
    common = {"DATA_DIR": str(data_folder), "MALLOC_ARENA_MAX": "2"}
    wanted = _port(environment, "PORT", GATEWAY_PORT)
    if wanted and not is_free(HOST, wanted):
        raise OSError(f"port {wanted} is taken; choose another with PORT=…")
    gateway_port = next_free(HOST, wanted, set())
    taken = {gateway_port}

    def port_of(name: str, usual: int) -> int:
        port = next_free(HOST, _port(environment, f"{name.upper()}_PORT", usual), taken)
        taken.add(port)
        return port

    services = []
    for name, usual in SERVICES.items():
        port = port_of(name, usual)
        own = {**common, f"{name.upper()}_PORT": str(port), f"{name.upper()}_HOST": HOST}
        services.append(Process(name, f"services.{name}.server", port, own))
    addresses = {f"{service.name.upper()}_ADDRESS": service.address for service in services}
    gateway = Process(GATEWAY, "gateway", gateway_port, {**common, **addresses, "PORT": str(gateway_port)})
    database = []
    if WITH_DATABASE and not environment.get("DATABASE_URL"):
        port = port_of(POSTGRES, POSTGRES_PORT)
        shared_buffers_of(environment)
        own = {"DATA_DIR": str(data_folder), "POSTGRES_PORT": str(port)}
        database = [Process(POSTGRES, "shared.launcher.postgres", port, own, STOP_SIGNAL)]
    return [*database, *services, gateway]


def with_database(plan: list[Process], url: str) -> list[Process]:
    """The plan, its services told where the database is."""
    return [
        replace(process, environment={**process.environment, "DATABASE_URL": url})
        if process.name in WITH_DATABASE
        else process
        for process in plan
    ]


def stop_order(plan: list[Process]) -> list[list[Process]]:
    """Those that are stopped together, first to last: nobody loses what it still needs.

    The gateway calls the services, and they the database.
    """
    inner = [process for process in plan if process.name not in (GATEWAY, POSTGRES)]
    outer = {name: [process for process in plan if process.name == name] for name in (GATEWAY, POSTGRES)}
    return [outer[GATEWAY], inner, outer[POSTGRES]]


def _port(environment: Mapping[str, str], name: str, usual: int) -> int:
    text = environment.get(name) or str(usual)
    if not (text.isascii() and text.isdigit()) or int(text) > 65535:
        raise ValueError(f"{name}={text} is no port; ports are whole numbers from 0 to 65535")
    return int(text)
