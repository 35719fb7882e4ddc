"""A network between two processes that tests can break: a TCP relay on the loopback."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from shared.launcher.ports import any_free

HOST = "127.0.0.1"
Result = TypeVar("Result")


class Relay:
    """Passes on what comes to its port, until it is told otherwise.

    Args:
        port: of the server that it leads to.
    """

    def __init__(self, port: int) -> None:
        self.port = any_free(HOST, {port})
        self._target = port
        self._swallowing = False
        self._listener: asyncio.Server | None = None
        self._pumps: set[asyncio.Task[None]] = set()
        self._open: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._run(self._listen())

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{HOST}:{self.port}"

    def refuse(self) -> None:
        """Break all connections off and refuse new ones, as a machine does whose server is gone."""
        self._run(self._refuse())

    def swallow(self) -> None:
        """Let nothing through any more and say nothing of it, as a network does that fell apart.

        Connections of that time stay silent for good, also after :meth:`restore`.
        """
        self._run(self._swallow())

    def restore(self) -> None:
        """Pass on new connections again."""
        self._run(self._restore())

    def close(self) -> None:
        """Break everything off."""
        self._run(self._refuse())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self) -> None:
        self._listener = await asyncio.start_server(self._connected, HOST, self.port)

    async def _refuse(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        await self._stop_pumps()
        for writer in self._open:
            writer.transport.abort()
        self._open.clear()

    async def _swallow(self) -> None:
        self._swallowing = True
        await self._stop_pumps()

    async def _restore(self) -> None:
        self._swallowing = False
        if self._listener is None:
            await self._listen()

    async def _stop_pumps(self) -> None:
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)
        self._pumps.clear()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        if self._swallowing:
            return
        try:
            onward = await asyncio.open_connection(HOST, self._target)
        except OSError:
            writer.transport.abort()
            return
        self._open.add(onward[1])
        for one, other in ((reader, onward[1]), (onward[0], writer)):
            pump = asyncio.ensure_future(self._pump(one, other))
            self._pumps.add(pump)
            pump.add_done_callback(self._pumps.discard)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        # Not reached when the pump was stopped: the connection then stays open and silent.
        writer.close()
        self._open.discard(writer)


@contextmanager
def relay_to(url: str) -> Iterator[Relay]:
    """A relay to a server at ``http://host:port``."""
    relay = Relay(int(url.rpartition(":")[2]))
    try:
        yield relay
    finally:
        relay.close()
