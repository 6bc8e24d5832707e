"""Adopting the gate: three kinds of project from nothing to a gated change, and what init must refuse."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import guardrails
from guardrails import config
from guardrails.analysis.debts import PATH, parse
from tests.adopted_projects import KINDS, LIBRARY, NOTEBOOKS
from tests.git_repositories import Repo, fingerprint

ROOT = Path(guardrails.__file__).parents[1]


@dataclass(frozen=True)
class Adopter:
    """Someone with a repository and a cache of their own, who runs the program as a process."""

    repo: Repo
    home: Path

    def run(self, *arguments: str, cwd: Path | None = None) -> "subprocess.CompletedProcess[str]":
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "GUARDRAILS_CACHE": str(self.home / "cache"),
            "PYTHONPATH": str(ROOT),
            "LC_ALL": "C.UTF-8",
        }
        return subprocess.run(
            [sys.executable, "-P", "-m", "guardrails", *arguments],
            cwd=cwd or self.repo.root,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def files(self) -> dict[str, str]:
        """Every file of the work tree and its content, git's own apart."""
        return {name: what for name, what in fingerprint(self.repo.root).items() if not name.startswith(".git/")}


def adopter(tmp_path: Path, files: dict[str, str], *, branch: str = "main") -> Adopter:
    repo = Repo(tmp_path / "their repo")
    repo.root.mkdir()
    repo.git("init", "--quiet", f"--initial-branch={branch}", "--template=")
    if files:
        repo.commit(files, "first")
    home = tmp_path / "home"
    home.mkdir()
    return Adopter(repo, home)


@pytest.mark.slow
@pytest.mark.parametrize("name", KINDS)
def test_from_nothing_to_a_gated_change(tmp_path: Path, name: str) -> None:
    kind = KINDS[name]
    them = adopter(tmp_path, dict(kind.files))
    before = them.files()
    done = them.run("init")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "First verdict" in done.stdout
    assert "REVIEW" in done.stdout
    after = them.files()
    assert {path: after[path] for path in before} == before
    config.parse((them.repo.root / "guardrails.toml").read_text(), "x")
    assert (them.repo.root / kind.workflow).is_file()
    assert kind.debts in (them.repo.root / PATH).read_text()

    them.repo.commit(message="adopt")
    again = them.run("init", "--profile", "fast")
    assert again.returncode in {0, 3}, again.stdout
    assert them.files() == after
    assert "nothing was to be written" in again.stdout

    for change, status in ((kind.good, 0), (kind.bad, 1)):
        them.repo.git("checkout", "--quiet", "-B", "feature", "main")
        them.repo.commit(change, "change")
        judged = them.run("check", "--format", "json")
        rules = {f["rule"] for gate in json.loads(judged.stdout)["gates"] for f in gate["findings"]}
        assert judged.returncode == status, judged.stdout + judged.stderr
        assert (kind.rule in rules) is (status == 1)


@pytest.mark.slow
def test_debts_stop_nobody_and_only_shrink(tmp_path: Path) -> None:
    them = adopter(tmp_path, dict(LIBRARY))
    assert them.run("init").returncode == 0
    record = parse((them.repo.root / PATH).read_text())
    assert record.lint == {"F401": 1}
    assert record.types == {"no-untyped-def": 1}
    assert record.layers == {"tally: imports go down": 1}
    assert record.tests.failing == ("tests/test_counts.py::test_that_was_broken_before",)
    assert record.tests.skipped == ("tests/test_counts.py::test_that_nobody_runs",)
    them.repo.commit(message="adopt")

    paid = LIBRARY["src/tally/counts.py"].replace("import os\n", "") + "\n\ndef untyped(x):\n    return x\n"
    them.repo.commit({"src/tally/counts.py": paid}, "pay one, make one")
    done = them.run("init", "--update-debts")
    assert done.returncode == 1, done.stderr
    assert "types: no-untyped-def goes from 1 to 2" in done.stdout
    lowered = parse((them.repo.root / PATH).read_text())
    assert (lowered.lint, lowered.types) == ({}, {"no-untyped-def": 1})

    them.repo.commit(message="lower")
    them.repo.branch("excuse")
    text = (them.repo.root / PATH).read_text().replace('"no-untyped-def" = 1', '"no-untyped-def" = 2')
    them.repo.commit({PATH: text}, "excuse")
    judged = them.run("check", "--profile", "fast")
    assert judged.returncode == 3
    assert "tampering/debt-grown" in judged.stdout


