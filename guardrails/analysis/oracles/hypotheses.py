"""Hypothesis properties that try less: fewer examples, smaller strategies, assumptions that throw examples away."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import inf

from guardrails.analysis.names import Names, number, truth
from guardrails.analysis.oracles.collected import Function, TestCase
from guardrails.analysis.oracles.loops import most
from guardrails.analysis.oracles.transformed import empty_composites, made_fewer, unused_draws
from guardrails.analysis.oracles.weakening import Weakening
from guardrails.analysis.walking import unparse, walk

_DEFAULT_EXAMPLES = 100
_LOWER = frozenset({"min_value", "min_size", "min_leaves", "min_magnitude"})
_UPPER = frozenset({"max_value", "max_size", "max_leaves", "max_magnitude"})
_OFF = frozenset({"unique", "unique_by", "exclude_min", "exclude_max"})
_POSITIONAL = {"integers": ("min_value", "max_value"), "floats": ("min_value", "max_value")}


@dataclass(frozen=True, slots=True)
class _Effort:
    """How much a property tries, as far as it is written on it."""

    given: int
    settings: Mapping[str, ast.expr]
    assumptions: int
    filters: int
    examples: int
    line: int


def _effort(node: Function, names: Names) -> _Effort:
    settings: dict[str, ast.expr] = {}
    given = examples = 0
    for decorator in node.decorator_list:
        value = names.value(decorator)
        full = names.full(value.func) or "" if isinstance(value, ast.Call) else ""
        if isinstance(value, ast.Call) and full.startswith("hypothesis."):
            given += len(value.args) + len(value.keywords) if full.endswith(".given") else 0
            examples += full.endswith(".example")
            if full == "hypothesis.seed":
                settings["seed"] = value
            if full.endswith(".settings"):
                settings |= {k.arg: k.value for k in value.keywords if k.arg}
                if value.args:
                    settings["a profile"] = value.args[0]
    calls = [n for n in walk(node) if isinstance(n, ast.Call)]
    assumptions = sum(names.full(c.func) in {"hypothesis.assume", "hypothesis.reject"} for c in calls)
    filters = sum(isinstance(c.func, ast.Attribute) and c.func.attr == "filter" for c in calls)
    return _Effort(given, settings, assumptions, filters, examples, node.lineno)


def less_tried(before: TestCase, after: TestCase) -> Iterator[Weakening]:
    """What a property tries less of."""
    old, new = _effort(before.node, before.names), _effort(after.node, after.names)
    if not old.given:
        return
    place, name = (after.path, new.line), after.name
    if not new.given:
        yield Weakening("property-gutted", f"{name} draws no examples any more: @given is gone", *place)
        return
    yield from _settings(old, new, after)
    if _assumes_nothing(after):
        yield Weakening("property-gutted", f"{name} rejects every example: its assumption is never true", *place)
    elif new.assumptions > old.assumptions or new.filters > old.filters:
        yield Weakening("property-narrowed", f"{name} now throws away examples that it used to try", *place)
    if new.examples < old.examples:
        what = f"{name} has {new.examples} written examples, and had {old.examples}"
        yield Weakening("cases-removed", what, *place)
    yield from unused_draws(before, after)
    yield from _smaller(before.node, after.node, before.names, after.names, after.path, name)


def _settings(old: _Effort, new: _Effort, after: TestCase) -> Iterator[Weakening]:
    """`@settings`: examples, phases, health checks."""
    place, name = (after.path, new.line), after.name
    most = [
        int(number(e.settings["max_examples"], after.names) or _DEFAULT_EXAMPLES)
        if "max_examples" in e.settings
        else _DEFAULT_EXAMPLES
        for e in (old, new)
    ]
    if most[1] < most[0]:
        what = f"{name} tries {most[1]} examples at most, and tried {most[0]}"
        yield Weakening("property-gutted" if most[1] <= 1 else "property-narrowed", what, *place)
    phases = new.settings.get("phases")
    if phases is not None and "generate" not in unparse(phases) and "phases" not in old.settings:
        yield Weakening("property-gutted", f"{name} generates nothing: phases={unparse(phases)}", *place)
    fixed = [k for k in ("derandomize", "seed") if k in new.settings and truth(new.settings[k]) is not False]
    if fixed and not {"derandomize", "seed"} & old.settings.keys():
        yield Weakening("property-narrowed", f"{name} now draws the same examples each time: {fixed[0]}", *place)
    profile = new.settings.get("a profile")
    if profile is not None and "a profile" not in old.settings:
        what = f"{name} now takes its settings from {unparse(profile)}"
        yield Weakening("property-narrowed", what, *place)
    checks = [_entries(e.settings.get("suppress_health_check")) for e in (old, new)]
    added = checks[1] - checks[0]
    if added:
        yield Weakening("property-narrowed", f"{name} no longer heeds the health check {sorted(added)[0]}", *place)


def _entries(node: ast.expr | None) -> frozenset[str]:
    if node is None:
        return frozenset()
    parts = node.elts if isinstance(node, ast.List | ast.Tuple | ast.Set) else [node]
    return frozenset(unparse(part) for part in parts)


def _assumes_nothing(test: TestCase) -> bool:
    """`assume(False)` and its like."""
    return any(
        isinstance(n, ast.Call)
        and test.names.full(n.func) == "hypothesis.assume"
        and bool(n.args)
        and truth(n.args[0], test.names) is False
        for n in walk(test.node)
    )


def smaller_strategies(before: ast.Module, after: ast.Module, path: str, tests: frozenset[str]) -> Iterator[Weakening]:
    """Strategies of a module, in functions and in names, that draw from less; those in tests are judged with them."""
    old, new = _definitions(before, tests), _definitions(after, tests)
    names = Names(before), Names(after)
    for name, node in old.items():
        if name in new:
            yield from _smaller(node, new[name], *names, path, name)
            thrown = [_thrown_away(side) for side in (node, new[name])]
            if thrown[1] > thrown[0]:
                what = f"{name} now throws away examples that it used to draw"
                yield Weakening("property-narrowed", what, path, getattr(new[name], "lineno", None))
    composites = [empty_composites(module, n) for module, n in zip((before, after), names, strict=True)]
    for name in sorted(composites[1].keys() - composites[0].keys()):
        what = f"{name} gives the same whatever it draws"
        yield Weakening("property-narrowed", what, path, composites[1][name])
    profiles = [_profiles(module, n) for module, n in zip((before, after), names, strict=True)]
    for profile, settings in profiles[0].items():
        most = [
            number(s["max_examples"]) if "max_examples" in s else None for s in (settings, profiles[1].get(profile, {}))
        ]
        if most[0] is not None and most[1] is not None and most[1] < most[0]:
            what = f"the profile {profile!r} of Hypothesis tries {most[1]:g} examples, and tried {most[0]:g}"
            yield Weakening("property-narrowed", what, path, None)
    loaded = [_loaded(module, n) for module, n in zip((before, after), names, strict=True)]
    for text, line in loaded[1]:
        if loaded[0] and text not in {old for old, _ in loaded[0]}:
            yield Weakening("property-narrowed", f"another profile of Hypothesis is loaded: {text}", path, line)


def _thrown_away(node: ast.AST) -> int:
    """How often a strategy is filtered, or an example is rejected, below a node."""
    calls = (n.func for n in walk(node) if isinstance(n, ast.Call))
    named = (f.attr if isinstance(f, ast.Attribute) else getattr(f, "id", "") for f in calls)
    return sum(name in {"filter", "assume", "reject"} for name in named)


def new_profiles(before: ast.Module | None, after: ast.Module, path: str) -> Iterator[Weakening]:
    """A profile that is loaded where none was, and that tries less than Hypothesis does by itself."""
    if before is not None and _loaded(before, Names(before)):
        return
    names = Names(after)
    registered = _profiles(after, names)
    for text, line in _loaded(after, names):
        settings = registered.get(text.strip("'\""), {})
        most = number(settings["max_examples"], names) if "max_examples" in settings else None
        phases = settings.get("phases")
        if most is not None and most < _DEFAULT_EXAMPLES:
            what = f"the profile {text} of Hypothesis, which is loaded now, tries {most:g} examples at most"
            yield Weakening("property-gutted" if most <= 1 else "property-narrowed", what, path, line)
        elif phases is not None and "generate" not in unparse(phases):
            what = f"the profile {text} of Hypothesis, which is loaded now, generates nothing"
            yield Weakening("property-gutted", what, path, line)
        elif "suppress_health_check" in settings:
            what = f"the profile {text} of Hypothesis, which is loaded now, suppresses health checks"
            yield Weakening("property-narrowed", what, path, line)


def _loaded(module: ast.Module, names: Names) -> list[tuple[str, int]]:
    """Which profile is loaded, as text."""
    calls = (n for n in walk(module) if isinstance(n, ast.Call) and n.args)
    return [(unparse(c.args[0]), c.lineno) for c in calls if (names.full(c.func) or "").endswith("load_profile")]


def _definitions(module: ast.Module, tests: frozenset[str]) -> dict[str, ast.AST]:
    """Functions and assigned names at the top of a module, but the tests."""
    found: dict[str, ast.AST] = {}
    for statement in module.body:
        match statement:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if name not in tests:
                found[name] = statement
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found[name] = value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                found[name] = value
    return found


def _profiles(module: ast.Module, names: Names) -> dict[str, dict[str, ast.expr]]:
    """Registered profiles and their settings."""
    return {
        str(n.args[0].value): {k.arg: k.value for k in n.keywords if k.arg}
        for n in walk(module)
        if isinstance(n, ast.Call)
        and (names.full(n.func) or "").endswith("settings.register_profile")
        and n.args
        and isinstance(n.args[0], ast.Constant)
    }


def _smaller(
    before: ast.AST, after: ast.AST, old_names: Names, new_names: Names, path: str, where: str
) -> Iterator[Weakening]:
    """Strategy calls that draw from less, matched by name and order."""
    old, new = _strategies(before, old_names), _strategies(after, new_names)
    for kind, calls in old.items():
        partners = new.get(kind, [])
        if len(partners) == len(calls):
            for one, other in zip(calls, partners, strict=True):
                reason = _narrower(kind, one, other, old_names, new_names)
                if reason:
                    yield Weakening(
                        "property-narrowed", f"a strategy of {where} draws from less: {reason}", path, other.lineno
                    )
    if "hypothesis" in {full.partition(".")[0] for full in new_names.imports.values()}:
        for reason, line in made_fewer(before, after, (old, new)):
            yield Weakening("property-narrowed", f"a strategy of {where} {reason}", path, line)


def _strategies(node: ast.AST, names: Names) -> dict[str, list[ast.Call]]:
    """Calls to Hypothesis' strategies, by their names, in the order of the lines."""
    found: dict[str, list[ast.Call]] = {}
    calls = [n for n in walk(node) if isinstance(n, ast.Call)]
    for call in sorted(calls, key=lambda c: (c.lineno, c.col_offset)):
        full = names.full(call.func) or ""
        if full.startswith(("hypothesis.strategies.", "hypothesis.extra.")):
            found.setdefault(full.rpartition(".")[2], []).append(call)
    return found


