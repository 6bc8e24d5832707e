"""Masks of several features in one table, against the tables of the features."""

import numpy as np
import pytest

from recsys.ranking.joint import JointMasks
from recsys.ranking.quickscorer import _hashes

TREES = 7


@pytest.mark.parametrize("table_bytes", [0, 6 * 2 * TREES, 40 * 2 * TREES, 1 << 20])
def test_a_row_of_a_group_is_what_the_rows_of_its_features_have_in_common(table_bytes: int) -> None:
    random = np.random.default_rng(3)
    tables = [random.integers(0, 1 << 16, (size, TREES)).astype(np.uint16) for size in (3, 1, 8, 2, 5)]
    places = np.stack([random.integers(0, table.shape[0], 50) for table in tables]).astype(np.int32)

    joint = JointMasks.of(tables, table_bytes)

    rows = joint.rows(places)
    assert rows.dtype == np.intp
    wanted = np.bitwise_and.reduce([table[place] for table, place in zip(tables, places, strict=True)])
    np.testing.assert_array_equal(np.bitwise_and.reduce(joint.masks[rows], axis=0), wanted)


def test_groups_stay_within_their_size_and_a_table_that_is_greater_stays_alone() -> None:
    tables = [np.zeros((size, TREES), dtype=np.uint16) for size in (50, 8, 5, 4, 2)]

    joint = JointMasks.of(tables, 40 * 2 * TREES)

    assert np.diff([*joint.base[:, 0].tolist(), joint.masks.shape[0]]).tolist() == [50, 40, 8]


@pytest.mark.parametrize("word", [np.uint16, np.uint32, np.uint64])
def test_every_lowest_bit_has_a_number_of_its_own_whatever_stands_above_it(word: type[np.unsignedinteger]) -> None:
    bits = np.dtype(word).itemsize * 8
    single = word(1) << np.arange(bits).astype(word)
    filled = ~(single - word(1))  # that bit and all above it

    assert sorted(_hashes(single).tolist()) == list(range(bits))
    np.testing.assert_array_equal(_hashes(filled), _hashes(single))
