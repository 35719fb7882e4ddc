"""Callers that know what the right answer is and go on asking until told to stop."""

import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.faults.verdicts import Verdicts

BUSY = frozenset({503, 504})
SECONDS = 40.0
"""Longer than the gateway's own deadline: every call ends with an answer of its own."""
PAUSE = 0.05

OWNER = {"owner_name": "Kim Mina", "owner_phone": "+82 10-5550-0100", "dog_name": "Kkung"}
BIRTH = {"birth_date": "2001-05-03", "mbti": "ENFP"}


@dataclass
class Caller:
    """Shared by all kinds of callers.

    Args:
        url: of the gateway.
        verdicts: where what was seen goes.
        stop: ends the caller.
    """

    url: str
    verdicts: Verdicts
    stop: threading.Event
    client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        # A new connection for each call: one that outlives a gateway would break through no fault of it.
        limits = httpx.Limits(max_keepalive_connections=0)
        self.client = httpx.Client(base_url=self.url, timeout=SECONDS, limits=limits)

    def ask(self, what: str, method: str, path: str, right: Sequence[int], **content: Any) -> Any:
        """One call; its answer when the status is one of ``right``, None when it has to be asked again.

        Any other answer but a 503 or 504 problem is remembered as wrong.
        """
        try:
            answer = self.client.request(method, path, **content)
        except httpx.HTTPError as error:
            self.verdicts.no_connection(what, error)
            self.stop.wait(0.3)
            return None
        self.verdicts.answered(what, answer.status_code)
        if answer.status_code in right:
            return answer
        problem = answer.headers.get("content-type", "").startswith("application/problem+json")
        if answer.status_code not in BUSY or not problem:
            self.verdicts.is_wrong(f"{what}: {answer.status_code} {answer.text[:300]}")
        elif answer.status_code == 503 and int(answer.headers.get("retry-after", "0")) < 1:
            self.verdicts.is_wrong(f"{what}: 503 without Retry-After")
        self.stop.wait(PAUSE)
        return None

    def insist(self, what: str, method: str, path: str, right: Sequence[int], **content: Any) -> Any:
        """Ask until there is an answer, or until the suite stops."""
        while not self.stop.is_set():
            answer = self.ask(what, method, path, right, **content)
            if answer is not None:
                return answer
        return None


def found_in(answer: httpx.Response) -> dict[str, Any]:
    """What an answer says about a photo, without times and ids."""
    body = answer.json()
    return {key: body[key] for key in ("icon", "traits", "face_colors")}


class IconCaller(Caller):
    """Photo to icon: the same answer as when nothing was wrong, or a part of it that says so."""

    def run(self, photos: Sequence[bytes], alone: Sequence[dict[str, Any]]) -> None:
        """Ask without end."""
        number = 0
        while not self.stop.is_set():
            photo, expected = photos[number % len(photos)], alone[number % len(photos)]
            number += 1
            answer = self.ask("icon", "POST", "/v1/icons/from-photo", [200], files={"photo": photo})
            if answer is None:
                continue
            missing, found = answer.json()["partial"], found_in(answer)
            if not missing and found != expected:
                self.verdicts.is_wrong(f"icon: another answer: {found} instead of {expected}")
            # Without the head's box traits are read from the whole photo; the answer is then marked partial.
            if "icon" in missing and found["traits"] != expected["traits"] and len(missing) == 1:
                self.verdicts.is_wrong(f"icon: other traits though only {missing} are missing")


class DogCaller(Caller):
    """One dog's owner and finders: a 201 is never lost, and a found dog is the right one."""

    def run(self, noses: Sequence[bytes]) -> None:
        """Register, look, look up, delete, and begin again."""
        while not self.stop.is_set():
            self._one_life(noses)

    def _one_life(self, noses: Sequence[bytes]) -> None:
        files = [("nose", (f"{place}.jpg", nose)) for place, nose in enumerate(noses)]
        made = self.insist(
            "register", "POST", "/v1/dogs", [201], files=files, data=OWNER,
            headers={"Idempotency-Key": str(uuid.uuid4())},
        )  # fmt: skip
        if made is None:
            return
        dog, token = made.json()["dog"]["id"], made.json()["owner_token"]
        mine = {"Authorization": f"Bearer {token}"}
        for nose in noses[:2]:
            seen = self.insist("read", "GET", f"/v1/dogs/{dog}", [200, 401, 403, 404], headers=mine)
            if seen is not None and seen.status_code != 200:
                self.verdicts.is_wrong(f"a registered dog is gone: {seen.status_code} {seen.text[:200]}")
                return
            looked = self.insist("lookup", "POST", "/v1/dogs/lookup", [200], files={"nose": ("n.jpg", nose)})
            if looked is not None:
                match = looked.json()["match"]
                if match is None or match["dog"]["id"] != dog:
                    self.verdicts.is_wrong(f"lookup: {match} instead of {dog}")
        self.insist("delete", "DELETE", f"/v1/dogs/{dog}", [204, 200, 404, 401, 403], headers=mine)


class ProfileCaller(Caller):
    """Makes profiles, reads them, deletes them."""

    def run(self, photos: Sequence[bytes]) -> None:
        """Ask without end."""
        number = 0
        while not self.stop.is_set():
            photo = photos[number % len(photos)]
            number += 1
            made = self.insist("profile", "POST", "/v1/profiles", [201], files={"photo": photo}, data=BIRTH)
            if made is None:
                return
            profile, mine = made.json()["profile"], {"Authorization": f"Bearer {made.json()['token']}"}
            path = f"/v1/profiles/{profile['id']}"
            seen = self.insist("read profile", "GET", path, [200, 404], headers=mine)
            if seen is not None and seen.status_code != 200:
                self.verdicts.is_wrong(f"a profile is gone: {seen.status_code}")
            self.insist("delete profile", "DELETE", path, [204, 200, 404, 401, 403], headers=mine)


def started(work: Callable[..., None], *arguments: Any) -> threading.Thread:
    """The caller at work, in a thread."""
    thread = threading.Thread(target=work, args=arguments, daemon=True)
    thread.start()
    return thread
