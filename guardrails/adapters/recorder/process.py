"""The process: reads its plan, destroys it, loads pytest and the environment's plugins, then lets the tree in."""

from __future__ import annotations

import json
import os
import sys
from importlib import metadata
from pathlib import Path
from sys import audit
from typing import Any

import pytest

from guardrails.adapters.recorder.channel import RECORD, end_of
from guardrails.adapters.recorder.drawing import relations
from guardrails.adapters.recorder.imports import Importing, record_imports
from guardrails.adapters.recorder.plugin import Recorder
from guardrails.adapters.recorder.schedule import Planted, Schedule
from guardrails.adapters.recorder.watch import watch


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


def schedule_of(plan: dict[str, Any]) -> Schedule | None:
    """What to run; None to collect only."""
    if not plan["run"]:
        return None
    only = None if plan["only"] is None else frozenset(plan["only"])
    planted = Planted(plan["planted"], tuple((name, once) for name, once in plan["planted_tests"]), plan["twins"])
    return Schedule(plan["claims"], only, planted)


def main(directory: str) -> None:
    """Run the plan in `directory`, and say how it ended."""
    place = Path(directory, "plan.json")
    plan: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
    place.unlink()
    channel = int(os.environ.pop("GUARDRAILS_CHANNEL"))
    os.set_inheritable(channel, False)  # noqa: FBT003 - positional only
    watch(channel, bytes.fromhex(plan.pop("key")), plan["root"], (main, Recorder, Schedule, Importing))
    audit(RECORD, "start", {"python": sys.version.split()[0], "pytest": pytest.__version__})
    redirect(plan["repository"], plan["root"])
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.environ["PYTHONPATH"] = os.pathsep.join(plan["path"])
    plugins = environment_plugins(plan["plugins"])
    sys.path[:] = [entry for entry in sys.path if entry != directory] + plan["path"]
    for name in [name for name in sys.modules if name.partition(".")[0] == "guardrails"]:
        del sys.modules[name]
    recorder = Recorder(plan["path"], plugins, schedule_of(plan), plan["seed"])
    record_imports(Importing(plan["root"], frozenset(plan["packages"]), recorder.now))
    sys.argv = ["pytest", *plan["arguments"]]
    try:
        status = pytest.main([*options(plugins), *plan["arguments"]], plugins=[recorder])
    except BaseException as error:
        told = end_of(f"{type(error).__name__}: {error}")
        audit(RECORD, "internal", {"file": recorder.importing, "message": told})
        raise
    audit(RECORD, "finish", {"status": int(status), "relations": relations()})
