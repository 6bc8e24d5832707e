"""What training may be told. Every value is recorded in the manifest."""

from dataclasses import asdict, dataclass
from typing import Final

from recsys.domain.published import JSON
from recsys.training.errors import DatasetError
from recsys.training.split import SplitKind

AUTO: Final = "auto"
EASE: Final = "ease"
ITEM_KNN: Final = "item-knn"
ITEM_ITEMS: Final = (AUTO, EASE, ITEM_KNN)
SPLITS: Final = (AUTO, SplitKind.TIME.value, SplitKind.LAST.value, SplitKind.USERS.value)


@dataclass(frozen=True, slots=True)
class TrainingParameters:
    """Settings of one fit.

    split: how the past is told from what is held out: a `SplitKind`, or "auto" to let the data decide.
    holdout: share of the events kept out of the fit, the newest ones, for `recsys evaluate`; 0 fits on everything. With
        the split "users" a share of the users.
    ranker_share: share of the events before those that the ranker learns from. ranker_users: whose events, at most,
        drawn by the seed: more users cost more than they teach.
    item_item: the item-item model, "ease" or "item-knn", or "auto" to choose by size and by validation.
    ease_limit: tracks with two listeners or more up to which EASE, whose inverse is dense, is considered.
    ridge: EASE penalty. shrinkage: of item-kNN, in users. neighbours: responses kept per track.
    dimensions: of the embeddings.
    half_life_days: of a listen in a user's history. popularity_half_life_days: 0 lets the fit choose.
    history_limit: newest history rows that count at serving time.
    trees, leaves, learning_rate, rows_a_leaf: of LambdaMART. negatives: candidates without a play per group.
    seed: of the choice of negatives and of LightGBM.
    """

    split: str = "auto"
    holdout: float = 0.1
    ranker_share: float = 0.15
    ranker_users: int = 10_000
    item_item: str = AUTO
    ease_limit: int = 20_000
    ridge: float = 100.0
    shrinkage: float = 2.0
    neighbours: int = 200
    dimensions: int = 32
    half_life_days: float = 60.0
    popularity_half_life_days: float = 0.0
    history_limit: int = 256
    trees: int = 120
    leaves: int = 15
    learning_rate: float = 0.05
    rows_a_leaf: int = 40
    negatives: int = 150
    seed: int = 7

    def __post_init__(self) -> None:
        if self.split not in SPLITS:
            raise DatasetError(f"split is {self.split!r}; it must be one of {', '.join(SPLITS)}")
        if self.item_item not in ITEM_ITEMS:
            raise DatasetError(f"item_item is {self.item_item!r}; it must be one of {', '.join(ITEM_ITEMS)}")
        for name, low, high in (
            ("holdout", 0.0, 0.5),
            ("ranker_share", 0.01, 0.5),
            ("learning_rate", 1e-4, 1.0),
            ("leaves", 2, 64),
            ("trees", 1, 2_000),
            ("dimensions", 1, 1_024),
            ("half_life_days", 0.01, 36_500.0),
            ("popularity_half_life_days", 0.0, 36_500.0),
            ("negatives", 1, 100_000),
            ("neighbours", 1, 100_000),
            ("history_limit", 0, 1_000_000),
            ("rows_a_leaf", 1, 1_000_000),
            ("ridge", 1e-6, 1e9),
            ("shrinkage", 0.0, 1e9),
            ("ranker_users", 1, 10_000_000),
            ("ease_limit", 1, 100_000),
            ("seed", 0, 2**31 - 1),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise DatasetError(f"{name} is {value}; it must lie in [{low}, {high}]")

    @property
    def split_kind(self) -> SplitKind | None:
        """The kind that was asked for, None to let the data decide."""
        return None if self.split == AUTO else SplitKind(self.split)

    def as_details(self) -> dict[str, JSON]:
        """Return every setting by name."""
        return dict(asdict(self))
