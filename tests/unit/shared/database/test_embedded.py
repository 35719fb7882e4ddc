"""The PostgreSQL that comes with the system, with real servers."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import asyncpg
import psutil
import pytest

from shared.database.cluster import prepare
from shared.database.embedded import EmbeddedPostgres, is_ready
from shared.launcher.ports import is_free
from tests.conftest import copy_of_cluster
from tests.waiting import until

REPOSITORY = Path(__file__).resolve().parents[4]


async def ask(url: str, question: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


async def test_it_is_postgresql_with_pgvector(postgres: EmbeddedPostgres) -> None:
    assert int(str(await ask(postgres.url, "SHOW server_version_num"))) >= 150000
    assert await ask(postgres.url, "SELECT '[1,2]'::vector <-> '[1,4]'::vector") == 2.0


async def test_the_services_role_owns_the_database_and_is_no_superuser(postgres: EmbeddedPostgres) -> None:
    assert await ask(postgres.url, "SELECT current_user") == "pawtrait"
    assert await ask(postgres.url, "SHOW is_superuser") == "off"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await ask(postgres.url, "COPY (SELECT 1) TO PROGRAM 'true'")


async def test_nobody_gets_in_without_the_password(postgres: EmbeddedPostgres) -> None:
    password = postgres.url.split(":")[2].split("@")[0]
    for wrong in (postgres.url.replace(f":{password}", ""), postgres.url.replace(password, "guess")):
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(wrong, passfile="/nonexistent")


def test_it_listens_on_the_loopback_only(postgres: EmbeddedPostgres) -> None:
    listening = [place.laddr for place in psutil.Process(postgres.pid).net_connections()]
    assert {place.ip for place in listening} == {"127.0.0.1"}


def test_it_is_not_root(postgres: EmbeddedPostgres) -> None:
    uids = psutil.Process(postgres.pid).uids()
    assert 0 not in (uids.real, uids.effective, uids.saved)
    if os.geteuid() == 0:
        assert psutil.Process(postgres.pid).gids().real != 0


def test_the_passwords_are_for_their_owner_alone(postgres: EmbeddedPostgres) -> None:
    folder = postgres.log.parent
    for name in ("password", "superuser-password"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / "data").stat().st_mode) == 0o700


async def test_what_people_store_does_not_reach_the_log(postgres: EmbeddedPostgres) -> None:
    connection = await asyncpg.connect(postgres.url)
    try:
        await connection.execute("CREATE TEMP TABLE secrets (phone text UNIQUE)")
        await connection.execute("INSERT INTO secrets VALUES ($1)", "+821055550123")
        with pytest.raises(asyncpg.UniqueViolationError):
            await connection.execute("INSERT INTO secrets VALUES ($1)", "+821055550123")
        with pytest.raises(asyncpg.UniqueViolationError):
            await connection.execute("INSERT INTO secrets VALUES ('+821055550123')")
    finally:
        await connection.close()
    said = until(lambda: (text := postgres.log.read_text()).count("duplicate key") >= 2 and text)
    assert "55550123" not in said


async def test_it_takes_as_much_memory_as_usual(postgres: EmbeddedPostgres) -> None:
    assert await ask(postgres.url, "SHOW shared_buffers") == "64MB"


async def test_what_was_committed_outlives_a_stop_and_a_kill_and_so_does_the_memory_given(
    made_cluster: Path, tmp_path: Path
) -> None:
    with EmbeddedPostgres(copy_of_cluster(made_cluster, tmp_path / "postgres"), "96MB") as server:
        connection = await asyncpg.connect(server.url)
        await connection.execute("CREATE TABLE kept (number integer)")
        for number in range(5):
            await connection.execute("INSERT INTO kept VALUES ($1)", number)
        server.kill()
        with pytest.raises((asyncpg.PostgresConnectionError, asyncpg.InterfaceError, OSError)):
            await connection.fetchval("SELECT 1")
        url, old_pid = server.url, server.pid
        server.start()
        assert server.url == url
        assert server.pid != old_pid
        assert await ask(url, "SELECT count(*) FROM kept") == 5
        assert await ask(url, "SHOW shared_buffers") == "96MB"
        server.stop()
        assert is_free("127.0.0.1", server.port)
        assert not psutil.pid_exists(server.pid)
        server.start()
        assert await ask(url, "SELECT sum(number) FROM kept") == 10
    assert not is_ready(server.port)


async def test_a_lost_password_is_replaced_without_losing_anything(own_postgres: EmbeddedPostgres) -> None:
    old, folder = own_postgres.url, own_postgres.log.parent
    await ask(old, "CREATE TABLE kept (number integer)")
    own_postgres.stop()
    (folder / "password").unlink()
    prepare(folder)
    own_postgres.start()
    assert own_postgres.url != old
    assert await ask(own_postgres.url, "SELECT count(*) FROM kept") == 0


def test_a_cluster_that_was_not_finished_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "data.new" / "base").mkdir(parents=True)
    cluster = prepare(tmp_path)
    assert (cluster.data / "PG_VERSION").exists()
    assert not (tmp_path / "data.new").exists()


def test_a_process_that_got_the_old_servers_number_is_not_taken_for_it(
    own_postgres: EmbeddedPostgres,
) -> None:
    own_postgres.stop()
    note = own_postgres.log.parent / "data" / "postmaster.pid"
    note.write_text(f"{os.getpid()}\n{note.parent}\n")
    prepare(own_postgres.log.parent)
    assert not note.exists()
    own_postgres.start()
    assert is_ready(own_postgres.port)


def test_two_servers_do_not_share_a_cluster(
    postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.database.cluster._LEAVE_SECONDS", 0.5)
    with pytest.raises(OSError, match=rf"in use .*process {postgres.pid}"):
        prepare(postgres.log.parent)


@pytest.mark.skipif(sys.platform != "linux", reason="the tie between parent and child is Linux's")
def test_it_ends_with_the_process_that_it_belongs_to(own_postgres: EmbeddedPostgres) -> None:
    own_postgres.stop()
    port, folder = own_postgres.port, own_postgres.log.parent
    program = (
        "import os, subprocess, sys, time\n"
        "command = [sys.executable, '-m', 'shared.database.embedded', *sys.argv[1:], str(os.getpid())]\n"
        "nowhere = subprocess.DEVNULL\n"
        "child = subprocess.Popen(command, stdout=nowhere, stderr=nowhere)\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(folder), str(port)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        until(lambda: is_ready(port))
        parent.send_signal(signal.SIGKILL)
    until(lambda: not psutil.pid_exists(pid))
    assert is_free("127.0.0.1", port)


def test_what_cannot_be_is_a_clear_error(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    ended = subprocess.run(
        [sys.executable, "-m", "shared.database.embedded", str(file), "1"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith("PostgreSQL cannot run: ")
    assert "Traceback" not in ended.stderr
