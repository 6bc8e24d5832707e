"""Names and seeds for requests."""

import secrets
from dataclasses import dataclass
from os import urandom
from typing import Final

SEED_BITS: Final = 63
VARIANT: Final = {f"{digit:x}": "89ab"[digit & 3] for digit in range(16)}
"""Of RFC 9562: two fixed bits, two of chance."""


@dataclass(frozen=True, slots=True)
class SystemChance:
    """Request ids and seeds from the operating system.

    fixed_seed: given to every request instead, so that two servers can be compared answer by answer.
    """

    fixed_seed: int | None = None

    def request_id(self) -> str:
        """Return a new UUID of version 4 (RFC 9562) as 36 characters."""
        digits = urandom(16).hex()  # as `uuid.uuid4`, in a third of its time
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{VARIANT[digits[16]]}{digits[17:20]}-{digits[20:]}"

    def seed(self) -> int:
        """Return the seed of one request, in [0, 2**63)."""
        return secrets.randbits(SEED_BITS) if self.fixed_seed is None else self.fixed_seed
