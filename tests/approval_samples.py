"""Approvals for tests, with keys and signatures for real."""

import json
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from guardrails.adapters.sshsig import SshSignatures
from guardrails.model.approval import NAMESPACE, SCHEMA, Approval, Offered, Signed, text_of, written
from guardrails.model.finding import Finding
from guardrails.model.fingerprint import fingerprint

NOW = datetime(2026, 6, 1, 12, 0, 0, tzinfo=UTC)
BASE_TREE, HEAD_TREE = "b" * 40, "a" * 40


@dataclass(frozen=True)
class Person:
    """Somebody with a key: its private file, and its line in an allowed-signers file."""

    name: str
    key: Path

    @property
    def line(self) -> str:
        return f"{self.name} {self.key.with_suffix('.pub').read_text().strip()}\n"


def person(directory: Path, name: str) -> Person:
    key = directory / name.partition("@")[0]
    if not key.exists():
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", key], check=True)
    return Person(name, key)


def approval(finding: Finding, by: str, **changes: Any) -> Approval:
    values = {
        "schema": SCHEMA,
        "finding": fingerprint(finding),
        "rule": finding.rule,
        "path": finding.path,
        "what": finding.what,
        "base": BASE_TREE,
        "head": HEAD_TREE,
        "reason": "The owner of the file asked for it.",
        "by": by,
        "made": written(NOW - timedelta(days=1)),
        "expires": written(NOW + timedelta(days=6)),
    }
    return Approval(**values | changes)


def signed(approval: Approval, key: Path, namespace: str = NAMESPACE) -> Offered:
    text = text_of(approval)
    return Offered("a.json", Signed(approval=text, signature=SshSignatures().sign(text, key, namespace)))


def edited(file: Offered, **changes: Any) -> Offered:
    """The file with another text under the same signature."""
    assert file.signed is not None
    text = json.dumps(json.loads(file.signed.approval) | changes, sort_keys=True)
    return Offered(file.name, Signed(approval=text, signature=file.signed.signature))
