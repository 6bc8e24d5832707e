"""Chance without state: the same key and position give the same number, in any order and on any machine."""

from functools import lru_cache
from hashlib import blake2b
from typing import Final

import numpy as np
from numpy.typing import NDArray

GOLDEN: Final = 0x9E3779B97F4A7C15
WORD: Final = 1 << 64
SHIFTS: Final = (np.uint64(30), np.uint64(27), np.uint64(31))
FACTORS: Final = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


def hash64(*parts: str | int) -> int:
    """Return a uniform integer in [0, 2**64) that depends on every part and on where one part ends."""
    text = "\x1f".join([f"{len(part)}:{part}" for part in map(str, parts)])
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


def uniform_words(key: int, count: int) -> NDArray[np.uint64]:
    """Return (count,) uint64: position i of the stream of `key`, whatever the count.

    SplitMix64 (Steele, Lea, Flood 2014) run as a counter: the words of a shorter stream are a prefix of a longer one.
    """
    word = _steps(count) + np.uint64(key % WORD)
    word = (word ^ (word >> SHIFTS[0])) * FACTORS[0]
    word = (word ^ (word >> SHIFTS[1])) * FACTORS[1]
    return word ^ (word >> SHIFTS[2])


@lru_cache(maxsize=64)
def _steps(count: int) -> NDArray[np.uint64]:
    steps = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(GOLDEN)
    steps.flags.writeable = False
    return steps


def below(word: int, size: int) -> int:
    """Map a 64-bit word to [0, size) evenly, up to 2**-64 x size."""
    return word * size >> 64
