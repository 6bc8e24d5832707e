"""Which relations a stage of a recommender must keep: for whoever asks before writing one. No check reads it."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

STAGES: Mapping[tuple[str, ...], tuple[str, ...]] = MappingProxyType(
    {
        ("retrieval", "sources", "candidates", "merge"): (
            "source-order",
            "closure",
            "unique",
            "cold-start",
            "isolation",
            "read-your-writes",
            "relabelling",
        ),
        ("features", "assemble"): (
            "batch-invariance",
            "candidate-permutation",
            "isolation",
            "event-dedup",
            "zero-effect",
        ),
        ("ranking", "scorer", "scores", "model"): (
            "finite",
            "sorted",
            "score-preserved",
            "candidate-permutation",
            "batch-invariance",
            "total-order",
            "maximal",
            "irrelevant-alternative",
        ),
        ("filters", "policy", "takedowns", "blocks"): (
            "hard-policy",
            "filter-laws",
            "filters-commute",
            "filter-monotone",
            "partition",
            "seen-excluded",
            "backfill",
        ),
        ("diversity", "reranking", "diversify", "artists"): (
            "artist-cap",
            "unique",
            "cardinality",
            "k-prefix",
            "total-order",
            "hard-policy",
            "relabelling",
            "replay",
        ),
        ("exploration", "explore", "propensities"): (
            "propensity-sums",
            "replay",
            "hard-policy",
            "unique",
            "cardinality",
            "closure",
        ),
        ("slate", "paging", "serving", "wire"): (
            "paging",
            "k-prefix",
            "cardinality",
            "unique",
            "sorted",
            "replay",
            "default-neutral",
            "backfill",
        ),
        ("experiments", "assignment", "arms"): ("assignment", "replay", "isolation"),
        ("state", "events", "history"): ("event-dedup", "read-your-writes", "isolation", "seen-excluded", "cold-start"),
        ("configuration", "settings", "options"): ("degenerate-config", "default-neutral", "zero-effect"),
    }
)
_LEAST = 4


def of_stage(words: Iterable[str]) -> tuple[str, ...]:
    """The ids of the relations of every stage that a word names (by how either begins), most to the point first."""
    wanted = [word.lower() for word in words if len(word) >= _LEAST]
    found = (ids for names, ids in STAGES.items() if any(_same(word, name) for word in wanted for name in names))
    return tuple(dict.fromkeys(one for ids in found for one in ids))


def _same(word: str, name: str) -> bool:
    return name.startswith(word) or word.startswith(name.removesuffix("s"))
