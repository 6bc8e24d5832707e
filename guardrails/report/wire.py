"""The shape of `verdict.json`: what stands in the file, in its order, and nothing else.

`verdict.schema.json` beside this file is the same shape for other languages; a test keeps the two equal.
"""

import json
from typing import Annotated, Any

import msgspec

from guardrails.model.finding import Severity
from guardrails.model.result import GateStatus, SkipReason, VerdictKind
from guardrails.model.verdict import VERDICT_SCHEMA
from guardrails.report.wire_pictures import PicturesEntry

Count = Annotated[int, msgspec.Meta(ge=0)]
Seconds = Annotated[float, msgspec.Meta(ge=0, description="Wall time; never part of a decision.")]


class _Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An object of the file: every key is required, and no other is allowed."""


class SideEntry(_Entry, frozen=True):
    """One side of the change."""

    ref: str
    commit: Annotated[str | None, msgspec.Meta(description="null for uncommitted work.")]
    tree: Annotated[str, msgspec.Meta(description="The id of its git tree.")]
    subject: str


class SizeEntry(_Entry, frozen=True):
    """How large the change is: files, and lines added and removed."""

    files: Count
    added: Count
    removed: Count


class SkipEntry(_Entry, frozen=True):
    """Why a gate was not run."""

    reason: SkipReason
    sentence: str


class FindingEntry(_Entry, frozen=True):
    """One thing wrong. `line` counts from 1 in the head (in the base if the file was deleted)."""

    rule: str
    severity: Severity
    path: Annotated[str | None, msgspec.Meta(description="Relative to the repository; null for the whole change.")]
    line: Annotated[int, msgspec.Meta(ge=1)] | None
    what: str
    why: str
    fix: str
    reproduce: str
    deciders: tuple[str, ...] = ()
    """Owners of the path; absent in files that were written before there were any."""
    approved_by: Annotated[str, msgspec.Meta(description="Whose approval made a note of it; empty: nobody's.")] = ""


class FigureEntry(_Entry, frozen=True):
    """One thing that was measured on both sides; `ratio` is head over base, null where it is not known."""

    name: str
    unit: str
    base: float
    head: float
    ratio: float | None
    low: float | None
    high: float | None
    limit: Annotated[float | None, msgspec.Meta(description="The ratio that must not be passed.")]


class VerifiedEntry(_Entry, frozen=True):
    """One expectation of a consumer that was held against the head. `mismatches`: what is wrong, each with its path."""

    consumer: str
    provider: str
    description: str
    states: tuple[str, ...]
    side: Annotated[
        str, msgspec.Meta(description="Whose pact it is: base or head; asked: this repository's own, as a consumer.")
    ]
    pact: Annotated[str, msgspec.Meta(description="A digest of what the pact says.")]
    path: Annotated[str, msgspec.Meta(description="Where the expectation stands.")]
    line: Annotated[int, msgspec.Meta(ge=1)] | None
    good: bool
    mismatches: tuple[str, ...]
    pending: Annotated[bool, msgspec.Meta(description="A failure is shown, and does not count yet.")] = False


class ReasonEntry(_Entry, frozen=True):
    """One thing that the services say of an item or an answer; empty on the side that does not say it."""

    name: str
    base: str
    head: str


class MovedEntry(_Entry, frozen=True):
    """One item that came, went or moved. Places count from 1; null on the side that lacks it."""

    item: str
    base: Annotated[int, msgspec.Meta(ge=1)] | None
    head: Annotated[int, msgspec.Meta(ge=1)] | None
    reasons: tuple[ReasonEntry, ...]
    more: Count


class ExampleEntry(_Entry, frozen=True):
    """One request whose answer changed: the ids of both slates, the first places alone, and what became of them."""

    asked: str
    user: str
    what: str
    base: tuple[str, ...]
    head: tuple[str, ...]
    overlap: Annotated[float, msgspec.Meta(ge=0, le=1, description="Of the first ten of both slates.")]
    moved: tuple[MovedEntry, ...] = ()
    whole: tuple[ReasonEntry, ...] = ()
    unexplained: str = ""
    """The last three are absent in files that were written before there were any."""


class GateEntry(_Entry, frozen=True):
    """What one gate answered. `work` and `floor` count what was checked, and the least that had to be."""

    name: str
    status: GateStatus
    seconds: Seconds
    work: dict[str, Count]
    floor: dict[str, Count]
    findings: tuple[FindingEntry, ...]
    notes: tuple[str, ...]
    skip: SkipEntry | None
    error: str
    verified: tuple[VerifiedEntry, ...] = ()
    figures: tuple[FigureEntry, ...] = ()
    examples: tuple[ExampleEntry, ...] = ()
    pictures: PicturesEntry = PicturesEntry()
    """All absent in files that were written before there were any."""


class Document(_Entry, frozen=True):
    """The verdict of `guardrails check` on one change. `exit_code`: 0 pass, 1 block, 2 error, 3 review."""

    schema: Annotated[int, msgspec.Meta(ge=VERDICT_SCHEMA, le=VERDICT_SCHEMA)]
    verdict: VerdictKind
    exit_code: Annotated[int, msgspec.Meta(ge=0, le=3)]
    base: SideEntry | None
    head: SideEntry | None
    uncommitted: Annotated[bool, msgspec.Meta(description="The head is the work tree rather than a commit.")]
    size: SizeEntry
    policy_digest: str
    profile: str
    command: Annotated[str, msgspec.Meta(description="Repeats the check from the repository's directory.")]
    version: Annotated[str, msgspec.Meta(description="The version of guardrails that judged.")]
    seconds: Seconds
    notes: tuple[str, ...]
    error: Annotated[str, msgspec.Meta(description="Why nothing was judged; empty where the gates were run.")]
    gates: tuple[GateEntry, ...]
    gate_digest: Annotated[str, msgspec.Meta(description="sha256 of the gate that judged.")] = ""
    """Absent in files that were written before there was one."""
    approvers: Annotated[
        tuple[str, ...] | None,
        msgspec.Meta(description="Whose approvals count; empty: nobody's do; null or absent: not known."),
    ] = None


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of `verdict.json`."""
    schema = msgspec.json.schema(Document)
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:recsys-guardrails:verdict:{VERDICT_SCHEMA}",
        "title": "verdict.json",
    }
    return head | schema


def json_schema_text() -> str:
    """The content of `verdict.schema.json`."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
