"""Makes the secrets of a deployment: ``python3 deploy/make_secrets.py [FOLDER]``.

Writes passwords and keys, each into a file of its own, into ``deploy/secrets`` unless another folder is
named; what is there already is left as it is. Needs nothing but Python. The two files of encryption keys
cannot be made again: without them nobody reads what is encrypted in the database, so keep a copy apart from
its backups. ``deploy.make_certificates`` makes what TLS between gateway and services needs.
"""

import base64
import json
import os
import secrets
import sys
from collections.abc import Callable
from pathlib import Path

FOLDER = Path(__file__).parent / "secrets"
BUCKET = "pawtrait-objects"
DATABASE = "postgresql://pawtrait:{password}@postgres:5432/pawtrait?sslmode=disable"


def password() -> str:
    """256 random bits as text that needs no quoting anywhere."""
    return secrets.token_urlsafe(32)


def key_ring(*purposes: str) -> str:
    """A file of keys as ``shared.secrets.key_ring`` reads it: a random key for each purpose."""
    ring = {}
    for purpose in purposes:
        name = f"{purpose[0]}-{secrets.token_hex(4)}"
        key = base64.b64encode(secrets.token_bytes(32)).decode()
        ring[purpose] = {"current": name, "keys": {name: key}}
    return json.dumps(ring, indent=2)


def store_identities(key_id: str, key: str) -> str:
    """SeaweedFS's list of who may do what: our services everything, anybody read what is public."""
    ours = {
        "name": "pawtrait",
        "credentials": [{"accessKey": key_id, "secretKey": key}],
        "actions": ["Admin"],
    }
    anybody = {"name": "anonymous", "actions": [f"Read:{BUCKET}/public/*"]}
    return json.dumps({"identities": [ours, anybody]}, indent=2)


def prepare(folder: Path) -> None:
    """Make the folder, for its owner only."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)


def write(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write a file whole or not at all; by default containers that run as another user can read it."""
    unfinished = path.with_name(f".{path.name}.new")
    try:
        unfinished.touch(0o600)
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.chmod(mode)
        unfinished.replace(path)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise


def make(folder: Path) -> list[str]:
    """Write what is missing; the names of the files that were made.

    The folder is for its owner only. The files in it are readable, because containers that run as another
    user get them as they are.
    """
    prepare(folder)
    made = []

    def file(name: str, content: Callable[[], str]) -> str:
        path = folder / name
        if not path.exists():
            write(path, (content() + "\n").encode())
            made.append(name)
        return path.read_text(encoding="utf-8").strip()

    file("postgres-superuser-password", password)
    owner = file("postgres-password", password)
    file("DATABASE_URL", lambda: DATABASE.format(password=owner))
    file("ADMIN_KEY", password)
    key_id = file("AWS_ACCESS_KEY_ID", lambda: f"pawtrait{secrets.token_hex(6)}")
    key = file("AWS_SECRET_ACCESS_KEY", password)
    file("store-identities.json", lambda: store_identities(key_id, key))
    # Of the gateway's API keys, which its command makes.
    file("api-keys.json", lambda: json.dumps({"keys": []}))
    # For whoever has a mail server: empty, messages to owners wait in the outbox.
    file("SMTP_URL", str)
    file("SMTP_FROM", str)
    file("noseprint-keys.json", lambda: key_ring("fields", "phone"))
    file("facetype-keys.json", lambda: key_ring("fields"))
    return made


def main() -> None:
    """Read the command line."""
    if len(sys.argv) > 2 or sys.argv[1:2] in (["-h"], ["--help"]):
        sys.exit(__doc__)
    folder = Path(sys.argv[1]) if sys.argv[1:] else FOLDER
    try:
        made = make(folder)
    except OSError as error:
        sys.exit(f"cannot write the secrets: {error}")
    print(f"{folder}: {', '.join(made) or 'everything is there already'}")


if __name__ == "__main__":
    main()
