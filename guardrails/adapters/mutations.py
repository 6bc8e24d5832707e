"""Which lines tests execute, and mutants tried against them, in the processes that record suites."""

from dataclasses import asdict

from guardrails.adapters.suites import PytestSuites
from guardrails.analysis.suite_runs import Ended
from guardrails.model.mutation import Called, Observation, TrialRun, Trials, Watch
from guardrails.ports import Tree

_GRACE = 20.0
_START = 90.0
"""Seconds that collecting may take; a test that is being watched when the time is up may take that time again."""
_GOOD = frozenset({"passed"})


class PytestMutations:
    """`Mutations` over the same processes as `PytestSuites`."""

    def __init__(self, suites: PytestSuites) -> None:
        self._suites = suites

    def observe(self, tree: Tree, watch: Watch) -> Observation:
        """Run tests of a copy of the tree and note what each executes."""
        more = {
            "observe": {"lines": watch.lines, "product": watch.product, "tests": watch.tests, "seconds": watch.seconds}
        }
        run, ended = self._suites.recorded(
            tree, watch.paths, _START + 2 * watch.seconds, workers=watch.workers, more=more, alike=False
        )
        cut = any(process.exit_code is None or process.transcript.over for process in ended)
        lines: dict[str, dict[str, frozenset[int]]] = {}
        calls: dict[str, tuple[Called, ...]] = {}
        for process in ended:
            lines |= process.transcript.lines
            calls |= process.transcript.calls
        return Observation(
            passed={name: record.seconds for name, record in run.records.items() if record.outcome in _GOOD},
            lines=lines,
            calls=calls,
            cut=cut,
            complaint="" if cut and _is_whole(ended) else run.complaint,
            toothless=() if cut else run.toothless,
        )

    def judge(self, tree: Tree, trials: Trials) -> TrialRun:
        """Try mutants, each in a process of its own."""
        files = dict.fromkeys(name.partition("::")[0] for trial in trials.trials for name in trial.tests)
        listed = [
            {**asdict(trial), "edit": list(asdict(trial.edit).values()), "tests": list(trial.tests)}
            for trial in trials.trials
        ]
        more = {"mutate": {"trials": listed, "seconds": trials.seconds, "product": trials.product}}
        timeout = _START + 2 * trials.seconds + _GRACE
        workers = max(1, min(trials.workers, len(listed)))
        run, ended = self._suites.recorded(tree, tuple(files), timeout, workers=workers, more=more, alike=True)
        results = {key: result for process in ended for key, result in process.transcript.mutants.items()}
        return TrialRun(results, run.complaint)


def _is_whole(ended: list[Ended]) -> bool:
    """Whether nothing else is wrong with processes of which some were stopped when the time was up."""
    return all(
        process.transcript.started and not process.transcript.broken_rule and not process.transcript.internal
        for process in ended
    )
