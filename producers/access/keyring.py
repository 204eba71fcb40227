"""Who calls, by the token that was shown: answered from memory, on no request's path to the database.

What is known is read again every `REFRESH_SECONDS` at most, and at once when a key changes. A revoked key must open
nothing 5 s after the commit, in every process; so what was read longer ago than `KNOWN_FOR_SECONDS` is no knowledge any
more, and the answer is that nobody can tell (503), not that the key is bad (401). That happens when the database is
away or frozen for some seconds; nothing could be kept then anyway.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from hmac import compare_digest

from producers.access.keys import Key
from producers.access.parties import Caller
from producers.access.tokens import hash_of, key_id_of

#: What is known is read again after so long, in real time.
REFRESH_SECONDS = 2.0
#: And counts for so long after the reading began: a refresh that failed twice, and less than the 5 s of the promise.
KNOWN_FOR_SECONDS = 4.0
#: Of a key in constant use the last use is written down so often.
USE_NOTED_EVERY = timedelta(minutes=1)

_NO_HASH = bytes(32)


class KeysUnknown(Exception):
    """Which keys are good is not known just now: the database has not told for some seconds."""


class Keyring:
    """The keys that open doors, in memory. One thread may `learn` while others ask.

    `seconds` is a clock that never goes back, in real time.
    """

    def __init__(self, secret: bytes, seconds: Callable[[], float]) -> None:
        self._secret = secret
        self._seconds = seconds
        self._keys: Mapping[str, Key] = {}
        self._as_of: float | None = None
        self._noted: dict[str, datetime] = {}
        self._used: dict[str, datetime] = {}

    def learn(self, keys: Sequence[Key], as_of: float) -> None:
        """Know exactly these keys, from a reading that began at `as_of` of `seconds`."""
        self._keys = {key.key_id: key for key in keys}
        self._as_of = as_of

    def who(self, token: str, now: datetime) -> Caller | None:
        """Return whose key this is, if it opens doors at `now` (real time). Raises `KeysUnknown`.

        It takes as long for a key that there is not as for one whose secret is wrong.
        """
        key_id = key_id_of(token)
        if key_id is None:
            return None
        if not self.is_fresh:
            raise KeysUnknown
        key = self._keys.get(key_id)
        kept = _NO_HASH if key is None else key.hash
        if not compare_digest(hash_of(token, self._secret), kept) or key is None or not key.opens(now):
            return None
        self._note(key, now)
        return key.caller

    @property
    def is_fresh(self) -> bool:
        """Whether what is known still counts; a gateway that cannot tell is not ready."""
        return self._as_of is not None and self._seconds() - self._as_of < KNOWN_FOR_SECONDS

    def used(self) -> Mapping[str, datetime]:
        """Return the last use of every key whose use is to be written down now, once."""
        used, self._used = self._used, {}
        return used

    def _note(self, key: Key, now: datetime) -> None:
        noted = self._noted.get(key.key_id) or key.last_used_at
        if noted is None or now - noted >= USE_NOTED_EVERY:
            self._noted[key.key_id] = self._used[key.key_id] = now
