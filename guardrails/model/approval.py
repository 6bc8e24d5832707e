"""An approval: a person's signed word that one finding of one change may stand, for a while."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from guardrails.errors import UsageError

NAMESPACE = "guardrails-approval"
"""What is signed under another namespace (a git commit, a file) is no approval."""
SCHEMA = 1
_MOMENT = "%Y-%m-%dT%H:%M:%SZ"


class Approval(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is signed: the finding by its fingerprint, the trees, who, why, and from when to when (UTC).

    `rule`, `path` and `what` repeat the finding for whoever reads the file; the fingerprint decides.
    """

    schema: int
    finding: str
    rule: str
    path: str | None
    what: str
    base: str
    head: str
    reason: str
    by: str
    made: str
    expires: str


class Signed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file: the text of an approval, byte for byte as it was signed, and the signature of `ssh-keygen -Y sign`."""

    approval: str
    signature: str


@dataclass(frozen=True, slots=True)
class Offered:
    """A file that claims to be an approval. `signed` is None where it cannot be read as one."""

    name: str
    signed: Signed | None


def text_of(approval: Approval) -> str:
    """The text to sign."""
    return json.dumps(msgspec.to_builtins(approval), sort_keys=True, ensure_ascii=True)


def parse(text: str) -> Approval | None:
    """The approval of a text; None where it is none of this schema, or its moments are not moments."""
    try:
        approval = msgspec.json.decode(text, type=Approval)
        moments = (moment(approval.made), moment(approval.expires))
    except (msgspec.DecodeError, ValueError):
        return None
    return approval if approval.schema == SCHEMA and all(moments) and approval.reason.strip() else None


def offered(name: str, content: bytes) -> Offered:
    """A file as it is offered."""
    try:
        return Offered(name, msgspec.json.decode(content, type=Signed))
    except (msgspec.DecodeError, ValueError):
        return Offered(name, None)


def moment(text: str) -> datetime:
    """A moment in UTC.

    Raises:
        ValueError: it is not written as `2026-01-31T12:00:00Z`.
    """
    return datetime.strptime(text, _MOMENT).replace(tzinfo=UTC)


def written(at: datetime) -> str:
    """A moment as it stands in an approval."""
    return at.strftime(_MOMENT)


def require_reason(reason: str) -> str:
    """The reason without space around it.

    Raises:
        UsageError: there is none.
    """
    if not reason.strip():
        raise UsageError("--reason is empty. Say why the finding may stand: whoever reads the verdict will see it.")
    return reason.strip()
