"""Takes callers' photos: decoded once, cleaned, made small, encoded again for the services."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from gateway.deadline import Deadline
from shared.errors import PawtraitError, Reason
from shared.pictures import decode_picture, encode_jpeg


@dataclass(frozen=True, slots=True)
class PhotoSize:
    """Longest side, pixels, and JPEG quality of what the services get."""

    side: int
    quality: int


@dataclass(frozen=True, slots=True)
class Photo:
    """An upright JPEG without metadata, and how long making it took, in milliseconds."""

    content: bytes = field(repr=False)
    width: int
    height: int
    milliseconds: float


class PhotoPreparer:
    """Decodes in threads, for the event loop must not wait for a picture.

    Args:
        threads: pictures that are decoded at the same time.
        max_bytes: largest file.
        size: of what comes out, usually.

    """

    def __init__(self, threads: int, max_bytes: int, size: PhotoSize) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="pictures")
        self._max_bytes = max_bytes
        self._size = size

    async def prepare(self, data: bytes, deadline: Deadline, size: PhotoSize | None = None) -> Photo:
        """Make a clean photo of a caller's file.

        Args:
            data: the file.
            deadline: of the caller.
            size: of what comes out, where it is not the usual.

        Raises:
            PawtraitError: ``NOT_AN_IMAGE``, ``PHOTO_TOO_LARGE`` or ``DEADLINE_EXCEEDED``.

        """
        if len(data) > self._max_bytes:
            raise PawtraitError(Reason.PHOTO_TOO_LARGE, "the photo has too many bytes")
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(deadline.remaining()):
                return await loop.run_in_executor(self._pool, self._prepare, data, size or self._size)
        except TimeoutError:
            raise PawtraitError(Reason.DEADLINE_EXCEEDED, "the photo took too long to read") from None

    @staticmethod
    def _prepare(data: bytes, size: PhotoSize) -> Photo:
        begun = time.perf_counter()
        image = decode_picture(data, max_side=size.side)
        content = encode_jpeg(image, quality=size.quality)
        height, width = image.shape[:2]
        return Photo(content, width, height, round((time.perf_counter() - begun) * 1000, 2))

    def close(self) -> None:
        """Let the threads go."""
        self._pool.shutdown(wait=False, cancel_futures=True)
