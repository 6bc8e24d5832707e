"""The program as its users start it: exit statuses, words, files, and a repository that stays as it was."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

import guardrails
from guardrails.cli.main import main
from tests.git_repositories import Repo, fingerprint, new_repo
from tests.sandboxes import alive

ROOT = Path(guardrails.__file__).parents[1]
STATIC = ("--only", "scope,lint")


@dataclass(frozen=True)
class Done:
    """A run that ended."""

    returncode: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Program:
    """`guardrails`, run in a repository with a cache and a temporary directory of its own."""

    repo: Repo
    home: Path
    capsys: pytest.CaptureFixture[str]

    @property
    def environment(self) -> dict[str, str]:
        """What a process of its own is started with."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "TMPDIR": str(self.home / "tmp"),
            "GUARDRAILS_CACHE": str(self.home / "cache"),
            "PYTHONPATH": str(ROOT),
        }

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start it in a process of its own, and do not wait."""
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "guardrails", *arguments],
            cwd=self.repo.root,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> Done:
        """Run it here; the repository and the temporary directory are as they were."""
        before = fingerprint(self.repo.root)
        self.capsys.readouterr()
        try:
            status = main(arguments)
        except SystemExit as ended:
            status = int(ended.code or 0)
        assert fingerprint(self.repo.root) == before
        assert self.left_behind() == []
        return Done(status, *self.capsys.readouterr())

    def left_behind(self) -> list[str]:
        """What is in the temporary directory and in the private part of the cache."""
        places = [self.home / "tmp", *(self.home / "cache").glob("*/scratch")]
        return [str(path) for place in places for path in place.iterdir()]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Program:
    """The program in a repository with a policy, on the branch `feature` with nothing done yet."""
    home = tmp_path / "home"
    (home / "tmp").mkdir(parents=True)
    repo = new_repo(tmp_path / "my repo ä", {"guardrails.toml": "schema = 1\n", "shop/rank.py": "LIMIT = 1\n"})
    repo.branch("feature")
    monkeypatch.chdir(repo.root)
    monkeypatch.setenv("GUARDRAILS_CACHE", str(home / "cache"))
    monkeypatch.setattr(tempfile, "tempdir", str(home / "tmp"))
    return Program(repo, home, capsys)


def eventually(true: Callable[[], bool]) -> bool:
    """Whether something comes true within a generous time."""
    until = time.monotonic() + 60
    while not true():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def test_a_good_change_passes_with_exit_status_0(program: Program) -> None:
    program.repo.commit({"shop/rank.py": "LIMIT = 2\n"})
    done = program.run("check", *STATIC)
    assert done.returncode == 0, done.stderr + done.stdout
    assert done.stdout.startswith("PASS")
    assert "scope" in done.stderr
    assert "\x1b" not in done.stdout + done.stderr


def test_a_bad_change_is_blocked_with_exit_status_1(program: Program) -> None:
    program.repo.commit({"shop/rank.py": "LIMIT = undefined_name\n"})
    done = program.run("check", *STATIC)
    assert done.returncode == 1, done.stderr + done.stdout
    assert "lint/violation" in done.stdout


def test_a_change_that_a_person_must_see_is_exit_status_3(program: Program) -> None:
    program.repo.commit({"guardrails.toml": "schema = 1\n[scope]\nmax_files = 9\n"})
    done = program.run("check", *STATIC)
    assert done.returncode == 3, done.stderr + done.stdout
    assert "scope/protected-path" in done.stdout


def test_a_check_in_which_nothing_is_checked_is_exit_status_2(program: Program) -> None:
    program.repo.commit({"shop/rank.py": "LIMIT = 2\n"})
    done = program.run("check", "--only", "scope", "--skip", "scope")
    assert done.returncode == 2
    assert "nothing was checked" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["check"], "nothing to judge"),
        (["check", "--base", "nowhere"], "names no commit"),
        (["check", "--only", "scoop"], "Did you mean 'scope'"),
        (["check", "--repo", "/"], "is not in a git repository"),
        (["check", "--jobs", "0"], "at least 1"),
        (["explain", "lint/violatoin"], "Did you mean lint/violation"),
        (["probe", "scoop"], "Did you mean 'scope'"),
        (["report", "--from", "absent.json"], "absent.json cannot be read"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_use_is_exit_status_2_with_words(program: Program, arguments: list[str], words: str) -> None:
    done = program.run(*arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_policy_with_a_typo_at_the_base_judges_nothing(program: Program) -> None:
    program.repo.git("checkout", "--quiet", "main")
    program.repo.commit({"guardrails.toml": "schema = 1\n[scope]\nmax_filse = 3\n"})
    program.repo.commit({"shop/rank.py": "LIMIT = 2\n"})
    done = program.run("check", "--newest", *STATIC)
    assert done.returncode == 2
    assert "unknown key 'scope.max_filse'. Did you mean 'scope.max_files'?" in done.stderr


def test_a_policy_with_a_typo_in_the_head_blocks(program: Program) -> None:
    program.repo.commit({"guardrails.toml": "schema = 1\n[scope]\nmax_filse = 3\n"})
    done = program.run("check", *STATIC)
    assert done.returncode == 1, done.stdout
    assert "scope/policy-unreadable" in done.stdout


def test_a_head_cannot_loosen_the_policy_that_judges_it(program: Program) -> None:
    program.repo.git("checkout", "--quiet", "main")
    program.repo.commit({"guardrails.toml": "schema = 1\n[scope]\nmax_lines = 3\n"})
    program.repo.branch("greedy")
    policy = "schema = 1\n[scope]\nmax_lines = 9999\nprotected = []\n"
    program.repo.commit({"guardrails.toml": policy, "shop/more.py": "X = 1\n" * 50})
    done = program.run("check", "--only", "scope", "--format", "json")
    rules = {finding["rule"] for finding in json.loads(done.stdout)["gates"][0]["findings"]}
    assert {"scope/too-large", "scope/protected-path"} <= rules


def test_a_dirty_work_tree_is_judged_and_left_as_it_is(program: Program) -> None:
    repo = program.repo
    repo.commit({"kept.py": "A = 1\n"})
    repo.write({"kept.py": "A = 2\n"})
    repo.git("stash")
    repo.write({"shop/rank.py": "LIMIT = 2\n", "naïve name.py": "B = 1\n", "staged.py": "C = 1\n"})
    repo.git("add", "staged.py")
    repo.write({"staged.py": "C = 2\n"})
    state = repo.git("status", "--porcelain"), repo.git("stash", "list"), repo.git("for-each-ref")
    done = program.run("check", "--format", "json", *STATIC)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["uncommitted"], found["head"]["commit"]) == (True, None)
    assert any("uncommitted work on feature" in note for note in found["notes"])
    assert (repo.git("status", "--porcelain"), repo.git("stash", "list"), repo.git("for-each-ref")) == state
    assert repo.git("worktree", "list").count("\n") == 0


def test_the_reports_are_written_and_the_command_in_them_repeats_the_check(program: Program, tmp_path: Path) -> None:
    program.repo.commit({"shop/rank.py": "LIMIT = 2\n"})
    out = tmp_path / "new" / "out"
    done = program.run("check", "--output", str(out), *STATIC)
    assert done.returncode == 0
    names = {"verdict.json", "report.md", "report.html", "report.sarif", "junit.xml", "evidence.json", ".gitignore"}
    assert {path.name for path in out.iterdir()} == names
    first = json.loads((out / "verdict.json").read_text())
    again = program.run(*first["command"].split()[1:], "--format", "json")
    second = json.loads(again.stdout)
    assert {key: first[key] for key in ("verdict", "policy_digest", "command", "size")} == {
        key: second[key] for key in ("verdict", "policy_digest", "command", "size")
    }
    told = program.run("report", "--from", str(out / "verdict.json"), "--format", "markdown")
    assert told.returncode == 0
    assert told.stdout == (out / "report.md").read_text()


def test_a_check_that_cannot_begin_still_answers_a_machine(program: Program, tmp_path: Path) -> None:
    done = program.run("check", "--base", "nowhere", "--format", "json", "--output", str(tmp_path / "out"))
    assert done.returncode == 2
    found = json.loads(done.stdout)
    assert (found["verdict"], found["base"]) == ("error", None)
    assert "names no commit" in found["error"]
    assert json.loads((tmp_path / "out" / "verdict.json").read_text()) == found


def test_a_directory_that_cannot_be_written_is_known_before_the_gates_run(program: Program) -> None:
    program.repo.commit({"shop/rank.py": "LIMIT = 2\n"})
    done = program.run("check", "--output", "/dev/null/out", *STATIC)
    assert done.returncode == 2
    assert "--output /dev/null/out cannot be written: Not a directory" in done.stderr
    assert "scope" not in done.stderr


def test_without_git_it_says_what_to_install(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    done = program.run("check")
    assert done.returncode == 2
    assert "Install git" in done.stderr


def test_a_cache_that_cannot_be_written_only_makes_it_slower(program: Program) -> None:
    program.repo.commit({"shop/rank.py": "LIMIT = 2\n"})
    (program.home / "cache").write_text("in the way")
    done = program.run("check", "--format", "json", *STATIC)
    assert done.returncode == 0, done.stderr
    assert any("No cache is kept" in note for note in json.loads(done.stdout)["notes"])


def test_two_checks_at_once_in_one_repository_do_not_disturb_each_other(program: Program) -> None:
    program.repo.commit({"shop/rank.py": "LIMIT = 2\n"})
    program.repo.write({"dirty.py": "D = 1\n"})
    before = fingerprint(program.repo.root)
    both = [program.start("check", "--format", "json", *STATIC) for _ in range(2)]
    answers = [process.communicate(timeout=300) for process in both]
    assert [process.returncode for process in both] == [0, 0], answers
    found = [json.loads(out) for out, _ in answers]
    assert found[0]["head"] == found[1]["head"]
    assert fingerprint(program.repo.root) == before
    assert program.left_behind() == []


HANGS = """
schema = 1
[load]
locustfile = "loadtests/locustfile.py"
prepare = ["sh", "-c", "sleep 600 {word} & wait"]
command = ["true"]
inputs = ["shop/**"]
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "terminate"])
def test_an_interruption_leaves_nothing_running_and_nothing_behind(program: Program, number: signal.Signals) -> None:
    # A second time to sleep, by which the program is known from outside its sandbox.
    repo, word = program.repo, f"0.{os.getpid()}{number:03}"
    repo.git("checkout", "--quiet", "main")
    base = {
        "guardrails.toml": HANGS.replace("{word}", word),
        "loadtests/locustfile.py": "",
        "loadtests/slo.toml": "",
    }
    repo.commit(base)
    repo.branch("slow")
    repo.commit({"shop/rank.py": "LIMIT = 2\n"})
    before = fingerprint(repo.root)
    process = program.start("check", "--only", "load")
    assert eventually(lambda: bool(alive(f"sleep\x00600\x00{word}")) or process.poll() is not None)
    assert process.poll() is None, process.communicate()
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 2, out + err
    assert "stopped" in err
    assert "Traceback" not in err
    assert eventually(lambda: not alive(word))
    assert program.left_behind() == []
    assert fingerprint(repo.root) == before


