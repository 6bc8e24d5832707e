"""Columns: aliases for the array types in use, their checks, and exact arithmetic on them.

The engine stores real-valued weights as multiples of a power of two. Sums of such numbers in float64 are exact as long
as they stay below 2**53 units, so that a score does not depend on the order or the size of the batch it is computed in.
"""

from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from recsys.errors import InvalidValueError

Slots: TypeAlias = NDArray[np.int32]
"""Positions in the catalogue (or in its artist list), dtype int32."""
Index: TypeAlias = NDArray[np.integer[Any]]
"""The same of any integer type. numpy gathers by `np.intp` in a third of the time: what is gathered by again and again
is converted once."""
Bools: TypeAlias = NDArray[np.bool_]
Ints: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
Singles: TypeAlias = NDArray[np.float32]
Bytes: TypeAlias = NDArray[np.uint8]

SCORE_SCALE: Final = 1 << 20
"""Units of a quantised score in 1.0: scores are int64 multiples of 2**-20, about 1e-6."""
WEIGHT_SCALE: Final = 1 << 20
"""Units of an item-item weight in 1.0."""


def column(name: str, array: NDArray[Any], dtype: type[np.generic], *shape: int) -> NDArray[Any]:
    """Check one array and return a read-only view of it.

    A length of -1 in `shape` matches any length. Raises `InvalidValueError` for another dtype or shape.
    """
    if array.dtype != dtype:
        raise InvalidValueError(
            f"{name} has dtype {array.dtype}; it must be {np.dtype(dtype)}: convert it where it is built"
        )
    if array.shape != shape and (array.ndim != len(shape) or not _fits(array.shape, shape)):
        raise InvalidValueError(f"{name} has shape {array.shape}; it must be {shape} (-1: any length)")
    view = array.view(np.ndarray)  # a memory map stays mapped, without the cost of its subclass
    view.flags.writeable = False
    return view


def _fits(got: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    return all(want in (-1, size) for want, size in zip(wanted, got, strict=True))


def slot_column(name: str, array: NDArray[Any], size: int, *shape: int) -> Slots:
    """Check a column of slots: int32, each in [0, size). Raises `InvalidValueError`."""
    view = column(name, array, np.int32, *shape)
    if view.size and view.view(np.uint32).max() >= size:  # a negative one is great without its sign
        raise InvalidValueError(f"{name} holds slots from {view.min()} to {view.max()}; they must lie in [0, {size})")
    return view


def starts_of(ordered: NDArray[Any]) -> Bools:
    """Return (n,) bool: where a value of (n,) sorted ones stands for the first time."""
    first = np.ones(ordered.shape[0], dtype=np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return first


def distinct(slots: Slots) -> Slots:
    """Return the distinct ones, ascending: `np.unique` in a fourth of its time."""
    if slots.shape[0] < 2:
        return slots
    ordered = slots.copy()
    ordered.sort()
    return ordered[starts_of(ordered)]


def among(values: Index, known: Slots) -> Bools:
    """Return (m,) bool: which of (m,) values are among (k,) ascending ones.

    A search for each: a mark by value would be looked up sooner, and would first fill an array of the catalogue's size.
    """
    if not known.shape[0]:
        return np.zeros(values.shape[0], dtype=np.bool_)
    return np.equal(known.take(known.searchsorted(values), mode="clip"), values)


def quantise(values: NDArray[Any], scale: int = SCORE_SCALE) -> Ints:
    """Round real values to int64 multiples of 1/scale, halves to even.

    Raises `InvalidValueError` when a value is NaN or infinite: such a score must never be ranked.
    """
    scaled = np.asarray(values, dtype=np.float64) * scale
    if not np.isfinite(scaled).all():
        raise InvalidValueError("a score is NaN or infinite; repair the feature or the ranker that made it")
    return np.rint(scaled).astype(np.int64)


def to_grid(values: NDArray[Any], scale: int) -> Floats:
    """Round real values to the nearest multiple of 1/scale and keep them as float64."""
    return np.rint(np.asarray(values, dtype=np.float64) * scale) / scale


def best(scores: NDArray[Any], count: int) -> Slots:
    """Return the positions of the `count` greatest scores, best first, ties by position.

    scores: (n,) integers or finite floats. A partition finds the cut, so the cost is O(n + count log count). Fewer than
    `count` scores give all of them; count <= 0 gives none.
    """
    size = scores.shape[0]
    if count <= 0 or size == 0:
        return np.zeros(0, dtype=np.int32)
    if count >= size:
        chosen = np.arange(size, dtype=np.int32)
    else:
        parted = scores.copy()
        parted.partition(size - count)
        cut = parted[size - count]
        above = (scores > cut).nonzero()[0]
        level = (scores == cut).nonzero()[0][: count - above.shape[0]]
        chosen = np.concatenate((above, level)).astype(np.int32)
        chosen.sort()
    order = (-scores[chosen]).argsort(kind="stable")
    return chosen[order]
