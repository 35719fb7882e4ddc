"""Makes, lists, rotates and revokes API keys: ``python -m gateway.keys create --name app --scopes icons``.

Keys are kept in ``GATEWAY_KEYS_FILE`` as hashes. A running gateway follows the file; no restart is needed.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from gateway.keys.api_key import ApiKey, new_key, rotated
from gateway.keys.key_file import KeyFile
from gateway.keys.scopes import Scope, parse_scopes
from gateway.settings import GatewaySettings


def create(file: KeyFile, name: str, scopes: str, days: float | None) -> str:
    """Keep a new key; returns what its holder shows.

    Raises:
        ValueError: no name, or no such scope.
    """
    lifetime = None if days is None else timedelta(days=days)
    key, shown = new_key(name, parse_scopes(scopes.split(",")), lifetime)
    file.add(key)
    return shown


def rotate(file: KeyFile, key_id: str, overlap_hours: float) -> str:
    """Give a key a new secret; returns what its holder shows from now on.

    Raises:
        LookupError: there is no such key.
    """
    shown = ""

    def change(key: ApiKey) -> ApiKey:
        nonlocal shown
        changed, shown = rotated(key, timedelta(hours=overlap_hours))
        return changed

    file.change(key_id, change)
    return shown


def listing(file: KeyFile, now: datetime) -> str:
    """The keys for people, without anything that could be shown as one."""
    lines = [f"{'id':14}{'state':10}{'created':12}{'expires':12}{'scopes':36}name"]
    for key in file.keys().values():
        expires = key.secrets[0].expires_at
        over = expires is not None and now >= expires
        state = "revoked" if key.revoked_at else "expired" if over else "valid"
        until = f"{expires:%Y-%m-%d}" if expires else "never"
        scopes = ",".join(sorted(key.scopes))
        lines.append(f"{key.id:14}{state:10}{key.created_at:%Y-%m-%d}  {until:12}{scopes:36}{key.name}")
    return "\n".join(lines)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    options = argparse.ArgumentParser(
        prog="python -m gateway.keys",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = options.add_subparsers(dest="command", required=True)
    one = commands.add_parser("create", help="make a key; it is shown once")
    one.add_argument("--name", required=True, help="whose it is, or what for")
    one.add_argument("--scopes", required=True, help=f"comma-separated, of {', '.join(Scope)}")
    one.add_argument("--days", type=float, help="how long it holds; without: until it is revoked")
    commands.add_parser("list", help="show all keys, without their secrets")
    turn = commands.add_parser("rotate", help="give a key a new secret; it is shown once")
    turn.add_argument("id")
    turn.add_argument(
        "--overlap-hours", type=float, default=24.0, help="how long the old one is still accepted"
    )
    commands.add_parser("revoke", help="accept a key no more").add_argument("id")
    return options


def main(words: Sequence[str] | None = None) -> int:
    """Do what the command line asks; 1 when it cannot."""
    arguments = parser().parse_args(words)
    file = KeyFile(GatewaySettings().path_of_keys())
    try:
        if arguments.command == "create":
            print(create(file, arguments.name, arguments.scopes, arguments.days))
        elif arguments.command == "rotate":
            print(rotate(file, arguments.id, arguments.overlap_hours))
        elif arguments.command == "revoke":
            file.revoke(arguments.id)
        else:
            print(listing(file, datetime.now(UTC)))
    except (ValueError, LookupError, OSError) as error:
        print(f"{error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