GATE = {
    "guardrails/__init__.py": "",
    "guardrails/gates/__init__.py": "",
    "guardrails/gates/registry.py": "",
    "guardrails/__main__.py": "import os, sys; print('BASE JUDGES', sys.argv[1:], os.environ['GUARDRAILS_JUDGE'])",
}


def test_a_change_to_the_gate_is_judged_by_the_bases_gate(program: Program) -> None:
    repo = program.repo
    repo.git("checkout", "--quiet", "main")
    repo.commit(GATE)
    repo.branch("lenient")
    repo.commit({"guardrails/__main__.py": "print('PASS')\n"})
    before = fingerprint(repo.root)
    process = program.start("check", "--only", "scope")
    out, err = process.communicate(timeout=300)
    tree = repo.git("rev-parse", "main^{tree}")
    assert out == f"BASE JUDGES ['check', '--only', 'scope'] {tree}\n"
    assert process.returncode == 0
    assert "the base's own gate judges" in err
    assert not [*(program.home / "cache").rglob("*.pyc")]
    assert fingerprint(repo.root) == before
    assert program.left_behind() == []


def test_the_same_gate_judges_at_once(program: Program) -> None:
    repo = program.repo
    repo.git("checkout", "--quiet", "main")
    shutil.copytree(ROOT / "guardrails", repo.root / "guardrails", ignore=shutil.ignore_patterns("__pycache__"))
    repo.commit()
    repo.branch("change")
    repo.commit({"guardrails/gates/registry.py": "GATES = ()\n"})
    done = program.run("check", "--only", "scope", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert "base's own gate" not in done.stderr


def test_a_reader_that_goes_away_is_no_fault(program: Program) -> None:
    program.repo.commit({"shop/rank.py": "LIMIT = 2\n"})
    command = f"'{sys.executable}' -P -m guardrails gates | true"
    done = subprocess.run(
        ["sh", "-c", command],
        env=program.environment,
        cwd=program.repo.root,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""


def test_the_gates_are_listed_and_a_rule_is_explained(program: Program) -> None:
    listed = program.run("gates")
    assert listed.returncode == 0
    assert listed.stdout.splitlines()[1].startswith("scope")
    explained = program.run("explain", "scope/too-large")
    assert explained.returncode == 0
    assert "Why:" in explained.stdout


def test_a_gate_proves_that_it_can_fail(program: Program) -> None:
    done = program.run("probe", "lint")
    assert done.returncode == 0, done.stdout
    assert "probes did what they must" in done.stdout
