"""Our slates against other people's recommenders, on the same split, in the same run.

    python -m benchmarks.quality [--data PATH] [--split time|last|users] [--seed N]

Ours: the ranked list before diversity, and the slate as it is served. Peers: popularity by market, implicit's ALS and
its item-item nearest neighbours, LensKit's where it is installed (`benchmarks/lenskit_peers.py` says how), each tuned a
little (the grid is in `benchmarks/peers.py`; the best settings are shown).
Everybody is fitted on the same events and judged on the same users and the same eligible tracks. The last column is our
ranked list minus the peer, paired by user, with a 95 % bootstrap interval.
"""

import argparse
import sys
from dataclasses import replace

from benchmarks import lenskit_peers
from benchmarks.changes import ROOT
from benchmarks.peers import as_system, rows_of, tuned
from recsys.training.arguments import add_data, read_options
from recsys.training.dataset import Dataset
from recsys.training.evaluate import Evaluation, evaluate
from recsys.training.parameters import SPLITS, TrainingParameters
from recsys.training.progress import Lines
from recsys.training.readers.registry import read_dataset
from recsys.training.split import Split, split_of
from recsys.training.systems import SYSTEMS, System
from recsys.training.train import train
from recsys.training.world.parameters import WorldParameters
from recsys.training.world.world import make_world

OUTPUT = ROOT / "docs/benchmarks/quality.md"
OURS = "ranked"


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_data(parser, "a synthetic world is made")
    parser.add_argument("--split", choices=SPLITS, default="auto")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks/quality.md")
    return parser.parse_args()


def peers(dataset: Dataset, split: Split) -> tuple[dict[str, System], list[str]]:
    """The tuned peers as systems, and a sentence on each."""
    histories, tracks = dataset.histories, dataset.catalogue.size
    fitted_on, given = rows_of(histories.before(split.cut), tracks), rows_of(histories.before(split.judged), tracks)
    systems, said = {}, []
    for candidate, score in tuned(histories, split, tracks):
        systems[candidate.peer] = as_system(candidate.fit(fitted_on), given, histories)
        said.append(f"{candidate.peer}: {candidate.settings} (NDCG@10 {score:.4f} on the span it was tuned on)")
    return systems, said if lenskit_peers.installed() else [*said, lenskit_peers.ABSENT]


def table(found: Evaluation, against: dict[str, Evaluation]) -> str:
    """Each system's figures, and our gain over it, as Markdown."""
    lines = [
        "| system | NDCG@10 | Recall@10 | MRR@10 | coverage | ours minus it, NDCG@10 |",
        "|---|---|---|---|---|---|",
    ]
    for name, result in found.results["all"].items():
        figures = [result.metrics[m] for m in ("ndcg", "recall", "mrr")]
        cells = [f"{f.mean:.3f} [{f.low:.3f}, {f.high:.3f}]" for f in figures]
        gain = against[name].results["all"][OURS].lift["ndcg"] if name in against else None
        shown = f"{gain.mean:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}]" if gain else ""
        lines.append(f"| {name} | {' | '.join(cells)} | {result.coverage:.3f} | {shown} |")
    return "\n".join(lines)


def main() -> int:
    """Fit, tune, judge, print."""
    args = arguments()
    told = Lines(sys.stderr)
    dataset = (
        make_world(WorldParameters(seed=args.seed))
        if args.data is None
        else read_dataset(args.data, args.format, read_options(args, told))
    )
    parameters = replace(TrainingParameters(), split=args.split, seed=args.seed)
    split = split_of(dataset.histories, parameters.holdout, parameters.ranker_share, parameters.split_kind, args.seed)
    model = train(dataset, parameters, told).model
    others, said = peers(dataset, split)
    systems = {**SYSTEMS, **others}
    found = evaluate(model, dataset.histories, split, 10, systems=systems, seed=args.seed, progress=told)
    rivals = [name for name in systems if name not in ("served", OURS)]
    against = {
        name: evaluate(
            model,
            dataset.histories,
            split,
            10,
            {OURS: systems[OURS], name: systems[name]},
            seed=args.seed,
            baseline=name,
        )
        for name in rivals
    }
    where = "the synthetic world" if args.data is None else f"`{args.data.name}`"
    counts = dataset.counts()
    what = f"{where}: {counts['users']:,} users, {counts['tracks']:,} tracks, {counts['events']:,} events"
    head = f"On {what}; split `{split.kind}`, {found.users:,} users judged, seed {args.seed}."
    text = "\n\n".join((head, table(found, against), "\n".join(f"- {line}" for line in said)))
    print(text)
    if args.write:
        write(text)
    return 0


def write(text: str) -> None:
    """Add the result to the page, in place of an older one for the same data and split."""
    title = "# How good the slates are\n\n" + (__doc__ or "").strip()
    old = OUTPUT.read_text(encoding="utf-8").split("\n\n---\n\n")[1:] if OUTPUT.is_file() else []
    subject = text.partition(":")[0] + text.partition("split ")[2].partition(",")[0]
    kept = [part for part in old if part.partition(":")[0] + part.partition("split ")[2].partition(",")[0] != subject]
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_text("\n\n---\n\n".join([title, *(part.strip() for part in kept), text]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