def _narrower(kind: str, before: ast.Call, after: ast.Call, old_names: Names, new_names: Names) -> str:
    """Why one strategy draws from less than another of its kind, or an empty string."""
    old, new = _bounds(kind, before), _bounds(kind, after)
    for key in sorted({*old, *new}):
        one, other = old.get(key), new.get(key)
        low, high = (number(n, names) if n is not None else None for n, names in ((one, old_names), (other, new_names)))
        text = f"{key}={unparse(other) if other is not None else 'nothing'}"
        if other is not None and high is not None:
            floor = 0.0 if key == "min_size" else float("-inf")  # what holds where nothing is written
            if key in _LOWER and high > (floor if one is None else low if low is not None else high):
                return text
            if key in _UPPER and (one is None or (low is not None and high < low)):
                return text
        if key in _OFF and one is None and other is not None and truth(other) is not False:
            return text
        if key.startswith("allow_") and other is not None and truth(other) is False and (one is None or truth(one)):
            return text
    if kind in {"sampled_from", "one_of"}:
        sizes = [_size(call, names) for call, names in ((before, old_names), (after, new_names))]
        if sizes[0] is not None and sizes[1] is not None and sizes[1] < sizes[0]:
            return f"{sizes[1]} choices, and there were {sizes[0]}"
    return ""


def _bounds(kind: str, call: ast.Call) -> dict[str, ast.expr]:
    named = {k.arg: k.value for k in call.keywords if k.arg}
    positional = dict(zip(_POSITIONAL.get(kind, ()), call.args, strict=False))
    both = {**positional, **named}
    return {k: v for k, v in both.items() if not (isinstance(v, ast.Constant) and v.value is None)}


def _size(call: ast.Call, names: Names) -> int | None:
    """How many choices are written out."""
    if len(call.args) == 1:
        size = most(names.value(call.args[0]))
        return None if size == inf else int(size)
    return len(call.args) or None
