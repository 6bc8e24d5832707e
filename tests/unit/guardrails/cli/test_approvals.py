"""A review, an approval, and the next check: with git, keys and the engine for real."""

import os
import shutil
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from guardrails.adapters.changes import Wanted
from guardrails.adapters.terminal import Quiet
from guardrails.cli.approvals import ApproveOptions, approve, directory_of
from guardrails.cli.engine import Engine
from guardrails.cli.main import main
from guardrails.cli.options import CheckOptions
from guardrails.errors import ConfigurationError, UsageError
from guardrails.gates.scope import ScopeGate
from guardrails.model.finding import Severity
from guardrails.model.fingerprint import fingerprint
from guardrails.model.result import VerdictKind
from guardrails.model.verdict import Verdict
from guardrails.report import as_json
from tests.approval_samples import Person, person
from tests.git_repositories import Repo, new_repo

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="needs ssh-keygen: install openssh-client")
POLICY = 'schema = 1\n[approvals]\nallowed_signers = "signers"\nagents = ["bot@example.org"]\n'


@pytest.fixture
def ann(tmp_path: Path) -> Person:
    return person(tmp_path, "ann@example.org")


@pytest.fixture
def repo(tmp_path: Path, ann: Person) -> Repo:
    """A change to a protected file, which asks for a person."""
    bot = person(tmp_path, "bot@example.org")
    base = {
        "guardrails.toml": POLICY,
        "signers": ann.line + bot.line,
        "Makefile": "a:\n",
        "CODEOWNERS": "* @org/owners\n",
    }
    repo = new_repo(tmp_path / "repo", base)
    repo.branch("feature")
    repo.commit({"Makefile": "b:\n"})
    return repo


@pytest.fixture
def check(repo: Repo, tmp_path: Path) -> Callable[..., Verdict]:
    engine = Engine([ScopeGate()], os.environ, lambda _: nullcontext(Quiet()), own_judge=True, cache=tmp_path / "cache")
    return lambda approvals=None: engine.check(CheckOptions(repo.root, Wanted("main", "feature"), approvals=approvals))


def asked(repo: Repo, verdict: Verdict, key: Path, **changes: object) -> ApproveOptions:
    source = repo.root.parent / "verdict.json"
    source.write_text(as_json.render(verdict))
    name = fingerprint(verdict.findings[0])[:8]
    options = ApproveOptions(name, "As agreed.", key, "ann@example.org", source, repository=repo.root)
    return replace(options, **changes)  # type: ignore[arg-type]


