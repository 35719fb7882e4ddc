"""The one fact of EXIF that matters here: which way up the picture is.

Read by hand because a full EXIF reader copies every field a stranger declares; this looks at one and
cannot fail: whatever is broken counts as upright.
"""

import struct

from shared.pictures.container import UPRIGHT

_ORIENTATION_TAG = 0x0112
_SHORT, _LONG = 3, 4
_MAX_ENTRIES = 1000
_BYTE_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}


def read_orientation(exif: bytes) -> int:
    """EXIF orientation 1…8 of a TIFF-shaped EXIF block, with or without its ``Exif`` prefix.

    1 when the block is broken or says nothing sensible.
    """
    tiff = exif.removeprefix(b"Exif\0\0")
    order = _BYTE_ORDERS.get(tiff[:4])
    if order is None:
        return UPRIGHT
    try:
        (directory,) = struct.unpack_from(f"{order}I", tiff, 4)
        (entries,) = struct.unpack_from(f"{order}H", tiff, directory)
        for index in range(min(entries, _MAX_ENTRIES)):
            entry = directory + 2 + 12 * index
            tag, kind, count = struct.unpack_from(f"{order}HHI", tiff, entry)
            if tag != _ORIENTATION_TAG:
                continue
            if kind not in (_SHORT, _LONG) or count != 1:
                return UPRIGHT
            (value,) = struct.unpack_from(f"{order}{'H' if kind == _SHORT else 'I'}", tiff, entry + 8)
            return value if 1 <= value <= 8 else UPRIGHT
    except struct.error:
        pass
    return UPRIGHT
