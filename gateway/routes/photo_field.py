"""The one parameter that every photo call has."""

from typing import Annotated

from fastapi import File, UploadFile

PhotoField = Annotated[
    UploadFile,
    File(
        description=(
            "A photo of a dog: JPEG, PNG, WebP or HEIC, told by its content, at most 15 MB and 50 "
            "megapixels. Orientation is applied and metadata dropped."
        )
    ),
]
