"""What lives as long as the gateway serves, and how routes get at it."""

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import grpc
from fastapi import Depends, Request

from gateway.admission import Admission
from gateway.clients.channel import open_channel
from gateway.clients.facecolor import FaceColorClient
from gateway.clients.facetype import FaceTypeClient
from gateway.clients.icon import IconClient
from gateway.clients.noseprint import NosePrintClient
from gateway.clients.traits import TraitsClient
from gateway.deadline import Deadline
from gateway.keys.guard import KeyGuard
from gateway.keys.key_file import KeyFile
from gateway.metrics import Metrics
from gateway.photos import PhotoPreparer, PhotoSize
from gateway.quotas import Quotas
from gateway.reading import DogReader
from gateway.settings import GatewaySettings
from shared.grpc_tls import GrpcTlsSettings, client_credentials
from shared.object_storage import ObjectStorage


@dataclass(frozen=True)
class GatewayState:
    """Clients and bounds, made in the loop that serves."""

    settings: GatewaySettings
    metrics: Metrics
    channels: Mapping[str, tuple[grpc.aio.Channel, str]]
    """Channel and full protobuf name of each service by short name."""
    reader: DogReader
    icons: IconClient
    noses: NosePrintClient
    faces: FaceTypeClient
    photos: PhotoPreparer
    admission: Admission
    quotas: Quotas
    keys: KeyGuard
    storage: ObjectStorage
    public_base_url: str = ""
    """How clients reach the gateway; empty: as the request says."""

    @classmethod
    def open(
        cls, settings: GatewaySettings, metrics: Metrics, storage: ObjectStorage, public_base_url: str = ""
    ) -> "GatewayState":
        """Connect; services may come up later."""
        tls = client_credentials(GrpcTlsSettings())
        traits = open_channel(settings.traits_address, settings.max_message_bytes, tls)
        face_colours = open_channel(settings.facecolor_address, settings.max_message_bytes, tls)
        icons = open_channel(settings.icon_address, settings.max_message_bytes, tls)
        noses = open_channel(
            settings.noseprint_address, settings.max_registration_bytes, tls, once=NosePrintClient.once
        )
        face_types = open_channel(
            settings.facetype_address, settings.max_message_bytes, tls, once=FaceTypeClient.once
        )
        admission = Admission(
            settings.photos_in_progress, settings.photos_waiting, settings.photo_wait.total_seconds()
        )
        quotas = Quotas(settings.quotas(), settings.key_limit, settings.limits_storage_uri)
        metrics.gauge("pawtrait_photos_in_progress", "Photos worked on.", lambda: admission.in_progress)
        metrics.gauge("pawtrait_photos_waiting", "Photos waiting for it.", lambda: admission.waiting)
        metrics.gauge(
            "pawtrait_temporary_free_bytes",
            "Room for the bodies of requests while they are read.",
            _temporary_room,
        )
        # Chosen once, by trying to write there: later the disk may be full, and another would be taken.
        _temporary_room()
        return cls(
            settings=settings,
            metrics=metrics,
            channels={
                TraitsClient.service: (traits, TraitsClient.full_name),
                FaceColorClient.service: (face_colours, FaceColorClient.full_name),
                IconClient.service: (icons, IconClient.full_name),
                NosePrintClient.service: (noses, NosePrintClient.full_name),
                FaceTypeClient.service: (face_types, FaceTypeClient.full_name),
            },
            reader=DogReader(TraitsClient(traits, metrics), FaceColorClient(face_colours, metrics)),
            icons=IconClient(icons, metrics),
            noses=NosePrintClient(noses, metrics),
            faces=FaceTypeClient(face_types, metrics),
            photos=PhotoPreparer(
                settings.picture_threads,
                settings.photo_bytes,
                PhotoSize(settings.photo_side, settings.photo_quality),
            ),
            admission=admission,
            quotas=quotas,
            keys=KeyGuard(
                KeyFile(settings.path_of_keys()),
                quotas,
                required=settings.needs_keys(),
                public=settings.public_scopes,
                admin_key=settings.admin_key.get_secret_value(),
            ),
            storage=storage,
            public_base_url=public_base_url,
        )

    async def close(self) -> None:
        """Hang up."""
        self.photos.close()
        for channel, _ in self.channels.values():
            await channel.close(grace=None)


def _temporary_room() -> float:
    """Bytes; none where there is no folder for temporary files."""
    try:
        return shutil.disk_usage(tempfile.gettempdir()).free
    except OSError:
        return 0


def _state(request: Request) -> GatewayState:
    state: GatewayState = request.app.state.gateway
    return state


def _deadline(state: Annotated[GatewayState, Depends(_state)]) -> Deadline:
    return Deadline.after(state.settings.deadline)


State = Annotated[GatewayState, Depends(_state)]
"""The gateway's state, as a parameter of a route."""

RequestDeadline = Annotated[Deadline, Depends(_deadline)]
"""The request's deadline; it runs from when the body has been read."""
