"""`guardrails init`: look at a repository, write what adopts the gate there, and give a first verdict."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import guardrails
from guardrails import config
from guardrails.adapters.changes import Wanted
from guardrails.adapters.git import Repository, open_repository
from guardrails.adapters.terminal import progress
from guardrails.analysis import debts as records
from guardrails.cli import init_words as words
from guardrails.cli.adoption import workflows
from guardrails.cli.adoption.looking import Found, look
from guardrails.cli.adoption.policy_text import policy_text
from guardrails.cli.debts import count
from guardrails.cli.engine import Engine
from guardrails.cli.init_agents import agent_files
from guardrails.cli.init_files import Planned, planned, replace, require_writable, write
from guardrails.cli.options import CheckOptions, InitOptions, ReportOptions
from guardrails.cli.output import complain, publish, say
from guardrails.cli.site import BaseJudges
from guardrails.config import Policy
from guardrails.errors import ConfigurationError, JudgementError, RepositoryError, UsageError
from guardrails.gates.registry import GATES
from guardrails.model.result import VerdictKind
from guardrails.policy import FILE

_TEMPLATES = Path(__file__).with_name("templates")
_LARGEST = 2_000_000
"""Bytes of a file that is read to see what it is."""


@dataclass(frozen=True, slots=True)
class _Ground:
    """The repository that is looked at. `default` is empty where git knows the default branch by itself."""

    repository: Repository
    commit: str
    branch: str
    default: str
    found: Found
    dirty: int

    @property
    def root(self) -> Path:
        return self.repository.root


def run_init(options: InitOptions, environment: Mapping[str, str]) -> int:
    """Do it, and give the exit status: that of the first verdict, but 0 where a person must decide.

    Raises:
        GuardrailsError: there is nothing to adopt the gate in, or something is in the way. Nothing was written then.
    """
    ground = _look(options)
    if options.update_debts:
        return _update(ground, options, environment)
    say(words.found(str(ground.root), ground.found, ground.branch, ground.dirty))
    policy = _policy_file(ground)
    settings = _parsed(policy, ground)
    files = [policy, *_workflow_files(ground, options), *agent_files(ground.root, options.agents)]
    require_writable(ground.root)
    if options.dry_run:
        say(words.files(files, dry=True))
        say(words.DRY)
        return 0
    record, notes = _debts(ground, settings, options, environment)
    files.append(record)
    written = write(ground.root, files)
    say(words.files(files, dry=False))
    say(words.debts(records.parse((ground.root / records.PATH).read_text(encoding="utf-8")), notes))
    status = _verdict(ground, options, environment)
    say(words.next_steps(written, ground.branch, status))
    return status


def _look(options: InitOptions) -> _Ground:
    """What is there.

    Raises:
        RepositoryError: no repository, a bare one, or one without a commit.
        UsageError: it has no Python.
    """
    repository = open_repository(options.repository)
    if repository.bare:
        raise RepositoryError(
            f"{repository.root} is a bare clone and has no files to look at. Run this in a clone with a work tree."
        )
    git = repository.git
    status, output, _ = git.attempt("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    if status != 0:
        raise RepositoryError(f"{repository.root} has no commit yet. Commit a first state, then run this again.")
    if unmerged := _listed(git.run("diff", "--name-only", "--diff-filter=U", "-z")):
        raise RepositoryError(f"{unmerged[0]} has conflicts. Finish or abort the merge, then run this again.")
    paths = _listed(git.run("ls-files", "--cached", "--others", "--exclude-standard", "-z"))
    there = [path for path in dict.fromkeys(paths) if (repository.root / path).is_file()]
    found = look(there, lambda path: _read(repository.root / path))
    if not found.python_files and not found.notebooks:
        raise UsageError(f"{repository.root} has no Python file, so there is nothing that the gate could judge.")
    changed = _listed(git.run("status", "--porcelain=v1", "-z", "--no-renames"))
    branch = git.attempt("symbolic-ref", "--quiet", "--short", "HEAD")
    name = os.fsdecode(branch[1]).strip() if branch[0] == 0 else ""
    return _Ground(repository, output.decode().strip(), name, _default(repository, name), found, len(changed))


def _listed(output: bytes) -> list[str]:
    return [os.fsdecode(part) for part in output.split(b"\0") if part]


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8") if path.stat().st_size <= _LARGEST else None
    except (OSError, UnicodeDecodeError):
        return None


def _default(repository: Repository, branch: str) -> str:
    """The branch to name as the default one: empty where origin/HEAD, main or master says it."""
    git = repository.git
    if git.attempt("symbolic-ref", "--quiet", "refs/remotes/origin/HEAD")[0] == 0:
        return ""
    refs = (f"refs/{kind}/{name}" for kind in ("heads", "remotes/origin") for name in ("main", "master"))
    known = any(git.attempt("rev-parse", "--verify", "--quiet", ref)[0] == 0 for ref in refs)
    return "" if known else branch


def _target(ground: _Ground) -> str:
    """The branch that changes are merged into, for the workflow."""
    git = ground.repository.git
    status, output, _ = git.attempt("symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD")
    if status == 0:
        return os.fsdecode(output).strip().removeprefix("origin/")
    names = (name for name in ("main", "master") if git.attempt("rev-parse", "--verify", "--quiet", name)[0] == 0)
    return ground.default or next(names, "main")


def _policy_file(ground: _Ground) -> Planned:
    text = policy_text(ground.found, default_branch=ground.default)
    return planned(ground.root, FILE, text, "compare it with what --dry-run shows")


def _parsed(file: Planned, ground: _Ground) -> Policy:
    """The policy that will hold: the one that is there, or else the new one.

    Raises:
        ConfigurationError: the one that is there cannot be read.
    """
    if not file.kept:
        return config.parse(file.text, FILE)
    text = _read(ground.root / FILE)
    if text is None:
        raise ConfigurationError(f"{ground.root / FILE} is not a text file in UTF-8. Replace it, or move it away.")
    return config.parse(text, FILE)


def _workflow_files(ground: _Ground, options: InitOptions) -> list[Planned]:
    forge = options.forge or _forge(ground)
    files: list[Planned] = []
    if forge == "github":
        for name, path in workflows.GITHUB.items():
            text = workflows.github(
                _template(name), ground.found, version=guardrails.__version__, branch=_target(ground)
            )
            files.append(planned(ground.root, path, text, "compare it with what --dry-run shows"))
    if forge == "gitlab":
        for name, path in workflows.GITLAB.items():
            text = workflows.gitlab(_template(name), ground.found, version=guardrails.__version__)
            files.append(planned(ground.root, path, text, "compare it with what --dry-run shows"))
        hint = f"add to it:\n{workflows.INCLUDE}"
        files.append(planned(ground.root, workflows.GITLAB_MAIN, workflows.INCLUDE, hint))
    if ground.found.pre_commit:
        hint = f"add below `repos:`:\n{workflows.PRE_COMMIT}"
        files.append(planned(ground.root, ".pre-commit-config.yaml", "", hint))
    return files


def _forge(ground: _Ground) -> str:
    """By the files that are there, else by where origin lies, else GitHub."""
    known = [name for name in ground.found.forges if name != "other"]
    if known:
        return known[0]
    status, output, _ = ground.repository.git.attempt("config", "--get", "remote.origin.url")
    if status == 0 and "gitlab" in os.fsdecode(output):
        return "gitlab"
    return "none" if "other" in ground.found.forges else "github"


def _template(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def _debts(
    ground: _Ground, policy: Policy, options: InitOptions, environment: Mapping[str, str]
) -> tuple[Planned, tuple[str, ...]]:
    """The record of today's debts. One that is there is never raised, so nothing is counted then."""
    record = planned(ground.root, records.PATH, "", "guardrails init --update-debts lowers it")
    if record.kept:
        text = _read(ground.root / records.PATH)
        if text is None:
            raise ConfigurationError(f"{ground.root / records.PATH} is not a text file in UTF-8. Correct it.")
        records.parse(text)
        return record, ()
    complain("counting what stands here already (linters, types, layers, tests) ...")
    counted = count(ground.repository, ground.commit, policy, ground.found, environment, tests=options.tests)
    return planned(ground.root, records.PATH, records.render(counted.debts)), counted.notes


