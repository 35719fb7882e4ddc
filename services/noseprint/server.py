"""The nose-print service over gRPC. ``python -m services.noseprint.server`` runs it."""

import asyncio
from collections.abc import Mapping
from contextlib import ExitStack

import cv2
import grpc
import numpy as np
from threadpoolctl import threadpool_limits

from pawtrait.common.v1 import common_pb2
from pawtrait.noseprint.v1 import noseprint_pb2, noseprint_pb2_grpc
from services.noseprint.background import Background
from services.noseprint.context import ServiceContext
from services.noseprint.dog_care import DogCare
from services.noseprint.found_reports import Confirmation, FoundReports
from services.noseprint.identification import Identification
from services.noseprint.messages import (
    caller_of,
    check_message,
    dog_message,
    dog_messages,
    lookup_message,
    owner_message,
    to_change,
    to_registration,
)
from services.noseprint.more_photos import MorePhotos
from services.noseprint.opening import Models, open_context, open_keys, open_models
from services.noseprint.photos import MAX_SIDE
from services.noseprint.register.database import Database
from services.noseprint.register.uploads import MEDIA_TYPE
from services.noseprint.registration import Registration
from services.noseprint.settings import NosePrintSettings
from shared.database.address import database_address, database_room
from shared.errors import PawtraitError
from shared.inference_pool import Stopwatch
from shared.interceptors import Context
from shared.messages import to_timings, to_uuid
from shared.pictures import decode_picture
from shared.server import run
from shared.storage_settings import StorageSettings
from shared.telemetry import get_logger
from shared.uploads.object_uploads import ObjectUploads

_RETRY_SECONDS = 1.0

log = get_logger(__name__)


