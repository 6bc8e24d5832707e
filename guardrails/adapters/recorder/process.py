"""The process: reads its plan, destroys it, loads pytest and the environment's plugins, then lets the tree in."""

from __future__ import annotations

import faulthandler
import json
import os
import sys
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from guardrails.adapters.recorder.channel import Say, end_of, speaker
from guardrails.adapters.recorder.drawing import relations
from guardrails.adapters.recorder.importing import Once, try_at_import
from guardrails.adapters.recorder.mutating import Mutator
from guardrails.adapters.recorder.observing import Observer
from guardrails.adapters.recorder.places import Tree
from guardrails.adapters.recorder.plugin import Recorder
from guardrails.adapters.recorder.schedule import Planted, Schedule


def environment_plugins(wanted: list[str]) -> list[tuple[str, object]]:
    """The environment's pytest plugins, by the names of their entry points; `*` stands for all of them."""
    found: dict[str, metadata.EntryPoint] = {}
    for distribution in metadata.distributions():
        for point in distribution.entry_points:
            if point.group == "pytest11" and ("*" in wanted or point.name in wanted):
                found.setdefault(point.name, point)
    return [(name, point.load()) for name, point in found.items()]


def options(plugins: list[tuple[str, object]]) -> list[str]:
    """Options that undo what makes no sense here: spreading over more processes, and measuring coverage."""
    names = {name for name, _ in plugins}
    return [*(["-n0"] if "xdist" in names else []), *(["--no-cov"] if "pytest_cov" in names else [])]


def redirect(old: str, new: str) -> None:
    """Point editable installs of the repository at the tree: without this they test what the checkout holds."""

    def moved(place: str) -> str:
        inside = place == old or (place.startswith(old + os.sep) and not place.startswith(sys.prefix + os.sep))
        return new + place[len(old) :] if inside else place

    sys.path[:] = [moved(entry) for entry in sys.path]
    for name, module in list(sys.modules.items()):
        mapping = getattr(module, "MAPPING", None)
        if name.startswith("__editable__") and isinstance(mapping, dict):
            mapping.update({package: moved(str(place)) for package, place in mapping.items()})


def schedule_of(plan: dict[str, Any], say: Say) -> Schedule | None:
    """What to run; None to collect only."""
    if not plan["run"]:
        return None
    only = None if plan["only"] is None else frozenset(plan["only"])
    planted = Planted(plan["planted"], tuple((name, must, once) for name, must, once in plan["planted_tests"]))
    return Schedule(say, plan["claims"], only, planted, in_order="observe" in plan)


def observer_of(plan: dict[str, Any], say: Say) -> Observer | None:
    """What watches the tests, where that is asked for."""
    wish = plan.get("observe")
    return (
        None
        if wish is None
        else Observer(say, Tree(plan["root"], wish["product"]), wish["lines"], wish["tests"], wish["seconds"])
    )


def mutator_of(plan: dict[str, Any], say: Say) -> Mutator | None:
    """What tries mutants, where that is asked for."""
    wish = plan.get("mutate")
    if wish is None:
        return None
    return Mutator(say, Tree(plan["root"], wish["product"]), plan["claims"], wish["trials"], wish["seconds"])


def session_of(plan: dict[str, Any], plugins: list[tuple[str, object]], say: Say, names: list[str], once: Once) -> None:
    """Collect the files of some tests in this process, and let `once` run them."""
    files = dict.fromkeys(f"./{name.partition('::')[0]}" for name in names)
    chosen = [word for word in plan["arguments"] if not word.startswith("./")]
    recorder = Recorder(say, plan["path"], plugins, None, None, None, once)
    pytest.main([*options(plugins), *chosen, *files], plugins=[recorder])


def main(directory: str) -> None:
    """Run the plan in `directory`, and say how it ended."""
    place = Path(directory, "plan.json")
    plan: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
    place.unlink()
    channel = int(os.environ.pop("GUARDRAILS_CHANNEL"))
    os.set_inheritable(channel, False)  # noqa: FBT003 - positional only
    say = speaker(channel, bytes.fromhex(plan.pop("key")), plan["root"])
    say("start", python=sys.version.split()[0], pytest=pytest.__version__)
    redirect(plan["repository"], plan["root"])
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.environ["PYTHONPATH"] = os.pathsep.join(plan["path"])
    plugins = environment_plugins(plan["plugins"])
    sys.path[:] = [entry for entry in sys.path if entry != directory] + plan["path"]
    for name in [name for name in sys.modules if name.partition(".")[0] == "guardrails"]:
        del sys.modules[name]
    mutator = mutator_of(plan, say)
    if mutator is not None:
        try_at_import(mutator, partial(session_of, plan, plugins, say))
    watching = (observer_of(plan, say), mutator)
    recorder = Recorder(say, plan["path"], plugins, schedule_of(plan, say), plan["seed"], *watching)
    sys.argv = ["pytest", *plan["arguments"]]
    # Past it the process ends and says where it hangs. pytest takes the place of standard error, hence the copy.
    faulthandler.dump_traceback_later(plan["collect_seconds"], exit=True, file=os.dup(2))
    try:
        status = pytest.main([*options(plugins), *plan["arguments"]], plugins=[recorder])
    except BaseException as error:
        say("internal", file=recorder.importing, message=end_of(f"{type(error).__name__}: {error}"))
        raise
    say("finish", status=int(status), relations=relations())
