"""What a merge queue asks of evidence, with a repository and keys for real."""

import base64
import json
import os
import shutil
import subprocess
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from guardrails.adapters import signing
from guardrails.adapters.changes import Wanted
from guardrails.adapters.terminal import Quiet
from guardrails.cli.engine import Engine
from guardrails.cli.evidence import EvidenceOptions, sign_evidence, verify_evidence
from guardrails.cli.main import main
from guardrails.cli.options import CheckOptions
from guardrails.errors import JudgementError, UsageError
from guardrails.gates.scope import ScopeGate
from guardrails.model.change import Snapshot
from guardrails.model.verdict import Verdict
from guardrails.report import evidence
from tests.git_repositories import Repo, new_repo
from tests.verdict_samples import blocking, deciding, passing

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="needs ssh-keygen: install openssh-client")


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    repo = new_repo(tmp_path / "repo", {"a.py": "1\n"})
    repo.branch("feature")
    repo.commit({"a.py": "2\n"})
    return repo


def tree(repo: Repo, ref: str) -> str:
    return repo.git("rev-parse", f"{ref}^{{tree}}").strip()


def written(repo: Repo, verdict: Verdict, *, profile: str = "pr") -> Path:
    """Evidence of a verdict on the branch `feature` of the repository."""
    head, base = Snapshot("feature", None, tree(repo, "feature")), Snapshot("main", None, tree(repo, "main"))
    path = repo.root.parent / "evidence.json"
    path.write_text(evidence.render(replace(verdict, head=head, base=base, profile=profile)))
    return path


def keys(directory: Path, name: str = "key") -> tuple[Path, Path]:
    path = directory / name
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)
    return path, path.with_suffix(".pub")


