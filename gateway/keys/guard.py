"""Decides whether a call may be made with the key that it shows, or with none."""

import hmac
from collections.abc import Iterable

from gateway.keys.api_key import ApiKey
from gateway.keys.key_file import KeyFile
from gateway.keys.required import needed_scope
from gateway.keys.scopes import Scope
from gateway.quotas import Quotas
from shared.errors import PawtraitError, Reason

HEADER = "X-Api-Key"
_BEARER = "bearer "


class KeyGuard:
    """Keeps those out who have no key, or one for something else.

    Args:
        file: the keys.
        quotas: counts the calls of each key.
        required: whether keys are asked for at all.
        public: scopes that nobody needs a key for.
        admin_key: a further administrator's key; empty: none.
    """

    def __init__(
        self, file: KeyFile, quotas: Quotas, *, required: bool, public: Iterable[Scope], admin_key: str
    ) -> None:
        self._file = file
        self._quotas = quotas
        self._required = required
        self._public = frozenset(public)
        self._admin_key = admin_key

    async def admit(self, method: str, path: str, api_key: str, authorization: str) -> None:
        """Return when the call may be made; an owner's token travels beside the key, in ``Authorization``.

        Args:
            method: of the request.
            path: of the request.
            api_key: the ``X-Api-Key`` header.
            authorization: the ``Authorization`` header, where a key may stand as well as a token.

        Raises:
            PawtraitError: ``UNAUTHENTICATED`` without a key that holds, ``PERMISSION_DENIED`` with one for
                something else, ``TOO_MANY_REQUESTS`` with one that called too often.
        """
        scope = needed_scope(method, path)
        shown = api_key.strip() or (
            authorization[len(_BEARER) :].strip() if authorization.lower().startswith(_BEARER) else ""
        )
        key = self._file.find(shown)
        if not self._required:  # on the loopback, limits are off as well
            return
        if key is not None:
            await self._quotas.count_key(key.id)
        if scope is None or scope in self._public or self._is_admin(shown):
            return
        if key is None:
            raise PawtraitError(
                Reason.UNAUTHENTICATED, f"the call needs an API key for {scope}", {"header": HEADER}
            )
        if not key.may(scope):
            raise PawtraitError(
                Reason.PERMISSION_DENIED, f"the API key is not for {scope}", {"scope": scope.value}
            )

    def administrator(self, shown: str) -> bool:
        """Whether ``shown`` is an administrator's key."""
        key: ApiKey | None = self._file.find(shown)
        return self._is_admin(shown) or (key is not None and key.may(Scope.ADMIN))

    def _is_admin(self, shown: str) -> bool:
        return bool(self._admin_key) and hmac.compare_digest(shown.encode(), self._admin_key.encode())
