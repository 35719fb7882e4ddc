"""Requests about noses and dogs, as the tests of the routes send them."""

from typing import Any

from tests.unit.gateway.conftest import picture
from tests.unit.gateway.nose_answers import (
    OWNER_TOKEN,
)

FIELDS = {"owner_name": "김보호", "owner_phone": "010-1234-5678", "dog_name": "꿍이"}
TOKEN = {"Authorization": f"Bearer {OWNER_TOKEN}"}
ADMIN = "an administrator of the tests"


def noses(count: int = 5) -> list[tuple[str, tuple[str, bytes, str]]]:
    return [("nose", (f"{index}.png", picture(64 + index), "image/png")) for index in range(count)]


def one() -> dict[str, Any]:
    return {"nose": ("nose.png", picture(), "image/png")}


async def register(client: Any, files: Any = None, data: Any = None, **more: Any) -> Any:
    return await client.post("/v1/dogs", files=files or noses(), data={**FIELDS, **(data or {})}, **more)
