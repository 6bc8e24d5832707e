"""The commented `guardrails.toml` of a repository that adopts the gate: what differs there, and why."""

import json
import textwrap
from collections.abc import Iterator, Sequence

from guardrails.cli.adoption.looking import NESTED_TESTS, Found
from guardrails.config import Project, Scope, Tampering
from guardrails.model.paths import matches

_HEAD = """\
# The policy of the merge gate. It is read at the base of a change, so a change cannot loosen its own judge.
# Only what differs from the defaults stands here. An unknown key is an error that names the nearest known one.
# `guardrails gates` lists the gates, `guardrails explain RULE` says what a rule wants.
schema = 1
"""


def policy_text(found: Found, *, default_branch: str = "") -> str:
    """The file. `default_branch` is named where git does not tell."""
    parts = [_HEAD]
    if default_branch:
        why = "# The branch that changes are merged into: it is neither main nor master."
        parts.append(f"{why}\n{_key('default_branch', default_branch)}\n")
    tables = (_project, _environment, _scope, _tampering, _lint, _types, _layers, _tests, _services)
    always = (_approvals, _isolation)
    parts += ["\n".join(lines) + "\n" for table in (*tables, *always) if (lines := list(table(found)))]
    return "\n".join(parts)  # fmt: skip


def _key(name: str, value: object) -> str:
    return f"{name} = {_value(value)}"


def _value(value: object) -> str:
    if isinstance(value, str | int | float | bool):
        return json.dumps(value, ensure_ascii=False)
    assert isinstance(value, Sequence)
    short = "[" + ", ".join(_value(one) for one in value) + "]"
    return short if len(short) <= 100 else "[\n" + "".join(f"    {_value(one)},\n" for one in value) + "]"


def _note(text: str) -> Iterator[str]:
    """A comment, in lines of the usual length."""
    yield from textwrap.wrap(text, 118, initial_indent="# ", subsequent_indent="# ", break_long_words=False)


def _commented(lines: Sequence[str]) -> Iterator[str]:
    yield from (f"# {line}" if line else "#" for line in "\n".join(lines).split("\n"))


def judges_of(found: Found) -> tuple[str, ...]:
    """What judges the product here: the defaults, and tests that lie inside of packages."""
    # What lies beside tests in their directory judges too: helpers, expected answers.
    folders = (path.rpartition("/")[0] + "/x" for path in found.test_files)
    inside = (*folders, *(path for path in found.test_files if path.endswith("tests.py")))
    nested = (p for p in NESTED_TESTS if any(matches(path, (p,)) for path in inside if not _usual(path)))
    return (*Project().judges, *nested)


def _usual(path: str) -> bool:
    return matches(path, Project().judges)


def _project(found: Found) -> Iterator[str]:
    judges = judges_of(found)
    if not found.packages and len(judges) == len(Project().judges):
        return
    yield "[project]"
    if found.packages:
        yield from _note("What is judged: the import names of the product.")
        yield _key("packages", found.packages)
    if len(judges) > len(Project().judges):
        yield from _note(
            "What judges it comes from the base of a change. Here tests lie inside of packages, which "
            "the defaults "
            "do not cover."
        )
        yield _key("judges", judges)


def _environment(found: Found) -> Iterator[str]:
    if not found.source_root:
        yield from _commented(
            [
                "[environment]",
                "# The interpreter that has your dependencies and pytest. Otherwise .venv/bin/python, if it is there.",
                _key("python", ".venv/bin/python"),
            ]
        )
        return
    yield "[environment]"
    yield from _note(
        f"Packages lie below {found.source_root}/: it goes on the path, so that the tests import the head's code."
    )
    yield _key("path", (found.source_root, "."))


def _scope(found: Found) -> Iterator[str]:
    yield "[scope]"
    yield from _note("Past these a person must look: nobody reads a change of this size line by line.")
    yield _key("max_files", Scope().max_files)
    yield _key("max_lines", Scope().max_lines)
    generated = (
        *(("**/*.ipynb",) if found.notebooks else ()),
        *(f"{folder}/**" for folder in found.data),
    )
    if generated:
        yield from _note(
            "Notebooks hold their outputs, and data is no code: their lines do not count against the limit."
        )
        yield _key("generated", (*Scope().generated, *generated))
    yield from _note(
        "Paths that always go to a person stand in `protected`; the defaults are this file, lock "
        "files, the workflows, "
        "CODEOWNERS, conftest.py and pyproject.toml. To add to them, write the whole list."
    )


def _tampering(found: Found) -> Iterator[str]:
    missing = [p for p in found.test_files if not matches(p, Tampering().tests)]
    if missing:
        yield "[tampering]"
        yield from _note(
            "Where tests stand that must not be weakened. Here some have names that the defaults do not cover."
        )
        yield _key("tests", (*Tampering().tests, *NESTED_TESTS))


