"""Picture hygiene: from bytes that a stranger sent to an upright RGB array, or a clear refusal.

Size cap before reading, type told from the content, pixel cap before decoding, metadata dropped, scaled
down by the decoder where it can, orientation and colour profile applied. Every service does it again on
what the gateway sends: they trust nothing either.
"""

from shared.pictures.decode import decode_picture
from shared.pictures.encode import encode_jpeg
from shared.pictures.limits import PictureLimits

__all__ = ["PictureLimits", "decode_picture", "encode_jpeg"]
