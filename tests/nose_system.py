"""A gateway and a nose-print service that reads drawn noses, as processes, for tests that need an address."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from shared.launcher.ports import any_free
from tests.live import REPOSITORY
from tests.waiting import until

ADMIN_KEY = "the administrator of the tests"
HOST = "127.0.0.1"


@contextmanager
def running_nose_system(
    folder: Path, database_url: str, others: Mapping[str, str] | None = None
) -> Iterator[str]:
    """Address of the gateway, once it and its nose-print service answer.

    Args:
        folder: for data and logs.
        database_url: of the register.
        others: addresses of the other services by name, where the test needs them.

    """
    service = any_free(HOST, set())
    gateway = any_free(HOST, {service})
    environment = {
        **os.environ,
        "DATA_DIR": str(folder),
        "DATABASE_URL": database_url,
        "NOSEPRINT_PORT": str(service),
        "NOSEPRINT_ADDRESS": f"{HOST}:{service}",
        "PORT": str(gateway),
        "ADMIN_KEY": ADMIN_KEY,
        # What is tried here is what is answered, not how fast.
        "GATEWAY_DEADLINE": "60",
        **{f"{name.upper()}_ADDRESS": address for name, address in (others or {}).items()},
    }
    url = f"http://{HOST}:{gateway}"
    with (folder / "log").open("wb") as log:
        processes = [
            subprocess.Popen(
                # As children that stop when the tests are killed.
                [sys.executable, "-m", "shared.launcher.child", str(os.getpid()), module],
                cwd=REPOSITORY,
                env=environment,
                stdout=log,
                stderr=log,
            )
            for module in ("tests.integration.noseprint.drawn", "gateway")
        ]
        try:
            until(lambda: _answers(url), 240)
            yield url
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(40)


def _answers(url: str) -> bool:
    try:
        return bool(httpx.get(f"{url}/readyz", timeout=5).json()["services"]["noseprint"] == "SERVING")
    except (httpx.HTTPError, KeyError, ValueError):
        return False