def _lint(found: Found) -> Iterator[str]:
    linters = found.linters or {}
    if "ruff" in linters:
        return
    others = ", ".join(name for name in ("flake8", "pylint", "black") if name in linters)
    why = f" {others} is yours to run; that its settings get no looser is judged here." if others else ""
    yield from _note(
        "ruff is not configured here, so the gate `lint` looks for what is wrong in any program: syntax errors, names "
        f"that are not defined.{why} With [tool.ruff] in pyproject.toml your own rules hold, for new violations only."
    )


def _types(found: Found) -> Iterator[str]:
    linters = found.linters or {}
    if "mypy" not in linters and found.packages:
        yield from _note(
            "mypy is not configured here, so the gate `types` is left out. This switches it on; only new errors count."
        )
        yield from _commented(["[types]", _key("targets", [part for name in found.packages for part in ("-p", name)])])


def _layers(found: Found) -> Iterator[str]:
    place = (found.linters or {}).get("import-linter", "")
    if place and place != ".importlinter":
        yield "[layers]"
        yield from _note("Your contracts between layers stand here.")
        yield _key("config", place)
    elif not place and found.packages:
        yield from _note(
            "There are no contracts between layers, so the gate `layers` is left out. To have some, "
            "write .importlinter "
            "(https://import-linter.readthedocs.io); what breaks them already is old and stops nobody."
        )


def _tests(found: Found) -> Iterator[str]:
    if not found.tests:
        yield from _note(
            "No tests were found, so `tests` and `mutants` are left out. The first test file in tests/ "
            "switches them on. "
            "Or name another place:"
        )
        yield from _commented(["[tests]", _key("paths", ["tests"])])
        return
    yield "[tests]"
    if found.runner == "unittest":
        yield from _note("These are unittest's; pytest runs them.")
    if found.runner == "django":
        yield from _note("pytest runs these: the interpreter needs pytest-django, and pytest's configuration the line")
        yield f"# DJANGO_SETTINGS_MODULE = {found.settings_module or 'your.settings'}"
        yield "# python_files = tests.py test_*.py"
    yield from _note("Every test below these that the base has is owed by the head.")
    if any(place.removeprefix(f"{found.source_root}/") in found.packages for place in found.tests):
        yield from _note("Tests lie inside of packages here: name a new package with tests too.")
    yield _key("paths", found.tests)
    yield from _note("Set it to a little under the number of your tests: a suite that shrinks to nothing is no pass.")
    yield "# minimum = 1"
    yield from _note("Tests that share a port or a file must run one after the other:")
    yield "# workers = 1"


def _services(found: Found) -> Iterator[str]:
    command = found.service.command if found.service else ("{python}", "-m", "your_service", "--port", "{port}")
    if found.pacts:
        yield from _note(
            f"Consumers' expectations were found in {found.pacts}. To hold every change to them, say "
            "how to start "
            "the provider; it must take provider states at /_states (docs/gates/contracts.md of "
            "recsys-guardrails)."
        )
        provider = found.providers[0] if found.providers else ""
        lines = ["[contracts]", _key("pacts", found.pacts), _key("provider", provider), _key("command", command)]
        yield from _commented(lines)
        yield ""
    if found.service:
        yield from _note(
            f"{found.service.path} looks like a service ({found.service.kind}). With a scenario for "
            "locust, every "
            "change is measured against its base; ready_path must answer 200 once it is up."
        )
        scenario = found.locustfile or "loadtests/locustfile.py"
        yield from _commented(
            ["[load]", _key("locustfile", scenario), _key("command", command), _key("ready_path", "/")]
        )
        yield ""
        yield from _note("And with recorded requests, base and head are asked the same and the answers compared.")
        yield from _commented(
            ["[behaviour]", _key("requests", "tests/behaviour/requests.jsonl"), _key("command", command)]
        )


def _approvals(found: Found) -> Iterator[str]:
    del found
    yield from _note(
        "What asks for a person can be let stand by a signature: name a file of allowed signers, as ssh-keygen(1) has "
        "it, with a line for each person. `guardrails approve --help` tells more."
    )
    yield from _commented(
        ["[approvals]", _key("allowed_signers", "allowed_signers"), _key("agents", ["bot@example.org"])]
    )


def _isolation(found: Found) -> Iterator[str]:
    del found
    yield from _note(
        "Code of a change runs in a sandbox. `required` makes a machine without one an error; "
        "bubblewrap is the best one "
        "(apt-get install bubblewrap)."
    )
    yield from _commented(["[isolation]", _key("mode", "required")])