def _update(ground: _Ground, options: InitOptions, environment: Mapping[str, str]) -> int:
    """Lower the record to what is left. 1 where something stands that is not in it: that is never added.

    Raises:
        UsageError: there is no record.
        JudgementError: a part could not be counted; the record is as it was.
    """
    place = ground.root / records.PATH
    text = _read(place)
    if text is None:
        raise UsageError(f"{place} is not there, so there is nothing to lower. guardrails init writes it.")
    recorded = records.parse(text)
    policy = _parsed(_policy_file(ground), ground)
    counted = count(ground.repository, ground.commit, policy, ground.found, environment, tests=options.tests)
    if counted.notes:
        raise JudgementError(f"{'; '.join(counted.notes)}. {records.PATH} is as it was.")
    measured = counted.debts if options.tests else records.with_tests(counted.debts, recorded)
    lower = records.lowered(recorded, measured)
    grown = list(records.growth(recorded, measured))
    if lower != recorded and not options.dry_run:
        replace(ground.root, records.PATH, records.render(lower))
    say(words.update(recorded, lower, grown, dry=options.dry_run))
    return 1 if grown else 0


def _verdict(ground: _Ground, options: InitOptions, environment: Mapping[str, str]) -> int:
    """Judge what init wrote, or the newest commit where it wrote nothing, and print the verdict."""
    engine = Engine(GATES, environment, lambda names: progress(sys.stderr, names))
    git = ground.repository.git
    dirty = bool(git.run("status", "--porcelain=v1", "-z"))
    wanted = Wanted(base="HEAD") if dirty else Wanted(newest=True)
    say(words.FIRST if dirty else words.NEWEST)
    try:
        verdict = engine.check(CheckOptions(ground.root, wanted, profile=options.profile, adopting=True))
    except BaseJudges:
        say("This repository holds the gate itself, so its own gate judges: guardrails check --newest")
        return 0
    except RepositoryError as error:
        say(f"nothing to judge yet: {error}")
        return 0
    publish(verdict, ReportOptions(), environment)
    return 0 if verdict.kind is VerdictKind.REVIEW else verdict.exit_code
