"""Inputs that nobody means well by: mutated pictures, bodies, fields, headers and messages."""

import io
import json
import random
import string
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from PIL import Image

BOUNDARY = "hostile"
PHOTO_CALLS = {
    "/v1/traits": ("photo",),
    "/v1/face-colors": ("photo",),
    "/v1/icons/from-photo": ("photo",),
    "/v1/faces/analyze": ("photo",),
    "/v1/profiles": ("photo",),
    "/v1/noses/check": ("nose",),
    "/v1/dogs/lookup": ("nose",),
    "/v1/dogs": ("nose",) * 5,
    "/predict": ("file",),
    "/color": ("file",),
    "/face": ("file",),
    "/finalImg": ("file",),
    "/lookup": ("dogNose",),
    "/register": tuple(f"dogNose{number}" for number in range(1, 6)),
}
JSON_CALLS = ("/v1/icons", "/v1/profiles", "/v1/found-reports", "/icon", "/RegisterResult")
PATHS = (
    "/v1/dogs/{}",
    "/v1/profiles/{}",
    "/s/{}",
    "/files/{}",
    "/profileImg/{}",
    "/v1/icons/{}",
    "/v1/lookups/{}/evidence.png",
)
FIELDS = (
    "birth_date",
    "mbti",
    "owner_name",
    "owner_phone",
    "owner_email",
    "dog_name",
    "dog_birth_year",
    "dog_sex",
    "format",
    "size",
    "seed",
    "consent",
    "language",
    "registrant",
    "phoneNum",
    "email",
)


