"""What several kinds of tests share: the running system, portraits and photos."""

import subprocess
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
import yaml

from shared.database.cluster import prepare
from shared.database.embedded import EmbeddedPostgres
from shared.launcher.plan import SERVICES
from shared.training.dataset import Split, data_folder, split_of
from tests.live import LiveSystem, running_system

PORTRAITS = Path(__file__).parent / "portraits"


@pytest.fixture(scope="session")
def live_system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveSystem]:
    """The whole system with its real weights, on free ports, with a data folder of its own.

    Everyone shares it, so nobody may harm it: tests that kill something start one of their own.
    """
    metrics = {f"{name.upper()}_METRICS_PORT": "0" for name in SERVICES}
    with running_system(tmp_path_factory.mktemp("live") / "data", **metrics) as system:
        yield system


@dataclass(frozen=True)
class Portrait:
    """A painted picture of a dog that ships with the project, and what was painted.

    The keys of ``truth`` are ``ear``, ``fur``, ``pattern``, ``primary``, ``secondary``, ``head``,
    ``beard`` and ``head_box``.
    """

    path: Path
    truth: dict[str, object]

    @property
    def data(self) -> bytes:
        """The JPEG."""
        return self.path.read_bytes()


@pytest.fixture(scope="session")
def portraits() -> list[Portrait]:
    """The painted portraits, in the order of ``portraits.yaml``."""
    truths = yaml.safe_load((PORTRAITS / "portraits.yaml").read_text())
    return [Portrait(PORTRAITS / truth["file"], truth) for truth in truths]


@pytest.fixture(scope="session")
def dog_photos() -> list[Path]:
    """A few real photos of dogs, none of them seen in training.

    They may not be shipped: without the training data beside the checkout these tests skip.
    """
    folder = data_folder() / "stanford_dogs_500"
    if not folder.is_dir():
        pytest.skip(f"the training photos are not beside the checkout ({data_folder()})")
    unseen = [path for path in sorted(folder.glob("*.webp")) if split_of(path) is Split.VALIDATION]
    return unseen[:: max(len(unseen) // 12, 1)][:12]


@pytest.fixture(scope="session")
def photos_without_dogs() -> dict[str, Path]:
    """Real photos of cats and of other things, by name."""
    folder = data_folder() / "negatives"
    if not folder.is_dir():
        pytest.skip(f"the training photos are not beside the checkout ({data_folder()})")
    chosen = []
    for kind in ("cats", "objects"):
        unseen = [path for path in sorted((folder / kind).iterdir()) if split_of(path) is Split.VALIDATION]
        chosen += unseen[:: max(len(unseen) // 8, 1)][:8]
    return {path.stem: path for path in chosen}


@pytest.fixture(scope="session")
def cars() -> list[Path]:
    """Real photos of cars."""
    folder = data_folder() / "negatives" / "objects"
    if not folder.is_dir():
        pytest.skip(f"the training photos are not beside the checkout ({data_folder()})")
    kinds = ("beach_wagon", "convertible", "jeep", "sports_car")
    return [path for path in sorted(folder.iterdir()) if path.stem.split("_", 1)[1] in kinds]


@pytest.fixture(scope="session")
def made_cluster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A PostgreSQL cluster to copy from, for making one takes seconds. Nobody starts it."""
    folder = tmp_path_factory.mktemp("cluster") / "postgres"
    prepare(folder)
    return folder


def copy_of_cluster(made_cluster: Path, folder: Path) -> Path:
    """A cluster of one's own in a new ``folder``."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-a", str(made_cluster), str(folder)], check=True)
    return folder


@pytest.fixture(scope="session")
def postgres(made_cluster: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL server with pgvector that all tests share."""
    with EmbeddedPostgres(
        copy_of_cluster(made_cluster, tmp_path_factory.mktemp("shared") / "postgres")
    ) as server:
        yield server


@pytest.fixture
def own_postgres(made_cluster: Path, tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    """A server of the test's own, which it may stop and kill."""
    with EmbeddedPostgres(copy_of_cluster(made_cluster, tmp_path / "postgres")) as server:
        yield server


@contextmanager
def new_database(postgres: EmbeddedPostgres) -> Iterator[str]:
    """Address of an empty database with pgvector, owned by a role that is no superuser; gone afterwards."""
    name = f"test_{uuid.uuid4().hex}"
    # Not asyncpg: an event loop may be running already.
    with psycopg.connect(postgres.superuser_url, autocommit=True) as administrator:
        administrator.execute(f"CREATE DATABASE {name} TEMPLATE pawtrait OWNER pawtrait")
        yield postgres.url.replace("/pawtrait?", f"/{name}?")
        administrator.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def database_url(postgres: EmbeddedPostgres) -> AsyncIterator[str]:
    """A database of the test's own."""
    with new_database(postgres) as url:
        yield url
