"""``python -m shared.object_storage.make_bucket``: makes ``S3_BUCKET`` when it is missing.

Waits for a server that is still starting. For stores of one's own; where a cloud keeps the bucket, whoever
sets up the cloud makes it.
"""

import argparse
import sys
import time

from shared.errors import PawtraitError
from shared.object_storage.interface import storage_failed
from shared.object_storage.s3 import connect
from shared.storage_settings import StorageSettings

_PAUSE = 1.0


def make_bucket(settings: StorageSettings, *, patience: float) -> bool:
    """Make the bucket; whether it was missing.

    Args:
        settings: name the bucket and its server.
        patience: seconds that a server which does not answer yet is waited for.

    Raises:
        ValueError: no bucket is set.
        PawtraitError: ``SERVICE_UNAVAILABLE``: the server does not answer, or refuses.
    """
    if not settings.s3_bucket:
        raise ValueError("S3_BUCKET is not set")
    deadline = time.monotonic() + patience
    while True:
        try:
            return _make(settings, settings.s3_bucket)
        except PawtraitError:
            if time.monotonic() >= deadline:
                raise
        time.sleep(_PAUSE)


def _make(settings: StorageSettings, bucket: str) -> bool:
    from botocore.exceptions import BotoCoreError, ClientError

    client = connect(settings.s3_endpoint_url, settings.s3_region)
    try:
        if any(each.get("Name") == bucket for each in client.list_buckets()["Buckets"]):
            return False
        region = client.meta.region_name
        if settings.s3_endpoint_url is None and region != "us-east-1":
            client.create_bucket(
                Bucket=bucket,
                CreateBucketConfiguration={"LocationConstraint": region},  # type: ignore[typeddict-item]
            )
        else:
            client.create_bucket(Bucket=bucket)
    except client.exceptions.BucketAlreadyOwnedByYou:
        return False
    except (BotoCoreError, ClientError, OSError) as error:
        raise storage_failed("making the bucket", error) from error
    return True


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--patience", type=float, default=60.0, help="seconds to wait for the server")
    options = parser.parse_args()
    try:
        made = make_bucket(StorageSettings(), patience=options.patience)
    except (ValueError, PawtraitError) as error:
        cause = error.__cause__
        sys.exit(f"{error}{f' ({cause})' if cause else ''}")
    print("made" if made else "is there already")


if __name__ == "__main__":
    main()