class NosePrintServer(noseprint_pb2_grpc.NosePrintServiceServicer):
    """Turns calls into use cases and their results into messages.

    Args:
        settings: of the service.
        storage_settings: where pictures are kept.
    """

    name = "noseprint"
    full_name = noseprint_pb2.DESCRIPTOR.services_by_name["NosePrintService"].full_name

    def __init__(self, settings: NosePrintSettings, storage_settings: StorageSettings) -> None:
        self._settings = settings
        self._storage_settings = storage_settings
        self._opened = ExitStack()
        self._context: ServiceContext

    def register(self, server: grpc.aio.Server) -> None:
        """Add this servicer to the server."""
        noseprint_pb2_grpc.add_NosePrintServiceServicer_to_server(self, server)

    def open_models(self) -> Models:
        """The models that the settings name, tried once."""
        # Several calls are worked on at a time: each may use its cores, and no more.
        threadpool_limits(self._settings.inference_threads, user_api="blas")
        cv2.setNumThreads(self._settings.inference_threads)
        models = open_models(self._settings)
        models.photos.reader.check(np.full((256, 256, 3), 128, np.uint8))
        return models

    async def load(self) -> None:
        """Load the models, then wait for the database as long as it takes."""
        data_dir = self._storage_settings.data_dir
        models = await asyncio.to_thread(self.open_models)
        keys = open_keys(self._settings, data_dir)
        address = database_address(self._settings.database_url, data_dir)
        url = await asyncio.to_thread(self._opened.enter_context, address)
        database = Database(url, max_size=self._settings.database_connections, patience=5)
        self._opened.callback(database.terminate)
        while True:
            try:
                await database.open()
                break
            except PawtraitError as error:
                log.warning("waiting_for_database", reason=error.message)
                await asyncio.sleep(_RETRY_SECONDS)
        self._context = context = open_context(self._settings, self._storage_settings, database, keys, models)
        self._opened.callback(context.close)
        pictures = ObjectUploads(database, context.storage, database_room(self._storage_settings))
        self._opened.callback(pictures.close)
        await context.see_that_it_can_work()
        self._registration = Registration(context, pictures)
        self._identification = Identification(context, pictures)
        self._more_photos = MorePhotos(context, pictures)
        self._care = DogCare(context, pictures)
        self._reports = FoundReports(context)
        self._confirmation = Confirmation(context)
        background = Background(context)
        background.start()
        self._opened.callback(background.stop)

    def models(self) -> Mapping[str, str]:
        """See :class:`shared.server.GrpcService`."""
        return {self._context.photos.name: self._context.finder.current}

    def close(self) -> None:
        """Stop what was started, in reverse order."""
        self._opened.close()

    async def CheckNose(  # noqa: N802
        self, request: noseprint_pb2.CheckNoseRequest, context: Context
    ) -> noseprint_pb2.CheckNoseResponse:
        """See the contract."""
        watch = Stopwatch()

        def check() -> noseprint_pb2.CheckNoseResponse:
            with watch.stage("decode"):
                image = decode_picture(request.nose, max_side=MAX_SIDE)
            return check_message(self._context.photos.reader.check(image, watch))

        response = await self._context.pool.run(check, time_left=context.time_remaining())
        response.model.CopyFrom(self._model())
        response.timings.extend(to_timings(watch.stages))
        return response

    async def RegisterDog(  # noqa: N802
        self, request: noseprint_pb2.RegisterDogRequest, context: Context
    ) -> noseprint_pb2.RegisterDogResponse:
        """See the contract."""
        registered = await self._registration.register(
            to_registration(request, region=self._settings.phone_region), time_left=context.time_remaining()
        )
        return noseprint_pb2.RegisterDogResponse(
            dog=dog_message(registered.dog),
            owner_token=registered.owner_token,
            model=common_pb2.ModelInfo(name=registered.model_name, version=registered.model_version),
            timings=to_timings(registered.stages),
        )

    async def IdentifyDog(  # noqa: N802
        self, request: noseprint_pb2.IdentifyDogRequest, context: Context
    ) -> noseprint_pb2.IdentifyDogResponse:
        """See the contract."""
        lookup = await self._identification.identify(request.nose, time_left=context.time_remaining())
        response = lookup_message(lookup)
        response.model.CopyFrom(self._model())
        return response

    async def VerifyDog(  # noqa: N802
        self, request: noseprint_pb2.VerifyDogRequest, context: Context
    ) -> noseprint_pb2.VerifyDogResponse:
        """See the contract."""
        verified = await self._identification.verify(
            to_uuid(request.dog_id, "dog_id"), request.nose, time_left=context.time_remaining()
        )
        return noseprint_pb2.VerifyDogResponse(
            same=verified.same,
            probability=verified.probability,
            lookup_id=str(verified.id),
            model=self._model(),
            timings=to_timings(verified.stages),
        )

    async def GetEvidence(  # noqa: N802
        self, request: noseprint_pb2.GetEvidenceRequest, context: Context
    ) -> noseprint_pb2.GetEvidenceResponse:
        """See the contract."""
        drawn = await self._identification.evidence(
            to_uuid(request.lookup_id, "lookup_id"), time_left=context.time_remaining()
        )
        return noseprint_pb2.GetEvidenceResponse(png=drawn.png, inliers=drawn.inliers)

    async def AddNosePhotos(  # noqa: N802
        self, request: noseprint_pb2.AddNosePhotosRequest, context: Context
    ) -> noseprint_pb2.AddNosePhotosResponse:
        """See the contract."""
        dog, stages = await self._more_photos.add(
            caller_of(context),
            to_uuid(request.dog_id, "dog_id"),
            tuple(request.noses),
            time_left=context.time_remaining(),
        )
        return noseprint_pb2.AddNosePhotosResponse(dog=dog_message(dog), timings=to_timings(stages))

    async def GetDog(  # noqa: N802
        self, request: noseprint_pb2.GetDogRequest, context: Context
    ) -> noseprint_pb2.GetDogResponse:
        """See the contract."""
        dog = await self._care.get(caller_of(context), to_uuid(request.dog_id, "dog_id"))
        return noseprint_pb2.GetDogResponse(dog=dog_message(dog))

    async def ListDogs(  # noqa: N802
        self, request: noseprint_pb2.ListDogsRequest, context: Context
    ) -> noseprint_pb2.ListDogsResponse:
        """See the contract."""
        page = await self._care.list_dogs(caller_of(context), request.page_size, request.page_token)
        return noseprint_pb2.ListDogsResponse(dogs=dog_messages(page.dogs), next_page_token=page.next_token)

    async def ConfirmDog(  # noqa: N802
        self, request: noseprint_pb2.ConfirmDogRequest, context: Context
    ) -> noseprint_pb2.ConfirmDogResponse:
        """See the contract."""
        dog = await self._confirmation.confirm(
            caller_of(context), to_uuid(request.dog_id, "dog_id"), request.code
        )
        return noseprint_pb2.ConfirmDogResponse(dog=dog_message(dog))

    async def GetProfilePicture(  # noqa: N802
        self,
        request: noseprint_pb2.GetProfilePictureRequest,
        context: Context,  # noqa: ARG002
    ) -> noseprint_pb2.GetProfilePictureResponse:
        """See the contract."""
        url, picture = await self._care.profile_picture(request.registration_number)
        return noseprint_pb2.GetProfilePictureResponse(
            profile_url=url, picture=picture, media_type=MEDIA_TYPE
        )

    async def UpdateDog(  # noqa: N802
        self, request: noseprint_pb2.UpdateDogRequest, context: Context
    ) -> noseprint_pb2.UpdateDogResponse:
        """See the contract."""
        dog = await self._care.update(
            caller_of(context), to_uuid(request.dog_id, "dog_id"), to_change(request)
        )
        return noseprint_pb2.UpdateDogResponse(dog=dog_message(dog))

    async def DeleteDog(  # noqa: N802
        self, request: noseprint_pb2.DeleteDogRequest, context: Context
    ) -> noseprint_pb2.DeleteDogResponse:
        """See the contract."""
        await self._care.delete(caller_of(context), to_uuid(request.dog_id, "dog_id"))
        return noseprint_pb2.DeleteDogResponse()

    async def GetOwner(  # noqa: N802
        self, request: noseprint_pb2.GetOwnerRequest, context: Context
    ) -> noseprint_pb2.GetOwnerResponse:
        """See the contract."""
        own = request.owner_id in ("", "me")
        owner_id = None if own else to_uuid(request.owner_id, "owner_id")
        return owner_message(await self._care.owner(caller_of(context), owner_id))

    async def CreateFoundReport(  # noqa: N802
        self,
        request: noseprint_pb2.CreateFoundReportRequest,
        context: Context,  # noqa: ARG002
    ) -> noseprint_pb2.CreateFoundReportResponse:
        """See the contract."""
        report_id = await self._reports.create(request.contact_token, request.message, request.contact)
        return noseprint_pb2.CreateFoundReportResponse(id=str(report_id))

    def _model(self) -> common_pb2.ModelInfo:
        return common_pb2.ModelInfo(name=self._context.photos.name, version=self._context.finder.current)


def main() -> None:
    """Run the service."""
    settings = NosePrintSettings()
    run(NosePrintServer(settings, StorageSettings()), settings)


if __name__ == "__main__":
    main()
