"""Enrols a shelter's dogs from a folder.

``python -m services.noseprint.jobs.enrol FOLDER`` reads ``FOLDER/dogs.csv``, one dog a row::

    folder,dog_name,dog_breed,dog_sex,dog_birth_year,owner_name,owner_phone,owner_email

and for each row five nose photos from ``FOLDER/<folder>/`` (and ``profile.*``, if there is one). Whoever
runs this vouches that the phone numbers are right: a dog whose owner is known becomes that owner's. What
came of each row is added to ``FOLDER/enrolled.csv`` (mode 0600, for it holds the owner tokens). Interrupted,
it goes on where it stopped; further processes that run it help. The queue knows rows by number: nobody's
name is in it.
"""

import argparse
import asyncio
import csv
import errno
import io
import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from procrastinate.exceptions import AlreadyEnqueued
from tqdm import tqdm

from services.noseprint.jobs.queue import unfinished, work_through
from services.noseprint.jobs.workshop import Workshop, open_workshop
from services.noseprint.register.facts import Sex, check_dog, check_owner
from services.noseprint.registration import Registration
from services.noseprint.registration_call import RegistrationRequest
from services.noseprint.settings import NosePrintSettings
from shared.errors import ErrorKind, PawtraitError, Reason
from shared.storage_settings import StorageSettings
from shared.telemetry import configure_logging, get_logger

DOGS, RESULTS = "dogs.csv", "enrolled.csv"
COLUMNS = ("folder", "outcome", "registration_number", "owner_token")
_PHOTOS = {".jpg", ".jpeg", ".png", ".webp", ".heic"}
_NAMESPACE = uuid.UUID("0b6f7a5e-6d8c-5d0e-9a55-2d1f3c4b5a69")
_TRY_AGAIN = (ErrorKind.UNAVAILABLE, ErrorKind.FULL, ErrorKind.DEADLINE)

log = get_logger(__name__)


@dataclass(frozen=True)
class Outcome:
    """What came of a row."""

    folder: str
    outcome: str
    """``registered``, or the reason why not."""
    registration_number: str = ""
    owner_token: str = ""


class Enrolment:
    """The job.

    Args:
        workshop: what it works with.
        folder: with ``dogs.csv``.
    """

    def __init__(self, workshop: Workshop, folder: Path) -> None:
        self._workshop = workshop
        self._folder = folder.resolve()
        self._registration = Registration(workshop.context, workshop.pictures)
        self._writing = asyncio.Lock()
        # A queue of its own: whoever works on it must see this folder.
        self._id = uuid.uuid5(_NAMESPACE, str(self._folder))
        self.queue = f"enrol-{self._id.hex[:12]}"
        self._task = workshop.app.task(name=self.queue, queue=self.queue, retry=5)(self._run)

    async def queue_all(self) -> int:
        """Queue every row that has no outcome yet, once; how many were added.

        Raises:
            OSError, ValueError: there is no such table, or a column is missing.
        """
        done, added = {row["folder"] for row in read_results(self._folder)}, 0
        for number, row in enumerate(read_dogs(self._folder)):
            if row["folder"] in done:
                continue
            name = f"{self.queue}/{number}"
            try:
                await self._task.configure(lock=name, queueing_lock=name).defer_async(row=number)
                added += 1
            except AlreadyEnqueued:
                continue
        return added

    async def work(self, concurrency: int) -> None:
        """Work through the queue, with a progress bar."""
        database = self._workshop.context.database
        total = await unfinished(database, self.queue)
        with tqdm(total=total, unit="dog", desc="enrolling") as bar:

            def show(left: int) -> None:
                bar.update(max(total - left - bar.n, 0))

            await work_through(
                self._workshop.app, database, self.queue, concurrency=concurrency, progress=show
            )

    async def _run(self, row: int) -> None:
        table = await asyncio.to_thread(read_dogs, self._folder)
        if row < len(table):
            await self.enrol(table[row])

    async def enrol(self, row: Mapping[str, str]) -> Outcome:
        """Enrol one dog and write down what came of it.

        Raises:
            PawtraitError: the register cannot be reached just now; the queue tries again.
        """
        try:
            request = await asyncio.to_thread(self._request, row)
            registered = await self._registration.register(request, time_left=None)
            outcome = Outcome(
                row["folder"], "registered", registered.dog.registration_number, registered.owner_token
            )
        except PawtraitError as error:
            if error.kind in _TRY_AGAIN:
                raise
            detail = (
                error.metadata.get("field") or error.metadata.get("photo") or error.metadata.get("photos")
            )
            outcome = Outcome(row["folder"], f"{error.reason.value} {detail or ''}".strip())
        async with self._writing:
            await asyncio.to_thread(write_result, self._folder, outcome)
        return outcome

    def _request(self, row: Mapping[str, str]) -> RegistrationRequest:
        settings = self._workshop.context.settings
        noses, profile = read_photos(self._folder, row["folder"])
        return RegistrationRequest(
            noses=noses,
            profile=profile,
            owner=check_owner(
                row["owner_name"],
                row["owner_phone"],
                row.get("owner_email") or "",
                region=settings.phone_region,
            ),
            dog=check_dog(
                row["dog_name"],
                row.get("dog_breed") or "",
                _sex(row.get("dog_sex") or ""),
                _year(row.get("dog_birth_year") or ""),
            ),
            # Tried again after it was registered but before that was written down, it gets the same answer.
            call_key=f"{self._id}/{row['folder']}",
            vouched=True,
        )


