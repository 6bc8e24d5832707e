"""A bench for gates without git: trees from dictionaries, the change by difflib, processes and a store for real.

`bench_of(tmp_path, base={...}, head={...})` is what most tests need. A value of the dictionaries is text, bytes, or an
`Entry` where the mode matters.
"""

import contextlib
import difflib
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from guardrails import config
from guardrails.adapters.secret_scanner import DetectSecrets
from guardrails.config import Policy
from guardrails.errors import ConfigurationError, JudgementError, ToolMissingError
from guardrails.gates.base import Bench, Gate, Profile
from guardrails.model.change import SUBMODULE_MODE, SYMLINK_MODE, Change, ChangeKind, FileChange, Hunk, Snapshot
from guardrails.model.finding import Finding
from guardrails.model.paths import matches
from guardrails.model.probe import Executable, LinkTo, Probe
from guardrails.model.result import Outcome
from guardrails.ports import Command, Completed, Service, SuiteRun, Tree, Trees

REGULAR, EXECUTABLE = 0o100644, 0o100755


@dataclass(frozen=True, slots=True)
class Entry:
    """A file with its git mode. A symbolic link's content is its target."""

    content: bytes
    mode: int = REGULAR


Content = str | bytes | Entry


def link(target: str) -> Entry:
    """A symbolic link."""
    return Entry(target.encode(), SYMLINK_MODE)


def submodule(commit: str = "0" * 40) -> Entry:
    """A submodule at a commit."""
    return Entry(commit.encode(), SUBMODULE_MODE)


def executable(text: str) -> Entry:
    """A file with the executable bit."""
    return Entry(text.encode(), EXECUTABLE)


def _entry(content: Content) -> Entry:
    if isinstance(content, Entry):
        return content
    if isinstance(content, LinkTo):
        return link(content)
    if isinstance(content, Executable):
        return executable(content)
    return Entry(content.encode() if isinstance(content, str) else content)


class FakeTree:
    """A `guardrails.ports.Tree` that is written out from a dictionary."""

    def __init__(self, root: Path, files: Mapping[str, Content]) -> None:
        self._root = root
        self.entries = {path: _entry(content) for path, content in sorted(files.items())}
        for path, entry in self.entries.items():
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if entry.mode == SYMLINK_MODE:
                target.symlink_to(entry.content.decode())
            elif entry.mode == SUBMODULE_MODE:
                target.mkdir()
            else:
                target.write_bytes(entry.content)
                target.chmod(entry.mode & 0o777)
        root.mkdir(parents=True, exist_ok=True)

    @property
    def digest(self) -> str:
        return self.digest_of(["**"])

    @property
    def root(self) -> Path:
        return self._root

    def paths(self) -> Sequence[str]:
        return tuple(self.entries)

    def read(self, path: str) -> bytes | None:
        entry = self.entries.get(path)
        return entry.content if entry and entry.mode in (REGULAR, EXECUTABLE) else None

    def link(self, path: str) -> str | None:
        entry = self.entries.get(path)
        return entry.content.decode() if entry and entry.mode == SYMLINK_MODE else None

    def digest_of(self, patterns: Sequence[str]) -> str:
        digest = hashlib.sha256()
        for path, entry in self.entries.items():
            if matches(path, patterns):
                digest.update(f"{path}\0{entry.mode}\0{len(entry.content)}\0".encode() + entry.content)
        return digest.hexdigest()


def _lines(entry: Entry | None) -> list[str]:
    return entry.content.decode("utf-8", "replace").splitlines(keepends=True) if entry else []


def _hunks(old: Sequence[str], new: Sequence[str]) -> tuple[Hunk, ...]:
    """The hunks as `git diff -U0` numbers them: an empty side names the line before it."""
    hunks = []
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            hunks.append(Hunk(i1 + (i2 > i1), i2 - i1, j1 + (j2 > j1), j2 - j1))
    return tuple(hunks)


def _file_change(path: str, kind: ChangeKind, old: Entry | None, new: Entry | None, old_path: str | None) -> FileChange:
    binary = any(entry is not None and b"\0" in entry.content for entry in (old, new))
    hunks = () if binary else _hunks(_lines(old), _lines(new))
    return FileChange(
        path=path,
        kind=kind,
        old_path=old_path,
        base_mode=old.mode if old else 0,
        head_mode=new.mode if new else 0,
        added=sum(h.head_count for h in hunks),
        removed=sum(h.base_count for h in hunks),
        binary=binary,
        hunks=hunks,
    )


