"""Free ports on this machine."""

import socket


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: a port in TIME_WAIT is free, one that is listened on is not.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def any_free(host: str, taken: set[int]) -> int:
    """A port that the system says is free and that is not in ``taken``."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.bind((host, 0))
            port: int = probe.getsockname()[1]
        if port not in taken:
            return port


def next_free(host: str, port: int, taken: set[int]) -> int:
    """``port`` or the next one above it that is free and not in ``taken``; 0 asks for any.

    Raises:
        OSError: none of the next hundred is free.

    """
    if port == 0:
        return any_free(host, taken)
    for candidate in range(port, min(port + 100, 65536)):
        if candidate not in taken and is_free(host, candidate):
            return candidate
    raise OSError(f"no free port between {port} and {min(port + 99, 65535)}")