def read_dogs(folder: Path) -> list[dict[str, str]]:
    """The rows of ``dogs.csv``.

    Raises:
        OSError: there is none.
        ValueError: a column is missing.
    """
    with (folder / DOGS).open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    for column in ("folder", "dog_name", "owner_name", "owner_phone"):
        if rows and rows[0].get(column) is None:
            raise ValueError(f"{DOGS} has no column {column}")
    return rows


def read_results(folder: Path) -> list[dict[str, str]]:
    """The rows of ``enrolled.csv``; none when there is no such file yet."""
    path = folder / RESULTS
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write_result(folder: Path, outcome: Outcome) -> None:
    """Add a row to ``enrolled.csv``, which only its owner can read: all of it or nothing.

    Raises:
        OSError: it cannot be written, e.g. for want of room.
    """
    text = io.StringIO(newline="")
    descriptor = os.open(folder / RESULTS, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "ab", buffering=0) as file:
        before, writer = file.tell(), csv.writer(text)
        if before == 0:
            writer.writerow(COLUMNS)
        writer.writerow((outcome.folder, outcome.outcome, outcome.registration_number, outcome.owner_token))
        row = text.getvalue().encode()
        try:
            if file.write(row) != len(row):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder / RESULTS))
            os.fsync(file.fileno())
        except OSError:
            file.truncate(before)
            raise


def read_photos(folder: Path, name: str) -> tuple[list[bytes], bytes | None]:
    """Nose photos of a dog in the order of their names, and its profile picture.

    Raises:
        PawtraitError: ``INVALID_FIELD``: there is no such folder inside.
    """
    place = (folder / name).resolve()
    if not place.is_dir() or not place.is_relative_to(folder.resolve()) or place == folder.resolve():
        raise PawtraitError(Reason.INVALID_FIELD, "there is no such folder", {"field": "folder"})
    files = sorted(path for path in place.iterdir() if path.suffix.lower() in _PHOTOS)
    profiles = [path for path in files if path.stem.lower() == "profile"]
    noses = [path.read_bytes() for path in files if path not in profiles]
    return noses, profiles[0].read_bytes() if profiles else None


def _sex(text: str) -> Sex | None:
    try:
        return Sex(text.strip().lower()) if text.strip() else None
    except ValueError:
        raise PawtraitError(
            Reason.INVALID_FIELD, "dog_sex must be male, female or unknown", {"field": "dog_sex"}
        ) from None


def _year(text: str) -> int | None:
    try:
        return int(text) if text.strip() else None
    except ValueError:
        raise PawtraitError(
            Reason.INVALID_FIELD, "dog_birth_year must be a year", {"field": "dog_birth_year"}
        ) from None


async def run(folder: Path, settings: NosePrintSettings) -> None:
    """Run the command."""
    async with open_workshop(settings, StorageSettings()) as workshop:
        job = Enrolment(workshop, folder)
        log.info("queued", dogs=await job.queue_all())
        await job.work(settings.workers)
    outcomes = [row["outcome"] for row in read_results(folder)]
    log.info("enrolled", registered=outcomes.count("registered"), rows=len(outcomes))


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    configure_logging("enrol", log_format="console")
    try:
        asyncio.run(run(arguments.folder, NosePrintSettings()))
    except (OSError, ValueError) as error:
        parser.exit(1, f"{error}\n")


if __name__ == "__main__":
    main()
