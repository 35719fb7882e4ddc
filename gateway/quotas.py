"""How often one address may ask for what tells about registered dogs, or writes to their owners.

A lookup is an oracle: whoever may ask without end can try out what is registered. The counting is the
library ``limits``'; kept in this process, so that with several gateways each counts for itself.
"""

import ipaddress
import math
import time
from collections.abc import Mapping, Sequence
from enum import StrEnum

from limits import RateLimitItem, parse_many
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter
from starlette.requests import Request

from shared.errors import PawtraitError, Reason


class Quota(StrEnum):
    """What is counted together."""

    CHECK = "check"
    LOOKUP = "lookup"
    REGISTER = "register"
    PROFILE = "profile"
    REPORT = "report"
    ACCESS = "access"
    """Calls with a token, so that tokens cannot be tried out."""


class Quotas:
    """Counts calls by address in moving windows.

    Args:
        rates: for each quota, how often in which time, e.g. ``"10/minute;100/day"``; empty: no limit.

    Raises:
        ValueError: a rate cannot be read.

    """

    def __init__(self, rates: Mapping[Quota, str]) -> None:
        self._rates: dict[Quota, Sequence[RateLimitItem]] = {
            quota: parse_many(text) if text else [] for quota, text in rates.items()
        }
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    async def count(self, quota: Quota, request: Request) -> None:
        """Count a call. Calls from this machine itself are not counted.

        Raises:
            PawtraitError: ``TOO_MANY_REQUESTS`` with ``retry_after``, in seconds.

        """
        who = caller_key(request.client.host if request.client else "")
        if who is None:
            return
        for rate in self._rates[quota]:
            if not await self._limiter.hit(rate, quota.value, who):
                window = await self._limiter.get_window_stats(rate, quota.value, who)
                wait = max(math.ceil(window.reset_time - time.time()), 1)
                raise PawtraitError(Reason.TOO_MANY_REQUESTS, f"more than {rate}", {"retry_after": str(wait)})


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
