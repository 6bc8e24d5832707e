"""A name for a finding that stays when lines move: the same wrong thing in the next commit has the same fingerprint."""

import hashlib
from collections import Counter
from collections.abc import Iterable

from guardrails.model.finding import Finding


def fingerprint(finding: Finding) -> str:
    """16 hexadecimal digits from the rule, the path and what is wrong; the line has no part in it."""
    parts = (finding.rule, finding.path or "", finding.what)
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def fingerprints(findings: Iterable[Finding]) -> tuple[str, ...]:
    """One distinct name for each finding: the fingerprint and, after a colon, which of its equals it is, from 1."""
    seen: Counter[str] = Counter()
    names = []
    for finding in findings:
        name = fingerprint(finding)
        seen[name] += 1
        names.append(f"{name}:{seen[name]}")
    return tuple(names)