@pytest.mark.slow
def test_what_is_there_is_left_alone_and_what_would_be_written_is_said(tmp_path: Path) -> None:
    them = adopter(tmp_path, {**NOTEBOOKS, "guardrails.toml": "schema = 1\n", ".github/workflows/gate.yml": "mine\n"})
    before = them.files()
    dry = them.run("init", "--dry-run")
    assert dry.returncode == 0, dry.stderr
    assert them.files() == before
    assert "guardrails.toml: left alone, it exists" in dry.stdout
    assert "# Notebooks hold their outputs" in dry.stdout
    done = them.run("init", "--profile", "fast", cwd=them.repo.root / "scripts")
    assert done.returncode == 0, done.stdout + done.stderr
    after = them.files()
    assert {path: after[path] for path in before} == before
    assert {".guardrails/debts.toml", ".github/workflows/comment.yml"} <= set(after) - set(before)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "has no commit yet"),
        ({"README.md": "text\n"}, "has no Python file"),
        ({**NOTEBOOKS, "guardrails.toml": "schema = 1\n[scpe]\n"}, "Did you mean 'scope'"),
        ({**NOTEBOOKS, "guardrails.toml": b"\xff\xfe"}, "UTF-8"),
        ({**NOTEBOOKS, ".github": "a file\n"}, "is not a directory"),
        ({**NOTEBOOKS, PATH: "schema = ["}, "is not TOML"),
    ],
)
def test_what_cannot_be_adopted_is_said_and_loses_nothing(tmp_path: Path, files: dict[str, str], words: str) -> None:
    them = adopter(tmp_path, files)
    before = them.files()
    done = them.run("init")
    assert done.returncode == 2, done.stdout
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert them.files() == before


@pytest.mark.slow
def test_no_repository_a_bare_clone_and_a_link_that_leads_out(tmp_path: Path) -> None:
    them = adopter(tmp_path, dict(NOTEBOOKS))
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "not in a git repository" in them.run("init", cwd=empty).stderr
    them.repo.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare"))
    done = them.run("init", "--repo", str(tmp_path / "bare"))
    assert (done.returncode, "bare clone" in done.stderr) == (2, True)
    (them.repo.root / ".github").symlink_to(empty)
    done = them.run("init")
    assert (done.returncode, "leads out of the repository" in done.stderr) == (2, True)
    assert list(empty.iterdir()) == []
    assert "guardrails.toml" not in them.files()


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere; run this as another user")
def test_a_directory_that_cannot_be_written_is_said_before_anything_is_done(tmp_path: Path) -> None:
    them = adopter(tmp_path, dict(NOTEBOOKS))
    before = them.files()
    them.repo.root.chmod(0o555)
    try:
        done = them.run("init")
    finally:
        them.repo.root.chmod(0o755)
    assert (done.returncode, "cannot be written" in done.stderr) == (2, True)
    assert them.files() == before


@pytest.mark.slow
def test_a_suite_that_does_not_run_is_said_and_a_conflict_stops_everything(tmp_path: Path) -> None:
    them = adopter(tmp_path, {"a.py": "x = 1\n", "tests/test_a.py": "import no_such_module_anywhere\n"})
    done = them.run("init")
    assert done.returncode == 2, done.stdout
    assert "no test of tests ran" in done.stdout
    assert parse((them.repo.root / PATH).read_text()).tests.failing == ("tests/test_a.py",)
    them.repo.commit(message="adopt")
    them.repo.branch("other")
    them.repo.commit({"a.py": "x = 2\n"})
    them.repo.git("checkout", "--quiet", "main")
    them.repo.commit({"a.py": "x = 3\n"})
    them.repo.git("merge", "other", check=False)
    done = them.run("init")
    assert (done.returncode, "has conflicts" in done.stderr) == (2, True)


@pytest.mark.slow
def test_a_branch_of_another_name_and_uncommitted_work(tmp_path: Path) -> None:
    them = adopter(tmp_path, dict(NOTEBOOKS), branch="trunk")
    them.repo.write({"clean.py": NOTEBOOKS["clean.py"] + "\n\nX = 1\n"})
    done = them.run("init", "--profile", "fast", "--forge", "github", "--agent", "claude-code")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 paths are not committed" in done.stdout
    assert config.parse((them.repo.root / "guardrails.toml").read_text(), "x").default_branch == "trunk"
    assert (them.repo.root / ".claude/settings.json").is_file()
    assert "branches: [trunk]" in (them.repo.root / ".github/workflows/gate.yml").read_text()
