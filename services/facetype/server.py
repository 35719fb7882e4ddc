"""The face type service over gRPC. ``python -m services.facetype.server`` runs it."""

import asyncio
from collections.abc import Mapping
from contextlib import ExitStack

import cv2
import grpc

from pawtrait.facetype.v1 import facetype_pb2, facetype_pb2_grpc
from services.facetype.analyser import FaceAnalyser
from services.facetype.card_drawing import warm_up
from services.facetype.catalogue import Catalogue, Language, load_catalogue
from services.facetype.context import MAX_SIDE, Analyser, ServiceContext
from services.facetype.create_profile import ProfileCreation
from services.facetype.messages import (
    MODEL,
    analysis_message,
    created_message,
    model_message,
    profile_message,
    shared_message,
    to_fields,
    to_language,
    types_message,
)
from services.facetype.opening import open_context, open_keys
from services.facetype.profile_care import ProfileCare
from services.facetype.profiles.database import Database
from services.facetype.settings import FaceTypeSettings
from services.facetype.showcase import Showcase, publish
from services.facetype.sweeper import Sweeper
from shared.call_metadata import bearer_token, metadata_of
from shared.database.address import database_address
from shared.errors import PawtraitError
from shared.inference_pool import Stopwatch
from shared.interceptors import Context
from shared.messages import to_timings, to_uuid
from shared.object_storage import ObjectStorage, open_storage
from shared.periodic import repeat
from shared.pictures import decode_picture
from shared.server import run
from shared.storage_settings import StorageSettings
from shared.telemetry import get_logger

_RETRY_SECONDS = 1.0

log = get_logger(__name__)


