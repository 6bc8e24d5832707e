"""LensKit's item-item nearest neighbours and implicit matrix factorisation, where LensKit is installed.

It is in no lock: it brings PyTorch, which is some 5 GB with its CUDA libraries on Linux.

    uv pip install --python .venv/bin/python lenskit
"""

from collections.abc import Callable, Iterator
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Scores = NDArray[np.float32]
Fitted = Callable[[sparse.csr_matrix], Callable[[int], Scores]]
ABSENT = (
    "LensKit is not installed here and was left out; `uv pip install --python .venv/bin/python lenskit` adds it "
    "(with PyTorch, some 5 GB)"
)
UNKNOWN = np.float32(-1e30)


def installed() -> bool:
    """Whether LensKit can be asked."""
    return find_spec("lenskit") is not None and find_spec("torch") is not None


def choices() -> Iterator[tuple[str, str, Callable[[sparse.csr_matrix], Fitted]]]:
    """What is tried: peer, settings in words, and the fit; nothing where LensKit is absent."""
    if not installed():
        return
    from lenskit.als import ImplicitMFScorer
    from lenskit.knn import ItemKNNScorer

    for neighbours in (20, 50, 100, 200):
        made = _maker(ItemKNNScorer, max_nbrs=neighbours, feedback="implicit")
        yield "LensKit item-kNN", f"{neighbours} neighbours, implicit feedback", made
    for size in (32, 64, 128):
        for weight in (1.0, 10.0, 40.0):
            for regularization in (0.1, 1.0, 10.0):
                said = f"size {size}, weight {weight:g}, regularization {regularization:g}, 15 epochs"
                settings = {"embedding_size": size, "weight": weight, "regularization": regularization, "epochs": 15}
                yield "LensKit ImplicitMF", said, _maker(ImplicitMFScorer, **settings)


def _maker(kind: type, **settings: object) -> Callable[[sparse.csr_matrix], Fitted]:
    def fit(rows: sparse.csr_matrix) -> Fitted:
        from lenskit.data import ItemList, RecQuery
        from lenskit.training import TrainingOptions

        scorer = kind(**settings)
        scorer.train(_dataset(rows), TrainingOptions(rng=7))
        everything = ItemList(item_ids=np.arange(rows.shape[1]))

        def given(known: sparse.csr_matrix) -> Callable[[int], Scores]:
            # By what is known of the user and not by name, so that users whom the fit has not seen are scored as well.
            def scores_of(row: int) -> Scores:
                query = RecQuery(user_id=None, user_items=ItemList(item_ids=known[row].indices))
                found = np.asarray(scorer(query, everything).scores(), dtype=np.float32)
                return np.where(np.isnan(found), UNKNOWN, found)

            return scores_of

        return given

    return fit


def _dataset(rows: sparse.csr_matrix) -> object:
    import pandas as pd
    from lenskit.data import from_interactions_df

    pairs = rows.tocoo()
    return from_interactions_df(pd.DataFrame({"user_id": pairs.row, "item_id": pairs.col}))
