"""How often one address may ask for what tells about registered dogs, or writes to their owners.

A lookup is an oracle: whoever may ask without end can try out what is registered. The counting is the
library ``limits``'; in this process, or in a Redis that several gateways share.
"""

import ipaddress
import math
import time
from collections.abc import Mapping, Sequence
from enum import StrEnum

from limits import RateLimitItem, parse_many
from limits.aio.storage import MemoryStorage, Storage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.storage import storage_from_string
from starlette.requests import Request

from shared.errors import PawtraitError, Reason
from shared.telemetry import get_logger

_REDIS = ("redis://", "rediss://")
_SAY_EVERY = 30.0
"""Seconds between two lines in the log about a store that is away."""

log = get_logger(__name__)


class Quota(StrEnum):
    """What is counted together."""

    PHOTO = "photo"
    DRAW = "draw"
    CHECK = "check"
    LOOKUP = "lookup"
    REGISTER = "register"
    PROFILE = "profile"
    REPORT = "report"
    ACCESS = "access"
    """Calls with a token, so that tokens cannot be tried out."""


class Quotas:
    """Counts calls by address, and by key, in moving windows.

    While a shared store is away each gateway counts for itself: calls are neither refused nor let through
    without end because of it.

    Args:
        rates: for each quota, how often in which time, e.g. ``"10/minute;100/day"``; empty: no limit.
        key_rate: the same for everything that one key does.
        store: ``memory://``, or ``redis://…`` or ``rediss://…`` to share the counts.

    Raises:
        ValueError: a rate or the store cannot be read.

    """

    def __init__(self, rates: Mapping[Quota, str], key_rate: str = "", store: str = "memory://") -> None:
        self._rates: dict[Quota, Sequence[RateLimitItem]] = {
            quota: _parse(text) for quota, text in rates.items()
        }
        self._key_rates = _parse(key_rate)
        self._own = MovingWindowRateLimiter(MemoryStorage())
        self._shared = MovingWindowRateLimiter(_redis(store)) if store.startswith(_REDIS) else None
        if self._shared is None and store != "memory://":
            raise ValueError("must be memory://, or begin with redis:// or rediss://")
        self._said = -_SAY_EVERY

    async def count(self, quota: Quota, request: Request) -> None:
        """Count a call. Calls from this machine itself are not counted.

        Raises:
            PawtraitError: ``TOO_MANY_REQUESTS`` with ``retry_after``, in seconds.

        """
        who = caller_key(request.client.host if request.client else "")
        if who is None:
            return
        await self._count(self._rates[quota], quota.value, who)

    async def count_key(self, key_id: str) -> None:
        """Count a call of a key, from wherever it comes.

        Raises:
            PawtraitError: ``TOO_MANY_REQUESTS`` with ``retry_after``, in seconds.

        """
        await self._count(self._key_rates, "key", key_id)

    async def _count(self, rates: Sequence[RateLimitItem], what: str, who: str) -> None:
        for rate in rates:
            wait = await self._hit(rate, what, who)
            if wait is not None:
                raise PawtraitError(Reason.TOO_MANY_REQUESTS, f"more than {rate}", {"retry_after": str(wait)})

    async def _hit(self, rate: RateLimitItem, what: str, who: str) -> int | None:
        """Count one; the seconds to wait when it was one too many."""
        if self._shared is not None:
            try:
                return await _hit(self._shared, rate, what, who)
            except self._shared.storage.base_exceptions as error:
                self._say_away(error)
        return await _hit(self._own, rate, what, who)

    def _say_away(self, error: Exception) -> None:
        now = time.monotonic()
        if now - self._said >= _SAY_EVERY:
            self._said = now
            log.warning(
                "limits_store_away", reason=type(error).__name__, hint="each gateway counts for itself"
            )


def _parse(text: str) -> Sequence[RateLimitItem]:
    return parse_many(text) if text else []


def _redis(store: str) -> Storage:
    # A store that does not answer must not hold calls up.
    made = storage_from_string(
        f"async+{store}", implementation="redispy", socket_timeout=0.5, socket_connect_timeout=0.5
    )
    if not isinstance(made, Storage):
        raise ValueError(f"not a store of counts: {store.partition('@')[2] or store}")
    return made


async def _hit(limiter: MovingWindowRateLimiter, rate: RateLimitItem, what: str, who: str) -> int | None:
    if await limiter.hit(rate, what, who):
        return None
    window = await limiter.get_window_stats(rate, what, who)
    return max(math.ceil(window.reset_time - time.time()), 1)


def caller_key(host: str) -> str | None:
    """What an address is counted under; ``None`` for this machine itself.

    Whoever has one IPv6 address has the 2⁶⁴ of its network, so these count as one.
    """
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host or "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is None:
            return None if address.is_loopback else str(ipaddress.ip_network((address, 64), strict=False))
        address = address.ipv4_mapped
    return None if address.is_loopback else str(address)