class FaceTypeServer(facetype_pb2_grpc.FaceTypeServiceServicer):
    """Turns calls into use cases and their results into messages.

    Args:
        settings: of the service.
        storage_settings: where pictures are kept.
    """

    name = "facetype"
    full_name = facetype_pb2.DESCRIPTOR.services_by_name["FaceTypeService"].full_name

    def __init__(self, settings: FaceTypeSettings, storage_settings: StorageSettings) -> None:
        self._settings = settings
        self._storage_settings = storage_settings
        self._opened = ExitStack()
        self._context: ServiceContext

    def register(self, server: grpc.aio.Server) -> None:
        """Add this servicer to the server."""
        facetype_pb2_grpc.add_FaceTypeServiceServicer_to_server(self, server)

    def open_analyser(self, catalogue: Catalogue) -> Analyser:
        """What reads faces, tried once."""
        # Several calls are worked on at a time: each may use its cores, and no more.
        cv2.setNumThreads(self._settings.inference_threads)
        analyser = FaceAnalyser(catalogue, self._settings.inference_threads)
        analyser.warm_up()
        return analyser

    async def load(self) -> None:
        """Load catalogue and models, then wait for storage and database as long as it takes."""
        settings, data_dir = self._settings, self._storage_settings.data_dir
        catalogue = load_catalogue(settings.catalogue)
        analyser = await asyncio.to_thread(self.open_analyser, catalogue)
        await asyncio.to_thread(warm_up, catalogue)
        keys = open_keys(settings, data_dir)
        storage, showcase = await self._publish(catalogue)
        url = await asyncio.to_thread(
            self._opened.enter_context, database_address(settings.database_url, data_dir)
        )
        self._context = context = open_context(
            settings,
            self._storage_settings,
            catalogue=catalogue,
            analyser=analyser,
            database=await self._open_database(url),
            keys=keys,
            storage=storage,
            showcase=showcase,
        )
        self._opened.callback(context.close)
        await context.see_that_it_can_work()
        self._creation = ProfileCreation(context)
        self._care = ProfileCare(context)
        if settings.sweep_every:
            sweeper = Sweeper(context.database, storage, settings)
            sweeping = asyncio.ensure_future(
                repeat(sweeper.sweep, settings.sweep_every, failed="sweep_failed", at_once=False)
            )
            self._opened.callback(sweeping.cancel)

    async def _publish(self, catalogue: Catalogue) -> tuple[ObjectStorage, Showcase]:
        while True:
            try:
                storage = await asyncio.to_thread(open_storage, self._storage_settings)
                return storage, await asyncio.to_thread(publish, catalogue, storage)
            except PawtraitError as error:
                log.warning("waiting_for_storage", reason=error.message)
                await asyncio.sleep(_RETRY_SECONDS)

    async def _open_database(self, url: str) -> Database:
        database = Database(url, max_size=self._settings.database_connections, patience=5)
        self._opened.callback(database.terminate)
        while True:
            try:
                await database.open()
            except PawtraitError as error:
                log.warning("waiting_for_database", reason=error.message)
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                return database

    def models(self) -> Mapping[str, str]:
        """See :class:`shared.server.GrpcService`."""
        return {MODEL: self._context.analyser.version}

    def close(self) -> None:
        """Stop what was started, in reverse order."""
        self._opened.close()

    async def AnalyzeFace(  # noqa: N802
        self, request: facetype_pb2.AnalyzeFaceRequest, context: Context
    ) -> facetype_pb2.AnalyzeFaceResponse:
        """See the contract."""
        watch, own = Stopwatch(), self._context

        def analyse() -> facetype_pb2.AnalyzeFaceResponse:
            with watch.stage("decode"):
                image = decode_picture(request.photo, max_side=MAX_SIDE)
            analysis = own.analyser.analyse(image)
            watch.stages.extend(analysis.stages)
            example = own.showcase.example_url(analysis.outcome)
            return facetype_pb2.AnalyzeFaceResponse(analysis=analysis_message(analysis, example))

        response = await own.pool.run(analyse, time_left=context.time_remaining())
        response.model.CopyFrom(model_message(own.analyser.version))
        response.timings.extend(to_timings(watch.stages))
        return response

    async def CreateProfile(  # noqa: N802
        self, request: facetype_pb2.CreateProfileRequest, context: Context
    ) -> facetype_pb2.CreateProfileResponse:
        """See the contract."""
        created = await self._creation.create(
            request.photo, to_fields(request), time_left=context.time_remaining()
        )
        return created_message(created)

    async def GetProfile(  # noqa: N802
        self, request: facetype_pb2.GetProfileRequest, context: Context
    ) -> facetype_pb2.GetProfileResponse:
        """See the contract."""
        language = to_language(request.language)
        profile = await self._care.get(
            to_uuid(request.profile_id, "profile_id"), bearer_token(metadata_of(context)), language
        )
        return facetype_pb2.GetProfileResponse(profile=profile_message(profile))

    async def DeleteProfile(  # noqa: N802
        self, request: facetype_pb2.DeleteProfileRequest, context: Context
    ) -> facetype_pb2.DeleteProfileResponse:
        """See the contract."""
        await self._care.delete(to_uuid(request.profile_id, "profile_id"), bearer_token(metadata_of(context)))
        return facetype_pb2.DeleteProfileResponse()

    async def GetSharedProfile(  # noqa: N802
        self,
        request: facetype_pb2.GetSharedProfileRequest,
        context: Context,  # noqa: ARG002
    ) -> facetype_pb2.GetSharedProfileResponse:
        """See the contract."""
        language = to_language(request.language)
        return shared_message(await self._care.get_shared(to_uuid(request.share_id, "share_id"), language))

    async def ListTypes(  # noqa: N802
        self,
        request: facetype_pb2.ListTypesRequest,
        context: Context,  # noqa: ARG002
    ) -> facetype_pb2.ListTypesResponse:
        """See the contract."""
        language = to_language(request.language) or Language.EN
        types = await self._care.types(language)
        return types_message(types, self._context.catalogue, self._context.showcase, language)


def main() -> None:
    """Run the service."""
    settings = FaceTypeSettings()
    run(FaceTypeServer(settings, StorageSettings()), settings)


if __name__ == "__main__":
    main()
