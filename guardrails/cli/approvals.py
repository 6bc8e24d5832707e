"""Approvals at the edge: where the files lie, who may sign them, and what time it is."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from guardrails.adapters.git import open_repository
from guardrails.adapters.sshsig import SshSignatures
from guardrails.analysis.approvals import Terms, settle, with_deciders
from guardrails.analysis.owners import Owners, owners
from guardrails.analysis.signers import people_of
from guardrails.cli.output import say
from guardrails.cli.report import verdict_of
from guardrails.cli.site import Site
from guardrails.errors import ConfigurationError, UsageError
from guardrails.model.approval import (
    NAMESPACE,
    SCHEMA,
    Approval,
    Offered,
    Signed,
    offered,
    parse,
    require_reason,
    text_of,
    written,
)
from guardrails.model.change import Snapshot
from guardrails.model.finding import Finding, Severity
from guardrails.model.fingerprint import fingerprint
from guardrails.model.result import GateResult
from guardrails.model.verdict import Verdict
from guardrails.report.printable import printable, printable_block

MOST_FILES, MOST_BYTES = 500, 64_000
_NOBODY = "Approvals are offered and count for nothing: the base's policy names no approvals.allowed_signers."
LEAST_NAME = 6
"""Digits of a finding's name that must be given."""


@dataclass(frozen=True, slots=True)
class ApproveOptions:
    """Which finding of which verdict, by whom, why, for how long; `directory` None is the repository's own."""

    finding: str
    reason: str
    key: Path
    by: str | None = None
    source: Path = Path("verdict.json")
    days: int = 7
    directory: Path | None = None
    repository: Path = Path()


def directory_of(common: Path) -> Path:
    """Where approvals lie in a repository: inside git's own directory, so never in a tree."""
    return common / "guardrails" / "approvals"


@dataclass(frozen=True, slots=True)
class Court:
    """What decides about approvals, read before any code of the change runs. Without terms nobody can approve."""

    owners: Owners
    terms: Terms | None = None
    files: tuple[Offered, ...] = ()
    notes: tuple[str, ...] = ()
    approvers: tuple[str, ...] = ()

    def settle(self, results: tuple[GateResult, ...]) -> tuple[GateResult, ...]:
        """The results with those named who decide, and with what is approved as notes.

        Raises:
            ToolMissingError: an approval is to be verified, and there is no ssh-keygen.
        """
        results = with_deciders(results, self.owners)
        return results if self.terms is None else settle(results, self.files, self.terms, SshSignatures())


def court_of(site: Site, directory: Path | None) -> Court:
    """Who may approve, by the base, and what is offered.

    Raises:
        ConfigurationError: the policy names an allowed-signers file that the base does not have.
        UsageError: the directory of approvals cannot be read.
    """
    policy = site.policies.base.approvals
    files = tuple(_read(directory or directory_of(site.repository.common_directory), must_be=directory is not None))
    if not policy.allowed_signers:
        return Court(owners(site.base), notes=(_NOBODY,) if files else ())
    agents = frozenset(policy.agents)
    signers = site.base.read(policy.allowed_signers)
    if signers is None:
        raise ConfigurationError(
            f"approvals.allowed_signers is {policy.allowed_signers!r}, and the base has no such file."
        )
    terms = Terms(
        base=site.change.base.tree,
        head=site.change.head.tree,
        signers=signers.decode("utf-8", "surrogateescape"),
        agents=agents,
        expires_days=policy.expires_days,
        now=datetime.now(UTC),
    )
    return Court(owners(site.base), terms, files, _unreadable(files), people_of(terms.signers, agents))


def _unreadable(files: tuple[Offered, ...]) -> tuple[str, ...]:
    """What is said of files that are no approvals: somebody may wait for one of them to count."""
    names = [file.name for file in files if file.signed is None or parse(file.signed.approval) is None]
    if not names:
        return ()
    told = ", ".join([*names[:3], *(["..."] if names[3:] else [])])
    return (f"Among the approvals, {len(names)} cannot be read as one and count for nothing: {told}.",)


def _read(directory: Path, *, must_be: bool) -> Iterator[Offered]:
    try:
        paths = sorted(path for path in directory.iterdir() if path.suffix == ".json")
    except OSError as error:
        if must_be:
            raise UsageError(f"--approvals {directory} cannot be read: {error.strerror}.") from error
        return
    for path in paths[:MOST_FILES]:
        if path.is_file() and not path.is_symlink() and path.stat().st_size <= MOST_BYTES:
            yield offered(path.name, path.read_bytes())


