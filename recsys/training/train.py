"""Dataset → published model, in order: split, parts for the ranker, its rows, the ranker, the final parts."""

from dataclasses import replace

import numpy as np

from recsys.domain.histories import Histories
from recsys.domain.published import JSON, Published
from recsys.features.schema import SCHEMA
from recsys.training.dataset import Dataset, check_usable
from recsys.training.fit.choose_item_item import ItemItemChoice, choose_by_size, choose_by_validation
from recsys.training.fit.half_life import choose_half_life
from recsys.training.fit.parts import fit_parts
from recsys.training.fit.ranker import FittedRanker, fit_ranker
from recsys.training.pairs import pairs_of
from recsys.training.parameters import EASE, TrainingParameters
from recsys.training.progress import Progress, Silent
from recsys.training.rows import ranker_rows
from recsys.training.split import Split, split_of


def train(dataset: Dataset, parameters: TrainingParameters, progress: Progress | None = None) -> Published:
    """Fit a model. Equal data, in any order, and equal parameters give an equal model.

    The ranker learns on parts that have not seen what it must predict; afterwards the parts are fitted again on all
    events before the cut-off, for serving. Raises `DatasetError` for data that nothing can be learnt from.
    """
    progress = progress or Silent()
    histories = check_usable(dataset).histories
    split = split_of(histories, parameters.holdout, parameters.ranker_share, parameters.split_kind, parameters.seed)
    seen = histories.before(split.cut)
    progress.done("split", kind=str(split.kind), fitted=_events(seen), held_out=dataset.event_count - _events(seen))
    earlier = histories.before(split.ranker)
    parameters = _with_half_life(dataset, earlier, split, parameters)
    sized = choose_by_size(seen, dataset.catalogue.size, parameters)
    kind = EASE if sized is None else sized.kind
    base = fit_parts(dataset.catalogue, earlier, _latest(earlier) + 1, parameters, kind)
    progress.done(
        "parts for the ranker", events=_events(earlier), popularity_half_life_days=parameters.popularity_half_life_days
    )
    chosen, base = choose_by_validation(base, seen, split, parameters) if sized is None else (sized, base)
    progress.done("item-item model", kind=chosen.kind, tracks=chosen.tracks, why=chosen.reason)
    rows = ranker_rows(base, histories, split, parameters.negatives, parameters.seed, progress, parameters.ranker_users)
    progress.done("training rows", groups=rows.groups, rows=int(rows.slots.shape[0]), hits=int((rows.grades > 0).sum()))
    ranker = fit_ranker(rows, parameters)
    progress.done("ranker", kind=ranker.kind, trees=ranker.trees, why=ranker.reason)
    parts = fit_parts(dataset.catalogue, seen, _latest(seen) + 1, parameters, chosen.kind)
    progress.done("final parts", events=_events(seen), tracks=dataset.catalogue.size)
    model = replace(parts, scorer=ranker.scorer)
    return Published(model, seen, _details(dataset, parameters, split, chosen, ranker))


def _with_half_life(
    dataset: Dataset, earlier: Histories, split: Split, parameters: TrainingParameters
) -> TrainingParameters:
    if parameters.popularity_half_life_days > 0:
        return parameters
    tracks = dataset.catalogue.size
    days = choose_half_life(pairs_of(earlier, tracks), dataset.histories, split, tracks, _latest(earlier) + 1)
    return replace(parameters, popularity_half_life_days=days)


def _events(histories: Histories) -> int:
    return int(histories.events.times.shape[0])


def _latest(histories: Histories) -> int:
    return int(histories.events.times.max(initial=0))


def _details(
    dataset: Dataset, parameters: TrainingParameters, split: Split, chosen: ItemItemChoice, ranker: FittedRanker
) -> dict[str, JSON]:
    held_out = int((dataset.histories.events.times >= split.judged[dataset.histories.owner()]).sum())
    return {
        "source": dict(dataset.source),
        "data_digest": dataset.digest(),
        "counts": dict(dataset.counts()),
        "parameters": parameters.as_details(),
        "split": {"kind": str(split.kind), "cut_off": split.at, "held_out_events": held_out},
        "item_item": chosen.as_details(),
        "ranker": {
            "kind": ranker.kind,
            "reason": ranker.reason,
            "trees": ranker.trees,
            "forest_ndcg_10": ranker.forest_ndcg,
            "linear_ndcg_10": ranker.linear_ndcg,
        },
        "feature_schema": {"version": SCHEMA.version, "names": list(SCHEMA.names)},
        "fitted_until": int(np.max(dataset.histories.before(split.cut).events.times, initial=0)),
    }