@dataclass(frozen=True)
class Hostile:
    """One HTTP request."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


def seeds() -> list[bytes]:
    """Small pictures of every kind that is read, to be mutated."""
    chance = random.Random(1)  # noqa: S311 - pictures, no secrets
    made = []
    for kind, options in (
        ("JPEG", {}),
        ("JPEG", {"progressive": True}),
        ("PNG", {}),
        ("WEBP", {}),
        ("GIF", {}),
    ):
        picture = Image.frombytes("RGB", (48, 32), chance.randbytes(48 * 32 * 3))
        out = io.BytesIO()
        picture.save(out, kind, **options)
        made.append(out.getvalue())
    return made


def _png(width: int, height: int, data: bytes) -> bytes:
    def chunk(name: bytes, content: bytes) -> bytes:
        checked = name + content
        return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(data))
        + chunk(b"IEND", b"")
    )


def picture(chance: random.Random, originals: Sequence[bytes]) -> bytes:
    """A picture with something wrong."""
    data = bytearray(chance.choice(originals))

    def flip() -> bytes:
        for _ in range(chance.randint(1, 12)):
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        return bytes(data)

    def splice() -> bytes:
        other = chance.choice(originals)
        return bytes(data[: chance.randrange(len(data))]) + other[chance.randrange(len(other)) :]

    def grow() -> bytes:
        place = chance.randrange(len(data))
        return bytes(data[:place]) + chance.randbytes(chance.randint(1, 3000)) + bytes(data[place:])

    kinds: list[Callable[[], bytes]] = [
        flip,
        flip,
        splice,
        grow,
        lambda: bytes(data[: chance.randrange(len(data))]),
        lambda: chance.randbytes(chance.randint(0, 4000)),
        lambda: _png(chance.choice([0, 1, 60_000, 2**31 - 1]), chance.choice([1, 60_000]), bytes(100)),
        lambda: bytes(data) + b"<script>alert(1)</script>" + bytes(data),
        lambda: b"<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>",
        lambda: b"",
    ]
    return chance.choice(kinds)()


def words(chance: random.Random) -> str:
    """A text that trips up those who trust texts."""
    return chance.choice(
        [
            "",
            " ",
            "\x00",
            "'; DROP TABLE dogs; --",
            "../../etc/passwd",
            "%00",
            "%2e%2e/",
            "{{7*7}}",
            "${jndi:x}",
            "2026-02-30",
            "0000-00-00",
            "9999-99-99",
            "ABCD",
            "enfp",
            "NaN",
            "-1",
            "1e309",
            str(2**63),
            str(-(2**70)),
            "\ud83d\udc36".encode("utf-16", "surrogatepass").decode("utf-16"),
            "강아지" * chance.randint(1, 2000),
            "x" * chance.randint(1, 5000),
            "\r\nX-Injected: yes",
            "a@b",
            "+82 10-0000-0000",
            "<img onerror=x>",
            "".join(chance.choices(string.printable, k=chance.randint(1, 60))),
        ]
    )


def value(chance: random.Random, depth: int = 0) -> object:
    """Anything that JSON can say."""
    if depth > 3 or chance.random() < 0.6:
        return chance.choice([None, True, 0, -1, 1.5, 2**80, words(chance), [], {}])
    if chance.random() < 0.5:
        return [value(chance, depth + 1) for _ in range(chance.randint(0, 6))]
    return {words(chance): value(chance, depth + 1) for _ in range(chance.randint(0, 5))}


def _part(name: str, content: bytes, filename: str | None) -> bytes:
    safe = name.encode("utf-8", "replace")
    file = b"" if filename is None else b'; filename="' + filename.encode("utf-8", "replace") + b'"'
    head = b'--hostile\r\nContent-Disposition: form-data; name="' + safe + b'"' + file
    return head + b"\r\n\r\n" + content + b"\r\n"


def form(chance: random.Random, originals: Sequence[bytes]) -> Hostile:
    """A multipart request with mutated pictures and fields, its frame sometimes broken."""
    path, names = chance.choice(list(PHOTO_CALLS.items()))
    parts = [_part(name, picture(chance, originals), "x.jpg") for name in names if chance.random() < 0.95]
    for name in chance.sample(FIELDS, chance.randint(0, 6)):
        parts.append(_part(name, words(chance).encode("utf-8", "replace"), None))
    body = b"".join(parts) + b"--hostile--\r\n"
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    trouble = chance.random()
    if trouble < 0.08:
        body = body[: chance.randrange(len(body))]
    elif trouble < 0.16:
        mutated = bytearray(body)
        for _ in range(8):
            mutated[chance.randrange(len(mutated))] = chance.randrange(256)
        body = bytes(mutated)
    elif trouble < 0.20:
        kind = chance.choice(
            ["multipart/form-data", "multipart/form-data; boundary=", "text/plain", "a/b; c"]
        )
    return Hostile("POST", path, {"Content-Type": kind}, body)


def document(chance: random.Random) -> Hostile:
    """A JSON request whose content, or even JSON, is none."""
    body = json.dumps(value(chance)).encode()
    trouble = chance.random()
    if trouble < 0.15:
        body = body[: chance.randrange(len(body) + 1)]
    elif trouble < 0.25:
        body = chance.randbytes(chance.randint(0, 500))
    elif trouble < 0.3:
        body = b"[" * 5000
    elif trouble < 0.6:
        photo = chance.choice(["", "!!!", "QUJD", "A" * 30_001, words(chance)])
        known = {
            "photo": photo,
            "birth_date": words(chance),
            "mbti": words(chance),
            "ear": words(chance),
            "first_user": value(chance),
            "result": value(chance),
            "message": words(chance),
        }
        body = json.dumps(known).encode()
    return Hostile("POST", chance.choice(JSON_CALLS), {"Content-Type": "application/json"}, body)


def strange_headers(chance: random.Random, originals: Sequence[bytes]) -> Hostile:
    """An ordinary call with headers that are not."""
    allowed = string.ascii_letters + string.digits + string.punctuation + " "
    noise = "".join(chance.choices(allowed, k=chance.randint(0, 3000))).strip()
    name = chance.choice(
        [
            "Authorization",
            "X-Api-Key",
            "X-Request-Id",
            "Accept",
            "Accept-Language",
            "If-None-Match",
            "Range",
            "Content-Encoding",
            "Host",
            "X-Forwarded-For",
            "traceparent",
            "Idempotency-Key",
            "Origin",
            "Cookie",
        ]
    )
    usual = form(random.Random(chance.random()), originals)  # noqa: S311
    if chance.random() < 0.5:
        return Hostile(
            "GET", chance.choice(["/", "/v1/icons/parts", "/v1/face-types", "/readyz"]), {name: noise}
        )
    return Hostile(usual.method, usual.path, {**usual.headers, name: noise}, usual.body)


def strange_path(chance: random.Random) -> Hostile:
    """A path or a query with anything in it."""
    from urllib.parse import quote

    method = chance.choice(["GET", "GET", "HEAD", "DELETE", "PATCH", "PUT", "OPTIONS", "POST"])
    path = chance.choice(PATHS).format(quote(words(chance)[:300], safe=chance.choice(["", "/", "/%"])))
    query = "&".join(
        f"{quote(words(chance)[:40])}={quote(words(chance)[:80])}" for _ in range(chance.randint(0, 4))
    )
    return Hostile(method, f"{path}?{query}" if query else path)


def requests(count: int, seed: int) -> Iterator[Hostile]:
    """So many of all kinds."""
    chance, originals = random.Random(seed), seeds()  # noqa: S311 - repeatable, no secrets
    for _ in range(count):
        kind = chance.random()
        if kind < 0.55:
            yield form(chance, originals)
        elif kind < 0.75:
            yield document(chance)
        elif kind < 0.9:
            yield strange_path(chance)
        else:
            yield strange_headers(chance, originals)


def message(chance: random.Random, good: bytes) -> bytes:
    """Bytes that are nearly a protobuf message, or not at all."""
    if chance.random() < 0.3:
        return chance.randbytes(chance.randint(0, 400))
    data = bytearray(good or b"\x00")
    for _ in range(chance.randint(1, 10)):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(data[: chance.randint(0, len(data))]) if chance.random() < 0.3 else bytes(data)
