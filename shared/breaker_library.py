"""The circuit-breaker library ``purgatory``, without the Redis client that it loads where that is installed.

Breakers count in the memory of their process; the client would take some 12 MB of each.
"""

import sys

_hidden = "redis" not in sys.modules
if _hidden:
    sys.modules["redis"] = None  # type: ignore[assignment]  # an import of it then fails, as if it were absent
try:
    from purgatory import AsyncCircuitBreakerFactory
    from purgatory.domain.model import HALF_OPENED, OpenedState
finally:
    if _hidden:
        del sys.modules["redis"]

__all__ = ["HALF_OPENED", "AsyncCircuitBreakerFactory", "OpenedState"]
