"""What a change says of itself, against what it does: its declared intent and area, and what its messages claim."""

from collections.abc import Iterator

from guardrails.analysis.areas import Area, Membership, resolved
from guardrails.analysis.claims import Claim, Claimed, claims, left_alone
from guardrails.analysis.intents import Declared, Intent, declared
from guardrails.analysis.products import product_files
from guardrails.analysis.sameness import flipped, only_layout, only_words, same_but_imports, same_code
from guardrails.analysis.source import Sources, added_lines, is_python
from guardrails.gates.base import Bench
from guardrails.gates.scope.promise_rules import (
    CLAIM,
    CONTRADICTION,
    FORMATTING,
    OUT_OF_AREA,
    OUT_OF_INTENT,
    UNKNOWN,
)
from guardrails.model.change import ChangeKind, FileChange
from guardrails.model.finding import Finding, Severity
from guardrails.model.paths import matches

_TESTING = (
    "**/*test*", "**/*test*/**", "**/*spec*", "**/spec*/**", "**/conftest.py", "**/*.feature", "**/e2e/**",
    ".github/**", ".ci/**", ".circleci/**", ".gitlab-ci.yml", "tox.ini", "noxfile.py",
)  # fmt: skip
"""Where people put what they call tests, their runs on other systems included."""
_NAMED = 5
_FEW_LINES = 6
_MOST_FILES = 100  # past it a change is too large anyway, and to look for layout in it takes seconds


def promises(bench: Bench, base: Sources, head: Sources) -> Iterator[Finding]:
    """Every finding about what the change says of itself."""
    said = declared(bench.change, bench.trees, bench.policy.scope.intent)
    areas = [resolved(name, bench.policy.scope.areas, base.paths | head.paths) for name in said.areas]
    yield from _declaration(bench, said, areas)
    layout = _layout(bench, base, head)
    outside = _outside(bench, [area for area in areas if area.patterns], base, head)
    yield from _out_of_area(bench, [path for path in outside if path not in layout], areas)
    yield from _formatting(bench, layout, outside, base, head)
    if said.is_codeless:
        yield from _out_of_intent(bench, said, base, head)
    yield from _claims(bench, base, head)


def _declaration(bench: Bench, said: Declared, areas: list[Area]) -> Iterator[Finding]:
    """What is wrong with the declaration itself."""
    where = bench.policy.scope.intent
    if said.trouble:
        yield UNKNOWN.finding(said.trouble, path=where)
    for word, near in said.unknown:
        hint = f"did you mean '{near}'?" if near else f"the intents are {', '.join(Intent)}"
        yield UNKNOWN.finding(f"the intent {word!r} is declared, and there is none of that name: {hint}")
    for area in areas:
        if not area.patterns:
            hint = f"did you mean '{area.nearest}'?" if area.nearest else "write it into scope.areas of guardrails.toml"
            yield UNKNOWN.finding(f"the area {area.name!r} is declared, and nothing here is called so: {hint}")
    if said.contradiction:
        keeping, changing = said.contradiction
        yield CONTRADICTION.finding(f"the change is declared a {keeping} and a {changing} at once")


def _outside(bench: Bench, areas: list[Area], base: Sources, head: Sources) -> list[str]:
    """Changed paths that do not belong to the declared areas; none where none is declared."""
    if not areas:
        return []
    policy = bench.policy
    member = Membership(areas, (*policy.project.judges, *policy.tampering.tests), bench.change.paths)
    allowed = {policy.scope.intent}
    sides = [(file, (file.path, head), (file.base_path, base)) for file in bench.change.files]
    return [
        file.path
        for file, new, old in sides
        if file.path not in allowed and not any(member.holds(path, sources) for path, sources in (new, old))
    ]


def _out_of_area(bench: Bench, outside: list[str], areas: list[Area]) -> Iterator[Finding]:
    names = ", ".join(area.name for area in areas)
    for path in outside:
        what = f"{path} is changed, and the declared area is {names}"
        yield OUT_OF_AREA.finding(what, path=path, reproduce=bench.change.diff(path))


def _layout(bench: Bench, base: Sources, head: Sources) -> list[str]:
    """Python files in which nothing but the layout is changed."""
    edited = [file for file in bench.change.files if _is_edited(file) and is_python(file.path)]
    if len(edited) > _MOST_FILES:
        return []
    return [file.path for file in edited if only_layout(*_texts(file, base, head))]


