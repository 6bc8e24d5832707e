"""Many strings in two arrays, so that a list of ids can be memory-mapped and shared between processes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from recsys.domain.arrays import Bytes, Ints, column
from recsys.errors import InvalidValueError


@dataclass(frozen=True, slots=True, eq=False)
class PackedStrings:
    """n strings as UTF-8.

    blob: (b,) uint8, all the strings one after another. offsets: (n + 1,) int64 from 0 to b, never falling; string i is
    blob[offsets[i]:offsets[i + 1]]. UTF-8 keeps the order of code points, so `find` compares bytes.
    Raises `InvalidValueError` when the offsets break this.
    """

    blob: Bytes
    offsets: Ints

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "blob", column("blob", self.blob, np.uint8, -1))
        put(self, "offsets", column("offsets", self.offsets, np.int64, -1))
        offsets = self.offsets
        if offsets.shape[0] < 1 or offsets[0] != 0 or offsets[-1] != self.blob.shape[0] or (np.diff(offsets) < 0).any():
            raise InvalidValueError(
                f"offsets must rise from 0 to the {self.blob.shape[0]} bytes of the blob: pack the strings again"
            )

    @staticmethod
    def of(texts: Iterable[str]) -> "PackedStrings":
        """Pack strings in their order. Raises `InvalidValueError` for text that UTF-8 cannot hold (lone surrogates)."""
        try:
            encoded = [text.encode() for text in texts]
        except UnicodeEncodeError as error:
            raise InvalidValueError(f"text {error.object!r} is not valid Unicode; repair it at its source") from error
        ends = np.cumsum([len(piece) for piece in encoded], dtype=np.int64)
        return PackedStrings(
            np.frombuffer(b"".join(encoded), dtype=np.uint8), np.concatenate((np.zeros(1, dtype=np.int64), ends))
        )

    def __len__(self) -> int:
        return int(self.offsets.shape[0]) - 1

    def __getitem__(self, row: int) -> str:
        return self._piece(row).decode()

    def __iter__(self) -> Iterator[str]:
        return iter(self.unpack())

    def unpack(self) -> tuple[str, ...]:
        """Return all strings. Raises `InvalidValueError` when a piece is not UTF-8."""
        blob, offsets = self.blob.tobytes(), self.offsets.tolist()
        try:
            if blob.isascii():  # a byte is a character: decoded at once, in half the time
                text = blob.decode()
                return tuple([text[left:right] for left, right in pairwise(offsets)])
            return tuple(blob[left:right].decode() for left, right in pairwise(offsets))
        except UnicodeDecodeError as error:
            raise InvalidValueError(f"a packed string is not UTF-8 ({error}); pack the strings again") from error

    def find(self, text: str) -> int | None:
        """Return the position of `text` among ascending strings by bisection, or None when it is absent."""
        key = text.encode(errors="surrogatepass")
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if self._piece(middle) < key:
                low = middle + 1
            else:
                high = middle
        return low if low < len(self) and self._piece(low) == key else None

    def _piece(self, row: int) -> bytes:
        if not 0 <= row < len(self):
            raise IndexError(f"string {row} of {len(self)}")
        return self.blob[self.offsets[row] : self.offsets[row + 1]].tobytes()
