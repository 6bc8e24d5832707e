"""numpy columns in JSON: little-endian bytes in base64, exact to the bit."""

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray


class Column(msgspec.Struct, frozen=True):
    """One array: dtype as numpy writes it, shape, the bytes in base64."""

    dtype: str
    shape: tuple[int, ...]
    data: bytes


def packed(values: NDArray[Any]) -> Column:
    """Return the column of an array."""
    return Column(values.dtype.str, values.shape, values.tobytes())


def unpacked(column: Column) -> NDArray[Any]:
    """Return the array of a column. Raises `ValueError` for bytes that do not fill the shape, or an unknown dtype."""
    try:
        return np.frombuffer(column.data, dtype=np.dtype(column.dtype)).reshape(column.shape)
    except TypeError as error:
        raise ValueError(f"{column.dtype!r} is no dtype: {error}") from error