def _renames(gone: Mapping[str, Entry], come: Mapping[str, Entry]) -> dict[str, str]:
    """New path to old path, for contents that are at least half the same, each used once."""
    pairs: dict[str, str] = {}
    for new_path, new in come.items():
        for old_path, old in gone.items():
            same = old.content == new.content and bool(new.content)
            near = same or difflib.SequenceMatcher(None, _lines(old), _lines(new), autojunk=False).ratio() > 0.5
            if near and old.mode == new.mode and old_path not in pairs.values():
                pairs[new_path] = old_path
                break
    return pairs


def change_of(base: FakeTree, head: FakeTree) -> Change:
    """The difference between two trees, with renames."""
    gone = {path: entry for path, entry in base.entries.items() if path not in head.entries}
    come = {path: entry for path, entry in head.entries.items() if path not in base.entries}
    renames = _renames(gone, come)
    files = []
    for path in sorted({*base.entries, *head.entries} - set(renames.values())):
        old_path = renames.get(path)
        old, new = base.entries.get(old_path or path), head.entries.get(path)
        if old_path:
            kind = ChangeKind.RENAMED
        elif old is None:
            kind = ChangeKind.ADDED
        elif new is None:
            kind = ChangeKind.DELETED
        elif old != new:
            kind = ChangeKind.MODIFIED
        else:
            continue
        files.append(_file_change(path, kind, old, new, old_path))
    return Change(Snapshot("base", None, base.digest), Snapshot("head", None, head.digest), tuple(files))


class RealProcesses:
    """A `guardrails.ports.Processes` over subprocess: a clean environment, a process group that is killed."""

    def run(self, command: Command) -> Completed:
        started = time.monotonic()
        try:
            process = self._start(command, subprocess.PIPE)
        except FileNotFoundError as error:
            raise ToolMissingError(f"{command.argv[0]} is not there. Install it.") from error
        try:
            out, err = process.communicate(timeout=command.timeout)
            code: int | None = process.returncode
        except subprocess.TimeoutExpired:
            _kill(process)
            (out, err), code = process.communicate(), None
        seconds = time.monotonic() - started
        limit = command.output_limit
        return Completed(
            code, out[:limit].decode("utf-8", "replace"), err[:limit].decode("utf-8", "replace"), seconds,
            len(out) > limit or len(err) > limit,
        )  # fmt: skip

    @contextlib.contextmanager
    def serve(
        self, command: Command, *, ready_path: str, ready_timeout: float, ports: Mapping[str, int] | None = None
    ) -> Iterator[Service]:
        named = {"port": self.free_port(), **(ports or {})}
        argv = tuple(_filled(part, named) for part in command.argv)
        process = self._start(Command(argv, command.cwd, command.env), subprocess.DEVNULL)
        try:
            url = f"http://127.0.0.1:{named['port']}"
            _await_ready(process, url + ready_path, ready_timeout)
            yield Service(url, named["port"], process.pid)
        finally:
            _kill(process)
            process.wait()

    def free_port(self) -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])

    def _start(self, command: Command, output: int) -> subprocess.Popen[bytes]:
        env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LANG": "C.UTF-8", **command.env}
        return subprocess.Popen(
            command.argv, cwd=command.cwd, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            start_new_session=True,
        )  # fmt: skip


def _filled(part: str, named: Mapping[str, int]) -> str:
    for name, port in named.items():
        part = part.replace("{" + name + "}", str(port))
    return part


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _await_ready(process: subprocess.Popen[bytes], url: str, timeout: float) -> None:
    end = time.monotonic() + timeout
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=1) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.02)
    raise JudgementError(f"the server at {url} ended or did not answer in {timeout} s")


