"""Which calls are counted together, against one limit for each address."""

from collections.abc import Iterable

from gateway.call_table import Call, CallTable
from gateway.quotas import Quota

_COUNTED: dict[Quota, Iterable[Call]] = {
    Quota.PHOTO: (
        ("POST", "/v1/traits"),
        ("POST", "/v1/face-colors"),
        ("POST", "/v1/icons/from-photo"),
        *(("POST", path) for path in ("/predict", "/color", "/face", "/final", "/finalImg")),
    ),
    Quota.DRAW: (
        ("GET", "/v1/icons/*"),
        ("POST", "/v1/icons"),
        ("POST", "/icon"),
    ),
    Quota.CHECK: (
        ("POST", "/v1/noses/check"),
        ("POST", "/v1/faces/analyze"),
        ("POST", "/RegisterUserImg_sample"),
        ("GET", "/profileImg/*"),
    ),
    # Each is a question whether a dog is registered.
    Quota.LOOKUP: (
        ("POST", "/v1/dogs/lookup"),
        ("POST", "/v1/dogs/*/verify"),
        ("GET", "/v1/lookups/*/evidence.png"),
        ("POST", "/lookup"),
    ),
    Quota.REGISTER: (
        ("POST", "/v1/dogs"),
        ("POST", "/v1/dogs/*/noses"),
        ("POST", "/register"),
    ),
    Quota.PROFILE: (
        ("POST", "/v1/profiles"),
        ("POST", "/RegisterResult"),
    ),
    Quota.REPORT: (("POST", "/v1/found-reports"),),
}

COUNTED: CallTable[Quota] = CallTable((call, quota) for quota, calls in _COUNTED.items() for call in calls)
"""The quota of each call. Calls with a token are counted where the token is read (:mod:`gateway.access`)."""
