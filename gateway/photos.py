"""Takes callers' photos: decoded once, cleaned, made small, encoded again for the services."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from gateway.deadline import Deadline
from shared.errors import PawtraitError, Reason
from shared.pictures import decode_picture, encode_jpeg


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
        max_side: longest side, pixels, of what comes out.
        quality: JPEG quality of what comes out.

    """

    def __init__(self, threads: int, max_bytes: int, max_side: int, quality: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="pictures")
        self._max_bytes = max_bytes
        self._max_side = max_side
        self._quality = quality

    async def prepare(self, data: bytes, deadline: Deadline) -> Photo:
        """Make a clean photo of a caller's file.

        Raises:
            PawtraitError: ``NOT_AN_IMAGE``, ``PHOTO_TOO_LARGE`` or ``DEADLINE_EXCEEDED``.

        """
        if len(data) > self._max_bytes:
            raise PawtraitError(Reason.PHOTO_TOO_LARGE, "the photo has too many bytes")
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(deadline.remaining()):
                return await loop.run_in_executor(self._pool, self._prepare, data)
        except TimeoutError:
            raise PawtraitError(Reason.DEADLINE_EXCEEDED, "the photo took too long to read") from None

    def _prepare(self, data: bytes) -> Photo:
        begun = time.perf_counter()
        image = decode_picture(data, max_side=self._max_side)
        content = encode_jpeg(image, quality=self._quality)
        height, width = image.shape[:2]
        return Photo(content, width, height, round((time.perf_counter() - begun) * 1000, 2))

    def close(self) -> None:
        """Let the threads go."""
        self._pool.shutdown(wait=False, cancel_futures=True)