class DirStore:
    """A `guardrails.ports.Store` in a directory."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)

    def get(self, kind: str, key: str) -> Path | None:
        entry = self.root / kind / key
        return entry if entry.is_dir() else None

    @contextlib.contextmanager
    def scratch(self) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(dir=self.root, prefix="scratch-") as name:
            yield Path(name)

    def put(self, kind: str, key: str, directory: Path) -> Path:
        entry = self.root / kind / key
        if not entry.is_dir():
            entry.parent.mkdir(parents=True, exist_ok=True)
            shutil.copytree(directory, entry, symlinks=True)
        return entry

    def copy(self, source: Path, target: Path) -> None:
        shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)

    def write(self, path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def read(self, path: Path) -> str | None:
        return path.read_text(encoding="utf-8") if path.is_file() else None


class NoSuites:
    """A `guardrails.ports.Suites` for gates that must not run tests."""

    def collect(self, tree: Tree, paths: Sequence[str], timeout: float) -> SuiteRun:
        raise AssertionError(f"this gate must not collect tests: {tree}, {paths}, {timeout}")

    def run(
        self,
        tree: Tree,
        paths: Sequence[str],
        timeout: float,
        *,
        workers: int = 1,
        hypothesis_seed: int | None = None,
        only: Sequence[str] | None = None,
        env: Mapping[str, str] | None = None,
        writes: Sequence[Path] = (),
    ) -> SuiteRun:
        raise AssertionError(f"this gate must not run tests: {tree}, {paths}, {timeout}, {workers}, {hypothesis_seed}")

    def environment(self) -> str:
        raise AssertionError("this gate must not ask for the environment of tests")


def policy_in(tree: FakeTree) -> Policy:
    """The policy that stands in a tree, or the defaults."""
    text = tree.read("guardrails.toml")
    return Policy() if text is None else config.parse(text.decode(), "guardrails.toml")


def _head_policy(tree: FakeTree) -> Policy | None:
    try:
        return policy_in(tree)
    except ConfigurationError:
        return None


def bench_of(
    tmp_path: Path,
    base: Mapping[str, Content],
    head: Mapping[str, Content | None],
    *,
    policy: Policy | None = None,
    profile: Profile = Profile.PR,
    store: DirStore | None = None,
    seed: int = 1,
    messages: Sequence[str] = (),
) -> Bench:
    """A bench whose base is `base` and whose head is `base` changed by `head` (None deletes a file)."""
    place = Path(tempfile.mkdtemp(dir=tmp_path, prefix="bench-"))
    base_tree = FakeTree(place / "base", base)
    after = {path: content for path, content in {**base, **head}.items() if content is not None}
    head_tree = FakeTree(place / "head", after)
    decided = policy or policy_in(base_tree)
    judges = decided.project.judges
    kept = {path: content for path, content in after.items() if not matches(path, judges)}
    kept |= {path: content for path, content in base.items() if matches(path, judges)}
    trial = head_tree if kept == after else FakeTree(place / "trial", kept)
    return Bench(
        change=replace(change_of(base_tree, head_tree), messages=tuple(messages)),
        trees=Trees(base_tree, head_tree, trial),
        policy=decided,
        head_policy=_head_policy(head_tree),
        profile=profile,
        processes=RealProcesses(),
        suites=NoSuites(),
        store=store or DirStore(place / "store"),
        gate_python=sys.executable,
        project_python=sys.executable,
        seed=seed,
        secrets=DetectSecrets(),
        today=date(2026, 1, 1),
    )


def judge(
    gate: Gate,
    tmp_path: Path,
    base: Mapping[str, Content],
    head: Mapping[str, Content | None],
    messages: Sequence[str] = (),
) -> Outcome:
    """What a gate says of a change, given that it has something to judge."""
    bench = bench_of(tmp_path, base, head, messages=messages)
    assert gate.skip(bench) is None
    return gate.run(bench)


def rules_of(findings: Sequence[Finding]) -> list[str]:
    """The ids of the rules of findings, sorted, each once."""
    return sorted({finding.rule for finding in findings})


def check_probe(gate: Gate, probe: Probe, tmp_path: Path) -> None:
    """A probe holds: its violation is found by its rule, its honest twin is not found at all."""
    bad = judge(gate, tmp_path, probe.base, probe.bad, (probe.bad_message,))
    assert probe.rule in rules_of(bad.findings), f"{probe.rule} did not fire: {bad.findings}"
    honest = judge(gate, tmp_path, probe.base, probe.honest, (probe.honest_message,))
    loud = [finding for finding in honest.findings if finding.severity.rank > 0]
    assert not loud, f"the honest twin of {probe.rule} is found: {loud}"
