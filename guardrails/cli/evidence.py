"""`guardrails sign-evidence` and `guardrails verify-evidence`: what a merge queue asks, without a network."""

from dataclasses import dataclass
from pathlib import Path

from guardrails.adapters import signing
from guardrails.adapters.git import open_repository
from guardrails.cli.output import complain, say
from guardrails.cli.report import content_of
from guardrails.errors import JudgementError, UsageError
from guardrails.report import evidence
from guardrails.report.printable import printable


@dataclass(frozen=True, slots=True)
class EvidenceOptions:
    """Which file, signed by whose key (None: a signature is not asked for), and on which trees."""

    source: Path
    key: Path | None = None
    head: str = "HEAD"
    base: str | None = None
    repository: Path = Path()
    profile: str = "pr"


def sign_evidence(source: Path, key: Path) -> int:
    """Print a statement in a signed envelope.

    Raises:
        UsageError: it is no evidence, or the key is not one.
        ToolMissingError: the library for it is not installed.
    """
    payload, _ = signing.opened(content_of(source), str(source))
    evidence.read(payload, str(source))
    say(signing.sign(payload, _key(key)))
    return 0


def verify_evidence(options: EvidenceOptions) -> int:
    """Check a statement and give its verdict's exit status; one that cannot be believed raises, which is status 2.

    Raises:
        UsageError: it is no evidence, or contradicts itself, or the key is not one.
        JudgementError: it is not signed by the key, or about other trees, or about too little.
        RepositoryError: a ref does not exist.
    """
    source = str(options.source)
    payload, signatures = signing.opened(content_of(options.source), source)
    found = evidence.read(payload, source)
    _require_signature(options, payload, signatures)
    _require_trees(options, found)
    if evidence_rank(found.profile) < evidence_rank(options.profile):
        raise JudgementError(
            f"{source} is of the profile {found.profile}, and {options.profile} is asked for. Judge it by that profile."
        )
    head = found.head.tree[:12] if found.head else "nothing"
    say(f"{found.verdict.value}: evidence on the tree {head}, by guardrails {found.version or 'of no version'}")
    return found.verdict.exit_code


def evidence_rank(profile: str) -> int:
    """The order of the profiles, from least to most; -1 for an unknown one."""
    order = ("fast", "pr", "release")
    return order.index(profile) if profile in order else -1


def _require_signature(options: EvidenceOptions, payload: bytes, signatures: tuple[bytes, ...]) -> None:
    if options.key is None:
        complain("no --key is given: whoever could write this file could have written anything into it")
        return
    if not signatures:
        raise JudgementError(
            f"{options.source} is not signed, and --key asks that it is. Sign it, or get the signed one."
        )
    if not signing.is_signed(payload, signatures, _key(options.key)):
        raise JudgementError(f"{options.source} is not signed by {options.key}, or was changed since. Judge again.")


def _require_trees(options: EvidenceOptions, found: evidence.Evidence) -> None:
    """The head's tree, and the base's where one is named, must be those of the repository's refs."""
    git = open_repository(options.repository).git
    for name, ref, side in (("head", options.head, found.head), ("base", options.base, found.base)):
        if ref is None:
            continue
        status, output, _ = git.attempt("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{tree}}")
        if status != 0:
            raise UsageError(
                f"--{name}: {printable(ref)} is not a commit of this repository. Fetch it, or name another."
            )
        tree, said = output.decode().strip(), side.tree if side else "none"
        if tree != said:
            raise JudgementError(
                f"{options.source} is evidence for another {name}: its tree is {said[:12]}, that of {printable(ref)} "
                f"is {tree[:12]}. Judge {printable(ref)}."
            )


def _key(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"the key {path} cannot be read: {error.strerror}. Name a file with --key.") from error
