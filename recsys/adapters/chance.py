"""Names and seeds for requests."""

import secrets
from dataclasses import dataclass
from uuid import uuid4

SEED_BITS = 63


@dataclass(frozen=True, slots=True)
class SystemChance:
    """Request ids and seeds from the operating system.

    fixed_seed: given to every request instead, so that two servers can be compared answer by answer.
    """

    fixed_seed: int | None = None

    def request_id(self) -> str:
        """Return a new UUID as 36 characters."""
        return str(uuid4())

    def seed(self) -> int:
        """Return the seed of one request, in [0, 2**63)."""
        return secrets.randbits(SEED_BITS) if self.fixed_seed is None else self.fixed_seed
