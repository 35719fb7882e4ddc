"""The parameters that photo calls have."""

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

NoseField = Annotated[
    UploadFile,
    File(
        description=(
            "A photo of a dog's nose from the front, close up and sharp: JPEG, PNG, WebP or HEIC, at most "
            "15 MB and 50 megapixels. Metadata is dropped."
        )
    ),
]

NoseFields = Annotated[
    list[UploadFile],
    File(description="Photos of one dog's nose, each as in `POST /v1/noses/check`; repeat the part."),
]

ProfileField = Annotated[
    UploadFile | None, File(description="A picture of the dog, which lookups show; at most 15 MB.")
]