def test_a_review_is_approved_and_the_next_check_passes_until_the_change_moves(
    repo: Repo, check: Callable[..., Verdict], ann: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    verdict = check()
    assert verdict.kind is VerdictKind.REVIEW
    assert verdict.findings[0].deciders == ("@org/owners",)
    assert approve(asked(repo, verdict, ann.key)) == 0
    assert "scope/protected-path" in capsys.readouterr().out
    again = check()
    assert again.kind is VerdictKind.PASS
    assert again.findings[0].severity is Severity.NOTE
    assert "Approved by ann@example.org" in again.findings[0].why
    assert again.findings[0].approved_by == "ann@example.org"
    assert again.approvers == ("ann@example.org",)
    repo.commit({"Makefile": "c:\n"})
    moved = check()
    assert moved.kind is VerdictKind.REVIEW
    assert [f.rule for f in moved.findings] == ["scope/protected-path", "approvals/moved"]


def test_an_agent_does_not_get_through(repo: Repo, check: Callable[..., Verdict], tmp_path: Path) -> None:
    bot = person(tmp_path, "bot@example.org")
    approve(asked(repo, check(), bot.key))
    assert [f.rule for f in check().findings] == ["approvals/agent", "scope/protected-path"]
    assert check().kind is VerdictKind.BLOCK


def test_a_signer_whom_only_the_head_names_is_nobody(repo: Repo, check: Callable[..., Verdict], tmp_path: Path) -> None:
    eve = person(tmp_path, "eve@example.org")
    repo.commit({"signers": eve.line})
    with pytest.raises(UsageError, match=r"eve@example.org is not among those who may approve: ann@example.org\."):
        approve(asked(repo, check(), eve.key, by="eve@example.org"))
    approve(asked(repo, replace(check(), approvers=None), eve.key, by="eve@example.org"))
    assert "approvals/foreign" in [f.rule for f in check().findings]
    assert "signers" in [f.path for f in check().findings if f.rule == "scope/protected-path"]
    assert check().kind is VerdictKind.REVIEW


def test_approvals_may_lie_elsewhere(repo: Repo, check: Callable[..., Verdict], ann: Person, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    approve(asked(repo, check(), ann.key, directory=elsewhere))
    assert check().kind is VerdictKind.REVIEW
    assert check(elsewhere).kind is VerdictKind.PASS
    with pytest.raises(UsageError, match=r"--approvals .*cannot be read"):
        check(tmp_path / "absent")
    (link,) = elsewhere.iterdir()
    link.replace(tmp_path / "real.json")
    link.symlink_to(tmp_path / "real.json")
    (elsewhere / "large.json").write_bytes(b" " * 100_000)
    assert check(elsewhere).kind is VerdictKind.REVIEW


def test_without_allowed_signers_an_approval_counts_for_nothing_and_that_is_said(
    repo: Repo, check: Callable[..., Verdict], ann: Person
) -> None:
    approve(asked(repo, check(), ann.key))
    repo.git("checkout", "--quiet", "main")
    repo.commit({"guardrails.toml": "schema = 1\n"})
    repo.git("checkout", "--quiet", "-B", "feature")
    repo.commit({"Makefile": "b:\n"})
    verdict = check()
    assert verdict.kind is VerdictKind.REVIEW
    assert any("count for nothing" in note for note in verdict.notes)
    assert verdict.approvers == ()
    with pytest.raises(UsageError, match="nobody can approve"):
        approve(asked(repo, verdict, ann.key))


def test_a_file_that_is_no_approval_is_named(repo: Repo, check: Callable[..., Verdict], tmp_path: Path) -> None:
    for name, text in (("a", "{"), ("b", '{"approval": "{}", "signature": ""}')):
        (tmp_path / f"{name}.json").write_text(text)
    (note,) = [note for note in check(tmp_path).notes if "approvals" in note]
    assert note == "Among the approvals, 2 cannot be read as one and count for nothing: a.json, b.json."
    assert not [note for note in check().notes if "approvals" in note]


def test_what_cannot_be_approved_is_refused_in_words(repo: Repo, check: Callable[..., Verdict], ann: Person) -> None:
    verdict = check()
    options = asked(repo, verdict, ann.key)
    found = verdict.findings[0]
    for changes, said in (
        ({"finding": "ffffffff"}, "names 0 finding"),
        ({"finding": options.finding[:3]}, "names no finding"),
        ({"reason": " "}, "--reason is empty"),
        ({"key": repo.root / "CODEOWNERS"}, "ssh-keygen does not sign"),
        ({"days": 0}, "--days is 0"),
        ({"source": repo.root / "none.json"}, "cannot be read"),
    ):
        with pytest.raises(UsageError, match=said):
            approve(replace(options, **changes))  # type: ignore[arg-type]
    for severity, said in ((Severity.BLOCK, "nobody can approve that away"), (Severity.NOTE, "needs no approval")):
        other = replace(verdict.results[0], findings=(replace(found, severity=severity),))
        with pytest.raises(UsageError, match=said):
            approve(asked(repo, replace(verdict, results=(other,)), ann.key))
    other = replace(verdict.results[0], findings=(replace(found, rule="approvals/foreign"),))
    with pytest.raises(UsageError, match="is about an approval"):
        approve(asked(repo, replace(verdict, results=(other,)), ann.key))
    assert not directory_of(repo.root / ".git").exists()


def test_an_allowed_signers_file_that_is_not_there_is_a_wrong_policy(tmp_path: Path) -> None:
    repo = new_repo(tmp_path / "other", {"guardrails.toml": POLICY, "a.py": "1\n"})
    repo.branch("feature")
    repo.commit({"a.py": "2\n"})
    engine = Engine([ScopeGate()], os.environ, lambda _: nullcontext(Quiet()), own_judge=True, cache=tmp_path / "cache")
    with pytest.raises(ConfigurationError, match="the base has no such file"):
        engine.check(CheckOptions(repo.root, Wanted("main", "feature")))


def test_the_command_line_approves(repo: Repo, check: Callable[..., Verdict], ann: Person, tmp_path: Path) -> None:
    options = asked(repo, check(), ann.key)
    place = ["--from", str(options.source), "--repo", str(repo.root), "--approvals", str(tmp_path / "kept")]
    words = ["approve", options.finding, "--reason", "As agreed.", "--key", str(ann.key), "--days", "2", *place]
    assert main([*words, "--by", "ann@example.org"]) == 0
    assert check(tmp_path / "kept").kind is VerdictKind.PASS
    assert main([*words, "--reason", ""]) == 2
