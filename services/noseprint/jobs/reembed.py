"""Embeds every print again after a change of model.

``python -m services.noseprint.jobs.reembed`` queues every dog whose prints were made with another model, and
works through the queue; further processes that run it help. Interrupted, it goes on where it stopped. While
it runs, servers that know both models (``NOSEPRINT_PREVIOUS_MODEL_FOLDER``) find dogs by either.
"""

import argparse
import asyncio
import uuid
from collections.abc import Callable

import numpy as np
from procrastinate.exceptions import AlreadyEnqueued
from tqdm import tqdm

from services.noseprint.alignment import align
from services.noseprint.embedding import Embedder
from services.noseprint.jobs.queue import unfinished, work_through
from services.noseprint.jobs.workshop import Workshop, open_workshop
from services.noseprint.local_features import LocalFeatures, extract
from services.noseprint.photos import MAX_SIDE
from services.noseprint.register import prints
from services.noseprint.register.prints import Renewed
from services.noseprint.register.records import Vector
from services.noseprint.settings import NosePrintSettings
from shared.geometry import Box, RgbImage
from shared.pictures import decode_picture
from shared.storage_settings import StorageSettings
from shared.telemetry import configure_logging, get_logger

QUEUE = "reembed"
Remake = Callable[[RgbImage, Box], tuple[Vector, LocalFeatures]]
_PAGE = 500

log = get_logger(__name__)


class Reembedding:
    """The job.

    Args:
        workshop: what it works with.
        remake: what the current model makes of the nose in a box of a photo.
    """

    def __init__(self, workshop: Workshop, remake: Remake) -> None:
        self._workshop = workshop
        self._remake = remake
        self._task = workshop.app.task(name="reembed_dog", queue=QUEUE, retry=3, pass_context=False)(
            self._run
        )

    async def queue_all(self) -> int:
        """Queue every dog with prints of other models, once; how many were added."""
        context, added, after = self._workshop.context, 0, uuid.UUID(int=0)
        while True:
            async with context.database.connection() as connection:
                page = await prints.dogs_of_other_models(connection, context.finder.current, after, _PAGE)
            if not page:
                return added
            for dog_id in page:
                name = f"{QUEUE}/{context.finder.current}/{dog_id}"
                try:
                    await self._task.configure(lock=name, queueing_lock=name).defer_async(dog=str(dog_id))
                    added += 1
                except AlreadyEnqueued:
                    continue
            after = page[-1]

    async def work(self, concurrency: int) -> None:
        """Work through the queue, with a progress bar."""
        database = self._workshop.context.database
        total = await unfinished(database, QUEUE)
        with tqdm(total=total, unit="dog", desc="re-embedding") as bar:

            def show(left: int) -> None:
                bar.update(max(total - left - bar.n, 0))

            await work_through(self._workshop.app, database, QUEUE, concurrency=concurrency, progress=show)

    async def _run(self, dog: str) -> None:
        await self.embed_dog(uuid.UUID(dog))

    async def embed_dog(self, dog_id: uuid.UUID) -> int:
        """Embed one dog's prints of other models again; how many. They change all at once."""
        context = self._workshop.context
        async with context.database.connection() as connection:
            old = await prints.of_other_models(connection, dog_id, context.finder.current)
        renewed = []
        for each in old:
            picture = await self._workshop.pictures.get(each.picture_key)
            if picture is None:
                log.warning("picture_missing", dog=str(dog_id), print=str(each.id))
                continue

            def embed(picture: bytes = picture, each: prints.OldPrint = each) -> Renewed:
                image = decode_picture(picture, max_side=MAX_SIDE)
                embedding, features = self._remake(image, each.box)
                return Renewed(each.id, context.finder.current, embedding, features.to_bytes())

            renewed.append(await context.pool.run(embed, time_left=None))
        async with context.database.transaction() as connection:
            await prints.renew(connection, dog_id, renewed)
        return len(renewed)


def remake_with(embedder: Embedder) -> Remake:
    """Align the nose, embed it, and take its local features."""

    def remake(image: RgbImage, box: Box) -> tuple[Vector, LocalFeatures]:
        nose = align(image, box)
        return embedder.embed(nose.pixels[np.newaxis])[0], extract(nose)

    return remake


async def run(settings: NosePrintSettings) -> None:
    """Run the command."""
    async with open_workshop(settings, StorageSettings()) as workshop:
        embedder = Embedder(settings.model_folder, settings.inference_threads)
        job = Reembedding(workshop, remake_with(embedder))
        added = await job.queue_all()
        log.info("queued", dogs=added)
        await job.work(settings.workers)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.parse_args()
    configure_logging("reembed", log_format="console")
    asyncio.run(run(NosePrintSettings()))


if __name__ == "__main__":
    main()