def _formatting(bench: Bench, layout: list[str], outside: list[str], base: Sources, head: Sources) -> Iterator[Finding]:
    """Layout that is changed beside what the product does, or outside of the declared area."""
    stray = [path for path in layout if path in outside]
    if not layout or not (stray or any(True for _ in _recoded(bench, base, head))):
        return
    told = stray or layout
    where = ", ".join(told[:_NAMED]) + (f" and {len(told) - _NAMED} more" if len(told) > _NAMED else "")
    files = "1 file" if len(told) == 1 else f"{len(told)} files"
    beside = "outside of the declared area" if stray else "beside a change of what the product does"
    yield FORMATTING.finding(
        f"only the layout is changed in {files} {beside}: {where}",
        path=told[0],
        severity=Severity.REVIEW if stray else None,
        reproduce=bench.change.diff(*told[:_NAMED]),
    )


def _out_of_intent(bench: Bench, said: Declared, base: Sources, head: Sources) -> Iterator[Finding]:
    words = " and ".join(sorted(said.intents))
    for file in _recoded(bench, base, head):
        what = f"{file.path} is product code and does something else now, and the declared intent is {words}"
        yield OUT_OF_INTENT.finding(what, path=file.path, reproduce=bench.change.diff(file.path))


def _claims(bench: Bench, base: Sources, head: Sources) -> Iterator[Finding]:
    """Claims of the messages that the difference does not hold."""
    messages = bench.change.messages
    added = next((c for message in messages for c in claims(message) if c.claim is Claim.TESTS), None)
    if added and not _touches_tests(bench, base, head):
        yield CLAIM.finding(f"a message says “{added.words}”, and no test is added or changed")
    for claimed in () if bench.change.uncommitted else left_alone(messages):
        found = next(_against(claimed, bench, base, head), None)
        if found:
            path, line, what = found
            text = f"the message says “{claimed.words}”, and {what}"
            yield CLAIM.finding(text, path=path, line=line, reproduce=bench.change.diff(path))


def _against(claimed: Claimed, bench: Bench, base: Sources, head: Sources) -> Iterator[tuple[str, int | None, str]]:
    """Places of the product that speak against a claim: path, line, and words."""
    for file in _recoded(bench, base, head):
        before, after = _texts(file, base, head)
        if claimed.claim is Claim.UNCHANGED:
            for name, line in flipped(before, after) if _is_edited(file) else ():
                yield file.path, line, f"a sign, an operator or a number is changed in {name} and nothing else in it"
        elif not _is_let_off(claimed.claim, file, before, after):
            yield file.path, None, f"the code of {file.path} is changed"


def _is_let_off(claim: Claim, file: FileChange, before: str, after: str) -> bool:
    """Whether a change of code is within what people mean by such words: a formatter sorts imports, and to correct a
    spelling may take a letter that has a meaning (a missing `f` before a string)."""
    if claim is Claim.LAYOUT:
        return same_but_imports(before, after)
    if claim is Claim.SPELLING and _is_edited(file):
        small = file.changed_lines <= _FEW_LINES and not flipped(before, after)
        return small or only_words(before, after)
    return False


def _touches_tests(bench: Bench, base: Sources, head: Sources) -> bool:
    """Whether a test is added or changed in more than its layout, or an example of a docstring added."""
    patterns = (*bench.policy.tampering.tests, *_TESTING)
    for file in bench.change.files:
        if file.kind is ChangeKind.DELETED:
            continue
        if matches(file.path.lower(), patterns) or matches(file.path, patterns):
            before, after = _texts(file, base, head)
            if not is_python(file.path) or not same_code(before, after) or file.path != file.base_path:
                return True
        if any(line.lstrip().startswith(">>> ") for _, line in added_lines(file, head)):
            return True
    return False


def _recoded(bench: Bench, base: Sources, head: Sources) -> Iterator[FileChange]:
    """Files of the product whose code, docstrings aside, is not the same."""
    project = bench.policy.project
    product = set(product_files(sorted(base.paths | head.paths), project.packages, project.judges))
    for file in bench.change.files:
        if {file.path, file.base_path} & product and not same_code(*_texts(file, base, head)):
            yield file


def _is_edited(file: FileChange) -> bool:
    return file.kind in {ChangeKind.MODIFIED, ChangeKind.RENAMED}


def _texts(file: FileChange, base: Sources, head: Sources) -> tuple[str, str]:
    """Both sides of a file; an absent one is empty."""
    return base.text(file.base_path) or "", head.text(file.path) or ""
