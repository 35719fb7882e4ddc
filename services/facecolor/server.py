"""The face-colour service over gRPC. ``python -m services.facecolor.server`` runs it."""

import asyncio
from collections.abc import Mapping

import grpc
import numpy as np

from pawtrait.common.v1 import common_pb2
from pawtrait.facecolor.v1 import facecolor_pb2, facecolor_pb2_grpc
from services.facecolor.detection import Head, HeadDetector, OnnxHeadDetector
from services.facecolor.face_colours import FaceColourReader, Swatch
from services.facecolor.settings import FaceColorSettings
from shared.errors import PawtraitError, Reason
from shared.geometry import Box
from shared.inference_pool import InferencePool, Stopwatch
from shared.interceptors import Context
from shared.messages import to_box, to_box_message, to_number, to_timings
from shared.pictures import decode_picture
from shared.server import run

MAX_SIDE = 1024
"""Longest side, pixels, that photos are scaled down to."""

DETECT_SIDE = 512
"""The same when only heads are looked for: the detector sees less than that, and the JPEG decoder is twice
as fast at half size."""


def open_detector(settings: FaceColorSettings) -> HeadDetector:
    """The detector that the settings choose.

    Raises:
        FileNotFoundError: its model file is missing.
        ImportError: dlib is chosen and not installed.

    """
    if settings.detector == "dlib" and settings.dlib_model is not None:
        # dlib is an extra: only those who choose it need it.
        from services.facecolor.dlib_detection import DlibHeadDetector

        return DlibHeadDetector(settings.dlib_model)
    return OnnxHeadDetector(settings.model_folder, settings.inference_threads)


class FaceColorServer(facecolor_pb2_grpc.FaceColorServiceServicer):
    """Decodes, finds heads and reads colours."""

    name = "facecolor"
    full_name = facecolor_pb2.DESCRIPTOR.services_by_name["FaceColorService"].full_name

    def __init__(self, settings: FaceColorSettings) -> None:
        self._settings = settings
        self._pool = InferencePool(settings.workers, self.name)
        # dlib's detector sees what it is given, at that size.
        self._detect_side = MAX_SIDE if settings.detector == "dlib" else DETECT_SIDE
        self._detector: HeadDetector
        self._reader: FaceColourReader

    def register(self, server: grpc.aio.Server) -> None:
        """Add this servicer to the server."""
        facecolor_pb2_grpc.add_FaceColorServiceServicer_to_server(self, server)

    async def load(self) -> None:
        """Load both models and try them on a grey picture."""
        await asyncio.to_thread(self._load)

    def _load(self) -> None:
        self._detector = open_detector(self._settings)
        self._reader = FaceColourReader(self._settings.model_folder, self._settings.inference_threads)
        grey = np.full((64, 64, 3), 128, np.uint8)
        self._detector.detect(grey)
        self._reader.read(grey, Box(0.2, 0.2, 0.8, 0.8))

    def models(self) -> Mapping[str, str]:
        """See :class:`shared.server.GrpcService`."""
        return {
            self._detector.name: self._detector.version,
            self._reader.name: self._reader.version,
        }

    def close(self) -> None:
        """Stop the threads."""
        self._pool.close()

    async def DetectHeads(  # noqa: N802
        self, request: facecolor_pb2.DetectHeadsRequest, context: Context
    ) -> facecolor_pb2.DetectHeadsResponse:
        """See the contract."""
        return await self._pool.run(lambda: self._detect(request.photo), time_left=context.time_remaining())

    async def DetectFaceColor(  # noqa: N802
        self, request: facecolor_pb2.DetectFaceColorRequest, context: Context
    ) -> facecolor_pb2.DetectFaceColorResponse:
        """See the contract."""
        head = to_box(request.head, field="head") if request.HasField("head") else None
        return await self._pool.run(
            lambda: self._read(request.photo, head), time_left=context.time_remaining()
        )

    def _detect(self, photo: bytes) -> facecolor_pb2.DetectHeadsResponse:
        watch = Stopwatch()
        with watch.stage("decode"):
            image = decode_picture(photo, max_side=self._detect_side)
        with watch.stage("detect"):
            heads = self._detector.detect(image)
        return facecolor_pb2.DetectHeadsResponse(
            heads=[_head_message(head) for head in heads],
            model=common_pb2.ModelInfo(name=self._detector.name, version=self._detector.version),
            timings=to_timings(watch.stages),
        )

    def _read(self, photo: bytes, given: Box | None) -> facecolor_pb2.DetectFaceColorResponse:
        watch = Stopwatch()
        with watch.stage("decode"):
            image = decode_picture(photo, max_side=MAX_SIDE)
        count = 0
        if given is None:
            with watch.stage("detect"):
                heads = self._detector.detect(image)
            if not heads:
                raise PawtraitError(Reason.NO_DOG_FOUND, "no dog's head was found in the photo")
            head, count = heads[0], len(heads)
        else:
            head = Head(given, 1.0)
        with watch.stage("colours"):
            colours = self._reader.read(image, head.box)
        return facecolor_pb2.DetectFaceColorResponse(
            head=_head_message(head),
            primary=_swatch_message(colours.primary),
            secondary=_swatch_message(colours.secondary) if colours.secondary else None,
            palette=[_swatch_message(swatch) for swatch in colours.palette],
            model=common_pb2.ModelInfo(name=self._reader.name, version=self._reader.version),
            timings=to_timings(watch.stages),
            head_count=count,
        )


def _head_message(head: Head) -> facecolor_pb2.Head:
    return facecolor_pb2.Head(box=to_box_message(head.box), confidence=head.confidence)


def _swatch_message(swatch: Swatch) -> facecolor_pb2.Swatch:
    lightness, a, b = swatch.lab
    return facecolor_pb2.Swatch(
        name=to_number(swatch.name, common_pb2.Colour),
        hex=swatch.hex,
        lightness=lightness,
        a=a,
        b=b,
        share=swatch.share,
    )


if __name__ == "__main__":
    settings = FaceColorSettings()
    run(FaceColorServer(settings), settings)
