"""An evaluation as a table for people and as JSON for programs."""

from collections.abc import Mapping
from typing import Final

from recsys.domain.published import JSON
from recsys.training.arguments import moment
from recsys.training.bootstrap_interval import Estimate
from recsys.training.evaluate import Evaluation, SystemResult
from recsys.training.systems import BASELINE

WHEN: Final = {
    "last": "each user's own cut-off",
    "users": "the last fifth of the events of users whom the fit has not seen",
}
FEW: Final = 30
JUDGED: Final = ("recall", "ndcg", "mrr")


def as_text(evaluation: Evaluation, version: str, split: Mapping[str, JSON]) -> str:
    """Return tables by segment: what is judged with its interval, then what describes the slates."""
    at = split.get("cut_off")
    when = f"the cut-off {moment(at)}" if isinstance(at, int) else WHEN[str(split.get("kind"))]
    lines = [
        f"model {version}, judged at {when}, k = {evaluation.k}",
        f"{evaluation.users:,} users; {evaluation.without_target:,} more without a play that could have been served",
    ]
    for segment, results in evaluation.results.items():
        lines += ["", f"{segment} ({evaluation.sizes[segment]:,} users)", _header(evaluation.k)]
        lines += [_line(name, result) for name, result in results.items()]
    lines += [
        "",
        f"lift: NDCG over {BASELINE}, paired by user. coverage: share of the catalogue in anybody's slate.",
        "artist: share of a slate held by its most frequent artist. novelty: bits, -log2 of the share of listeners.",
        "Intervals are over users; coverage is of all lists together and has none.",
        f"Groups are by the tracks that a user had played before; of fewer than {FEW} users an interval says little.",
    ]
    return "\n".join(lines) + "\n"


def as_details(evaluation: Evaluation) -> dict[str, JSON]:
    """Return everything as plain values: a mean with its low and high end for each metric."""
    results: dict[str, JSON] = {
        segment: {name: _system(result) for name, result in systems.items()}
        for segment, systems in evaluation.results.items()
    }
    sizes: dict[str, JSON] = dict(evaluation.sizes)
    return {
        "k": evaluation.k,
        "users": evaluation.users,
        "without_target": evaluation.without_target,
        "sizes": sizes,
        "results": results,
    }


def _header(k: int) -> str:
    judged = "".join(f"{f'{name}@{k}':<22}" for name in JUDGED)
    return f"  {'':<11}{judged}{'lift':<25}{'artist':<22}{'novelty':<22}coverage"


def _line(name: str, result: SystemResult) -> str:
    judged = "".join(f"{_interval(result.metrics[metric]):<22}" for metric in JUDGED)
    lift = _interval(result.lift["ndcg"], "+") if result.lift else ""
    described = "".join(f"{_interval(result.metrics[metric]):<22}" for metric in ("artist_share", "novelty"))
    return f"  {name:<11}{judged}{lift:<25}{described}{result.coverage:.3f}"


def _interval(value: Estimate, sign: str = "") -> str:
    return f"{value.mean:{sign}.3f} [{value.low:{sign}.3f}, {value.high:{sign}.3f}]"


def _system(result: SystemResult) -> JSON:
    return {
        "metrics": {name: _estimate(value) for name, value in result.metrics.items()},
        f"lift_over_{BASELINE}": {name: _estimate(value) for name, value in result.lift.items()},
        "coverage": result.coverage,
    }


def _estimate(value: Estimate) -> JSON:
    return {"mean": value.mean, "low": value.low, "high": value.high}
