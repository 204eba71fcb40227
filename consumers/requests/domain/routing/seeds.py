"""Randomness that anyone with the secret can recompute, and nobody else can steer by choosing request ids."""

import hmac
from hashlib import sha256
from struct import Struct
from uuid import UUID

SEED_BYTES = 16


def seed_for(secret: bytes, request_id: UUID, attempt: int) -> bytes:
    """Return the seed of one routing attempt: the first 16 bytes of HMAC-SHA256(secret, request id ‖ attempt)."""
    return hmac.digest(secret, request_id.bytes + attempt.to_bytes(4, "big"), "sha256")[:SEED_BYTES]


class Draws:
    """Whole numbers from a seed: SHA-256(seed ‖ counter), 64 bits at a time."""

    __slots__ = ("_blocks", "_pool", "_seed")

    def __init__(self, seed: bytes) -> None:
        self._seed = seed
        self._blocks = 0
        self._pool: list[int] = []

    def below(self, bound: int) -> int:
        """Return a number in `[0, bound)`, `bound` < 2**32; no number is likelier than another by more than 2**-32."""
        pool = self._pool
        if not pool:
            block = sha256(self._seed + self._blocks.to_bytes(4, "big")).digest()
            self._blocks += 1
            pool.extend(reversed(_FOUR_NUMBERS.unpack(block)))
        return pool.pop() * bound >> 64


_FOUR_NUMBERS = Struct(">4Q")
