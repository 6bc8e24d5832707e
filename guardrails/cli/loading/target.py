"""`guardrails load --target URL`: one scenario on a service that runs, its figures, and the exit status."""

import json
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import guardrails.config
from guardrails.adapters.openrig import OpenRig
from guardrails.adapters.process import ProcessRunner
from guardrails.adapters.reach import await_answer, checked
from guardrails.adapters.scratch import scratch_directory
from guardrails.cli.loading.parser import TargetOptions
from guardrails.cli.output import complain, say
from guardrails.config import Policy
from guardrails.errors import ConfigurationError, UsageError
from guardrails.load import scenario as scenarios
from guardrails.load import slo as objectives
from guardrails.load import trace as traces
from guardrails.load.arrivals import poisson
from guardrails.load.scenario import Scenario
from guardrails.load.slo import Slo
from guardrails.load.standing import Kind, standing
from guardrails.model.open_run import OpenPlan, OpenRun, OpenTarget
from guardrails.report.open_text import render

POLICY = "guardrails.toml"
TAIL_SECONDS = 1.0
"""What is measured after the last request of a trace came."""
STATUS: Mapping[Kind, int] = {Kind.HOLDS: 0, Kind.MISSES: 1, Kind.UNKNOWN: 2, Kind.UNCLEAR: 3}
TEXT, RECORD = "load.txt", "load.json"


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be done, read and checked before anything is sent."""

    what: str
    scenario: Scenario
    slo: Slo
    plan: OpenPlan
    target: OpenTarget
    output: Path | None


def run_target(options: TargetOptions, environment: Mapping[str, str]) -> int:
    """Load the service, say what was seen, and give the exit status: 0, 1, 2 or 3 as for a change.

    Raises:
        UsageError: there is no such service, or it must not be loaded.
        ConfigurationError: the scenario, the trace or the budgets are wrong.
        JudgementError: the scenario cannot be driven.
    """
    url = checked(options.target, owned=options.owned)
    policy = _policy(options.repository)
    task = _task(options, policy, url)
    if options.output is not None:
        _clear(options.output)
    if options.pid and not Path(f"/proc/{options.pid}").exists() and Path("/proc").exists():
        raise UsageError(f"--pid is {options.pid}, and there is no such process. Correct it, or leave it out.")
    await_answer(url, options.ready_path or policy.load.ready_path, options.wait, complain)
    complain(
        f"{task.what}: {len(task.plan.arrivals)} requests in {task.plan.seconds:.0f} s (Ctrl-C keeps what was seen)"
    )
    with scratch_directory(Path(tempfile.gettempdir())) as scratch:
        rig = OpenRig(ProcessRunner(scratch, environment), sys.executable)
        try:
            run = rig.arrive(task.plan, task.target)
        except KeyboardInterrupt:
            if rig.kept is not None:
                _publish(task, rig.kept)
            raise
    return _publish(task, run)


def _publish(task: Task, run: OpenRun) -> int:
    found = standing(run, task.scenario, task.slo)
    text = render(task.what, run, task.scenario, task.slo, found)
    if task.output is not None:
        (task.output / TEXT).write_text(text + "\n", encoding="utf-8")
        kept = {
            "partial": run.partial,
            "answer": "partial" if run.partial else found.kind.value,
            "planned": run.planned,
            "errors": dict(run.errors),
            "memory_kib": [(one.at, one.done, one.kib) for one in run.memory],
            "samples": {
                "columns": ["intended_seconds", "lag_ms", "latency_ms", "good"],
                "rows": [(one.at, one.lag_ms, one.ms, one.good) for one in run.answers],
            },
        }
        (task.output / RECORD).write_text(json.dumps(kept), encoding="utf-8")
    say(text)
    return STATUS[Kind.UNKNOWN if run.partial else found.kind]


def _policy(root: Path) -> Policy:
    file = root / POLICY
    if not file.is_file():
        raise UsageError(f"there is no {file}. Name with --repo the repository that has the scenario and the budgets.")
    return guardrails.config.parse(file.read_text(encoding="utf-8", errors="replace"), str(file))


def _task(options: TargetOptions, policy: Policy, url: str) -> Task:
    """Everything that is read, before anything is sent."""
    root, load = options.repository.resolve(), policy.load
    slo = objectives.parse(_text(root / load.slo, "load.slo"), load.slo)
    seed = secrets.randbits(32) if options.seed is None else options.seed
    if options.trace is not None:
        recorded = traces.read(_text(options.trace, "--trace"), str(options.trace))
        seconds = options.seconds or recorded[-1].at + TAIL_SECONDS
        recorded = tuple(one for one in recorded if one.at <= seconds)
        scenario, arrivals, what = Scenario(length_seconds=seconds), tuple(one.at for one in recorded), "the trace"
    else:
        recorded, name = (), options.scenario
        scenario = _scenario(root, load.scenarios, name)
        scenario = scenario.at(options.rate or scenario.rate_per_second, options.seconds or scenario.length_seconds)
        arrivals, what = poisson(scenario.segments(), seed), f"scenario {Path(name).stem}, seed {seed}"
        _drivable(load.locustfile, root)
    plan = OpenPlan(
        root=root,
        locustfile=load.locustfile,
        path=policy.environment.path,
        seed=seed,
        arrivals=arrivals,
        seconds=scenario.length_seconds,
        personas=scenario.personas,
        trace=recorded,
        event=scenario.event(),
        request_timeout_seconds=slo.drive.request_timeout_seconds,
    )
    return Task(what, scenario, slo, plan, OpenTarget(url, options.pid), options.output)


def _drivable(locustfile: str, root: Path) -> None:
    if not locustfile or not (root / locustfile).is_file():
        raise ConfigurationError(
            f"load.locustfile is {locustfile!r}, and there is no such file. Correct guardrails.toml, or give --trace."
        )


def _scenario(root: Path, folder: str, name: str) -> Scenario:
    """The scenario of that name, or in that file.

    Raises:
        UsageError: there is none, or it needs a service that the gate starts.
    """
    file = Path(name) if name.endswith(".toml") else root / folder / f"{name}.toml"
    if not file.is_file():
        import difflib

        known = sorted(one.stem for one in (root / folder).glob("*.toml"))
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        hint = f"Did you mean '{near[0]}'?" if near else f"Known in {folder}: {', '.join(known) or 'none'}."
        raise UsageError(f"there is no scenario {name!r}. {hint}")
    made = scenarios.parse(file.read_text(encoding="utf-8", errors="replace"), str(file))
    if made.shape in scenarios.RESTARTS or made.service.command:
        raise UsageError(
            f"scenario {name!r} ({made.shape}) starts the service itself, and --target is one that runs. Use another, "
            "or judge a change with --profile release."
        )
    return made


def _text(file: Path, what: str) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise ConfigurationError(
            f"{what} is {str(file)!r}, which cannot be read ({error.strerror}). Name it."
        ) from error


def _clear(directory: Path) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name in (TEXT, RECORD):
            (directory / name).unlink(missing_ok=True)
        if not os.access(directory, os.W_OK | os.X_OK) or shutil.disk_usage(directory).free == 0:
            raise PermissionError("it is not writable")
    except OSError as error:
        raise UsageError(f"--output is {str(directory)!r}, which cannot be written ({error}). Name another.") from error