def approve(options: ApproveOptions) -> int:
    """Sign an approval of one finding and put it where `check` looks.

    Raises:
        UsageError: the verdict has no such finding, it needs no person, or the key does not sign.
    """
    verdict = verdict_of(options.source)
    base, head = _sides(verdict, options)
    finding = _finding(verdict, options.finding)
    now = datetime.now(UTC)
    if options.days < 1:
        raise UsageError(f"--days is {options.days}. Give at least 1.")
    by = options.by or _mail(options.repository)
    _require_approver(verdict, by)
    repository = open_repository(options.repository)
    approval = Approval(
        schema=SCHEMA,
        finding=fingerprint(finding),
        rule=finding.rule,
        path=finding.path,
        what=finding.what,
        base=base.tree,
        head=head.tree,
        reason=require_reason(options.reason),
        by=by,
        made=written(now),
        expires=written(now + timedelta(days=options.days)),
    )
    text = text_of(approval)
    signed = Signed(approval=text, signature=SshSignatures().sign(text, options.key, NAMESPACE))
    path = _keep(signed, approval, options.directory or directory_of(repository.common_directory))
    say(
        f"approved until {approval.expires}: {printable(finding.rule)}: {printable_block(finding.what, 4, 300)}\n{path}"
    )
    return 0


def _sides(verdict: Verdict, options: ApproveOptions) -> tuple[Snapshot, Snapshot]:
    if verdict.base is None or verdict.head is None:
        raise UsageError(f"{options.source} is a verdict on no change, so there is nothing to approve.")
    return verdict.base, verdict.head


def _require_approver(verdict: Verdict, by: str) -> None:
    """Refuse to sign what cannot count: better now than as a finding of the next check.

    Raises:
        UsageError: nobody may approve by the base of the verdict, or this one may not.
    """
    if verdict.approvers is None or by in verdict.approvers:
        return
    if not verdict.approvers:
        raise UsageError(
            "nobody can approve: the policy at the base of this verdict names no person under [approvals] "
            "allowed_signers. Set it up in a change of its own (guardrails approve --help), then check again."
        )
    raise UsageError(
        f"{printable(by)} is not among those who may approve: {printable(', '.join(verdict.approvers))}. "
        "Say who you are with --by, or ask one of them."
    )


def _finding(verdict: Verdict, name: str) -> Finding:
    """The finding of that name.

    Raises:
        UsageError: there is none, several, or one that no approval can touch.
    """
    named = {fingerprint(f): f for f in verdict.findings if fingerprint(f).startswith(name.lower())}
    open_ = ", ".join(f"{fingerprint(f)[:12]} ({printable(f.rule)})" for f in verdict.findings if f.can_be_approved)
    hint = f"What asks for a person: {open_ or 'nothing'}."
    if len(name) < LEAST_NAME or len(named) != 1:
        raise UsageError(f"{printable(name)!r} names {len(named) if len(name) >= LEAST_NAME else 'no'} finding. {hint}")
    finding = next(iter(named.values()))
    if finding.severity is Severity.BLOCK:
        raise UsageError(f"{printable(finding.rule)} blocks, and nobody can approve that away. Fix it. {hint}")
    if finding.severity is Severity.NOTE:
        raise UsageError(f"{printable(finding.rule)} is a note and needs no approval. {hint}")
    if not finding.can_be_approved:
        raise UsageError(f"{printable(finding.rule)} is about an approval. {printable(finding.fix)} {hint}")
    return finding


def _mail(directory: Path) -> str:
    _, output, _ = open_repository(directory).git.attempt("config", "user.email")
    if not output.strip():
        raise UsageError("git knows no user.email. Say who approves with --by, as the allowed-signers file names you.")
    return output.decode(errors="replace").strip()


def _keep(signed: Signed, approval: Approval, directory: Path) -> Path:
    """Write the file whole; a second approval of the same by the same replaces the first."""
    who = hashlib.sha256(approval.by.encode()).hexdigest()[:8]
    path = directory / f"{approval.finding}-{approval.head[:12]}-{who}.json"
    passing = path.with_suffix(f".{os.getpid()}")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        passing.write_bytes(msgspec.json.format(msgspec.json.encode(signed)) + b"\n")
        passing.replace(path)
    except OSError as error:
        raise UsageError(
            f"{directory} cannot be written: {error.strerror}. Name a directory with --approvals."
        ) from error
    return path
