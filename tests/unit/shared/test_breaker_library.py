"""Breakers do not bring a Redis client into every process, and leave it to those who want one."""

import subprocess
import sys

LEFT_OUT = (
    "import sys, shared.breaker; assert not [name for name in sys.modules if name.split('.')[0] == 'redis']"
)
STILL_THERE = "import shared.breaker, redis.asyncio; assert redis.asyncio.Redis"


def test_breakers_load_no_redis_client() -> None:
    subprocess.run([sys.executable, "-c", LEFT_OUT], check=True, timeout=60)


def test_who_wants_the_client_gets_it() -> None:
    subprocess.run([sys.executable, "-c", STILL_THERE], check=True, timeout=60)
