"""The arguments of `guardrails load` that `check` does not have."""

import argparse
from dataclasses import dataclass
from pathlib import Path

from guardrails.errors import UsageError
from guardrails.gates.base import Profile

LONG = """\
Judge a change by the load gate alone: head and base are compared side by side under the same requests, and the head
must not be slower. With --profile release (the default) they are compared for longer than in a merge check, and then
each is driven by open arrivals: the highest rate at which the budgets hold, and the scenarios that slo.toml names (a
crowd, a long run with an eye on memory). Standard error says how far it is, and after Ctrl-C what was measured.

With --target no change is judged: a service that runs already is loaded by one scenario and held to slo.toml.
"""
EXAMPLES = """\
examples:
  guardrails load --base main --head my-branch              two refs, as for a release
  guardrails load --seconds 600                             take ten minutes for capacity and scenarios
  guardrails load --target http://127.0.0.1:8080            a service that runs, by the scenario 'steady'
  guardrails load --target http://127.0.0.1:8080 --scenario spike --rate 50 --pid 4711
  guardrails load --target http://127.0.0.1:8080 --trace requests.jsonl

"""


@dataclass(frozen=True, slots=True)
class TargetOptions:
    """A load on a running service. None: what the scenario or guardrails.toml says."""

    target: str
    repository: Path = Path()
    scenario: str = "steady"
    trace: Path | None = None
    rate: float | None = None
    seconds: float | None = None
    wait: float = 60.0
    ready_path: str | None = None
    pid: int = 0
    owned: bool = False
    seed: int | None = None
    output: Path | None = None


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "--profile",
        choices=[Profile.PR.value, Profile.RELEASE.value],
        default=Profile.RELEASE.value,
        help="pr: compare as in a merge check; release: longer, then capacity and scenarios (the default)",
    )
    parser.add_argument(
        "--seconds",
        metavar="N",
        type=_above_zero,
        help="for capacity and scenarios together (default: release.seconds of slo.toml); with --target: for the load",
    )
    group = parser.add_argument_group("a service that runs already")
    group.add_argument("--target", metavar="URL", help="load this service instead of judging a change")
    group.add_argument("--scenario", metavar="NAME", help="a name in load.scenarios, or a .toml file (default: steady)")
    group.add_argument("--trace", metavar="FILE", type=Path, help="send the requests of this trace, as they came")
    group.add_argument("--rate", metavar="N", type=_above_zero, help="arrivals a second (default: the scenario's)")
    group.add_argument(
        "--wait", metavar="S", type=_above_zero, help="seconds that the service may take to be ready (default: 60)"
    )
    group.add_argument("--ready-path", metavar="PATH", help="what answers 200 when it is ready (default: the policy's)")
    group.add_argument("--pid", metavar="N", type=int, help="its process, to see its memory and its end")
    group.add_argument("--i-own-this-host", action="store_true", help="allow a target that is not this machine")


def target_options(arguments: argparse.Namespace) -> TargetOptions | None:
    """What the arguments ask for; None where they ask for a change to be judged.

    Raises:
        UsageError: options of the one stand beside the other.
    """
    theirs = ("scenario", "trace", "rate", "wait", "ready_path", "pid", "i_own_this_host")
    given = [f"--{name.replace('_', '-')}" for name in theirs if getattr(arguments, name)]
    if arguments.target is None:
        if given:
            raise UsageError(f"{', '.join(given)} without --target. Name the service that is to be loaded.")
        return None
    if beside := [f"--{name}" for name in ("base", "head", "newest") if getattr(arguments, name)]:
        raise UsageError(f"{', '.join(beside)} beside --target. A running service is no change: leave one of them out.")
    if arguments.trace and (arguments.rate or arguments.scenario):
        raise UsageError("--trace beside --rate or --scenario. A trace has its own times: leave the others out.")
    if arguments.format != "text":
        raise UsageError(f"--format {arguments.format} beside --target. The answer is text: leave it out.")
    return TargetOptions(
        target=arguments.target,
        repository=arguments.repo,
        scenario=arguments.scenario or "steady",
        trace=arguments.trace,
        rate=arguments.rate,
        seconds=arguments.seconds,
        wait=arguments.wait or 60.0,
        ready_path=arguments.ready_path,
        pid=arguments.pid or 0,
        owned=arguments.i_own_this_host,
        seed=arguments.seed,
        output=arguments.output,
    )


def _above_zero(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return number