def signed(path: Path, key: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    capsys.readouterr()
    assert sign_evidence(path, key) == 0
    envelope = path.with_name("signed.json")
    envelope.write_text(capsys.readouterr().out)
    return envelope


def test_good_evidence_gives_the_verdicts_status(repo: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    for verdict, status in ((passing(), 0), (deciding(), 3), (blocking(), 1)):
        options = EvidenceOptions(written(repo, verdict), head="feature", base="main", repository=repo.root)
        assert verify_evidence(options) == status
    shown = capsys.readouterr()
    assert "pass: evidence on the tree" in shown.out
    assert "no --key is given" in shown.err


def test_evidence_for_another_tree_is_refused(repo: Repo) -> None:
    path = written(repo, passing())
    with pytest.raises(JudgementError, match="evidence for another head"):
        verify_evidence(EvidenceOptions(path, head="main", repository=repo.root))
    with pytest.raises(JudgementError, match="evidence for another base"):
        verify_evidence(EvidenceOptions(path, head="feature", base="feature", repository=repo.root))
    repo.commit({"a.py": "3\n"})
    with pytest.raises(JudgementError, match="Judge HEAD"):
        verify_evidence(EvidenceOptions(path, repository=repo.root))
    with pytest.raises(UsageError, match="not a commit"):
        verify_evidence(EvidenceOptions(path, head="--all", repository=repo.root))


def test_less_than_the_profile_is_refused(repo: Repo) -> None:
    for profile in ("fast", "", "none such"):
        path = written(repo, passing(), profile=profile)
        with pytest.raises(JudgementError, match="is asked for"):
            verify_evidence(EvidenceOptions(path, head="feature", repository=repo.root))
    path = written(repo, passing(), profile="release")
    assert verify_evidence(EvidenceOptions(path, head="feature", repository=repo.root)) == 0


def test_a_signature_holds_for_its_key_alone(repo: Repo, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    private, public = keys(tmp_path)
    bare = written(repo, passing())
    envelope = signed(bare, private, capsys)
    options = EvidenceOptions(envelope, public, "feature", repository=repo.root)
    assert verify_evidence(options) == 0
    assert "no --key" not in capsys.readouterr().err
    with pytest.raises(JudgementError, match="not signed by"):
        verify_evidence(replace(options, key=keys(tmp_path, "other")[1]))
    with pytest.raises(JudgementError, match="is not signed, and --key asks"):
        verify_evidence(replace(options, source=bare))


def test_a_changed_payload_or_signature_is_refused(
    repo: Repo, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    private, public = keys(tmp_path)
    bad = signed(written(repo, blocking()), private, capsys)
    data = json.loads(bad.read_text())
    good = written(repo, passing()).read_bytes()
    bad.write_text(json.dumps(data | {"payload": base64.b64encode(good).decode()}))
    options = EvidenceOptions(bad, public, "feature", repository=repo.root)
    with pytest.raises(JudgementError, match="not signed by"):
        verify_evidence(options)
    for broken in (
        {"payloadType": "text/plain"},
        {"payload": "%%%"},
        {"payload": 3},
        {"signatures": [{}]},
        {"signatures": None},
        {"signatures": [{"sig": "é"}]},
    ):
        bad.write_text(json.dumps(data | broken))
        with pytest.raises(UsageError):
            verify_evidence(options)


def test_keys_of_another_kind_and_absent_ones_are_refused_in_words(repo: Repo, tmp_path: Path) -> None:
    path = written(repo, passing())
    rsa = tmp_path / "rsa"
    subprocess.run(["ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", rsa], check=True)
    for key, said in ((rsa, "not Ed25519"), (path, "cannot be read"), (tmp_path / "none", "cannot be read")):
        with pytest.raises(UsageError, match=said):
            sign_evidence(path, key)
    with pytest.raises(UsageError, match="not Ed25519"):
        signing.is_signed(b"", (), rsa.with_suffix(".pub").read_bytes())
    empty = b"-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----"
    for content in (b"### PASS: a page", b"ssh-ed25519 AAAA", b"", b"\0", empty):
        with pytest.raises(UsageError, match="public key cannot be read"):
            signing.is_signed(b"", (), content)


@pytest.mark.parametrize("part", [0.0, 0.3, 0.7, 0.99])
def test_a_file_that_was_cut_off_is_no_evidence(
    part: float, repo: Repo, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    private, public = keys(tmp_path)
    bare = written(repo, passing())
    for path, key in ((signed(bare, private, capsys), public), (bare, None)):
        whole = path.read_bytes()
        path.write_bytes(whole[: int(part * len(whole))])
        with pytest.raises(UsageError, match="neither a statement nor an envelope"):
            verify_evidence(EvidenceOptions(path, key, "feature", repository=repo.root))


def test_the_same_trees_give_the_same_statement(repo: Repo, tmp_path: Path) -> None:
    made = []
    for name in ("a", "b"):
        engine = Engine(
            [ScopeGate()], os.environ, lambda _: nullcontext(Quiet()), own_judge=True, cache=tmp_path / name
        )
        verdict = engine.check(CheckOptions(repo.root, Wanted("main", "feature")))
        made.append((evidence.render(verdict), verdict.command))
    assert made[0][0] == made[1][0]
    assert made[0][1] != made[1][1], "seeds differ, and do not stand in it"


def test_what_is_signed_is_the_encoding_of_dsse(tmp_path: Path) -> None:
    private, _ = keys(tmp_path)
    envelope = json.loads(signing.sign(b"hello", private.read_bytes()))
    from cryptography.hazmat.primitives.serialization import load_ssh_private_key

    key = load_ssh_private_key(private.read_bytes(), None)
    expected = key.sign(b"DSSEv1 28 application/vnd.in-toto+json 5 hello")  # type: ignore[union-attr, call-arg]
    assert envelope["signatures"][0]["sig"] == base64.b64encode(expected).decode()


def test_the_command_line_says_it_by_its_status(repo: Repo, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    private, public = keys(tmp_path)
    path = written(repo, passing())
    assert main(["sign-evidence", str(path), "--key", str(private)]) == 0
    envelope = tmp_path / "signed.json"
    envelope.write_text(capsys.readouterr().out)
    asked = ["verify-evidence", str(envelope), "--key", str(public), "--repo", str(repo.root)]
    assert main([*asked, "--head", "feature", "--base", "main", "--profile", "pr"]) == 0
    assert main([*asked, "--head", "main"]) == 2
    assert main([*asked, "--head", "feature", "--profile", "release"]) == 2
    assert "error: " in capsys.readouterr().err


def test_nothing_of_the_file_drives_the_terminal(repo: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    evil = "\x1b[2J\u202e"
    path = written(repo, passing())
    asked = ["verify-evidence", str(path), "--repo", str(repo.root), "--head", "feature"]
    for key, status in (("version", 0), ("profile", 2)):
        data = json.loads(written(repo, passing()).read_text())
        data["predicate"]["guardrails"][key] = evil
        path.write_text(json.dumps(data))
        assert main(asked) == status
    data = json.loads(written(repo, passing()).read_text())
    data["predicate"]["guardrails"]["head"]["tree"] = evil
    data["subject"][0]["digest"] = {"gitTree": evil}
    path.write_text(json.dumps(data))
    assert main(asked) == 2
    shown = capsys.readouterr()
    assert "\x1b" not in shown.out + shown.err
    assert "\u202e" not in shown.out + shown.err
    assert r"\x1b[2J" in shown.out + shown.err
