"""Gate `dependencies`: does the change bring in packages that somebody else decides about, or none at all?

It reads what base and head declare and lock, and judges only what is new. It installs nothing and runs nothing; where
the policy names an index, it looks up the names that are new there. What no honest change does (a slip of a popular
name that no lock holds, a hash that goes) is blocked; where a person could have a reason, a person decides.
"""

from collections.abc import Iterator, Mapping

from guardrails.analysis.dependencies import additions, hooks, imports, index, locked, places
from guardrails.analysis.dependencies.reading import Side, is_manifest
from guardrails.analysis.observation import Observation
from guardrails.analysis.products import product_files
from guardrails.analysis.source import Sources
from guardrails.gates.base import Bench, Profile
from guardrails.model.exchange import HttpAnswer
from guardrails.model.finding import Finding, Rule, Severity
from guardrails.model.paths import matches
from guardrails.model.result import Outcome, Skip, SkipReason
from guardrails.probes.dependencies import PROBES

LOOK_ALIKE = Rule(
    "dependencies/look-alike",
    Severity.BLOCK,
    "A package with a name close to a popular one is added",
    "Who registers a slip of a popular name waits for somebody to make it; the package runs code when it is installed.",
    "Write the name of the package that you mean. If this one is meant, lock it and ask a person, who can add it to "
    "`allow` in the section `dependencies` of guardrails.toml.",
    bad='dependencies = ["reqeusts>=2.31"]',
    good='dependencies = ["requests>=2.31"]',
    limits="Against the 400 most popular names and the project's own: one edit, two for long names, separators, "
    "look-alike characters, affixes such as python-, order of words. Locked or further away: for a person. Names of "
    "the base are no finding.",
)
INVALID_NAME = Rule(
    "dependencies/invalid-name",
    Severity.BLOCK,
    "A requirement cannot be met: no package can have its name",
    "The line was not tried; an installer fails on it, or takes it for something else.",
    "Write the requirement as PEP 508 has it: a name, extras, versions, a marker.",
    bad='dependencies = ["scikit learn", "os"]',
    good='dependencies = ["scikit-learn"]',
    limits="A name of the standard library is for a person.",
)
UNKNOWN_NAME = Rule(
    "dependencies/unknown-name",
    Severity.REVIEW,
    "A package is added of which nothing here shows that it exists",
    "Invented names are common in generated code, and others register them.",
    "Lock it with hashes, which shows that it was fetched, or ask a person to look it up; then add it to "
    "`dependencies.allow` of guardrails.toml.",
    bad='dependencies = ["fast-vector-rank-utils"] without a lock',
    good="the same with its entry and hashes in the lock",
    limits="With hashes in a lock it is a note, and so it is where a look-up finds it. Without a look-up a lock may "
    "hold made-up hashes.",
)
NOT_IN_LOCK = Rule(
    "dependencies/not-in-lock",
    Severity.REVIEW,
    "A requirement is not in the lock",
    "What is installed is then decided on the day of the installation, by whoever publishes.",
    "Write the lock anew with the project's own command and commit it with the requirement.",
    bad='"httpx>=0.28" in pyproject.toml and an unchanged uv.lock',
    good="both files changed",
    limits="Only where the lock holds the group that the requirement stands in.",
)
LOCK_UNEXPLAINED = Rule(
    "dependencies/lock-unexplained",
    Severity.REVIEW,
    "The lock changes in a way that no requirement explains",
    "A package that nothing asks for, a version that goes back or a lock that is gone is not what a lock command does.",
    "Write the lock anew with the project's own command, or say in the requirements why.",
    bad="a new entry in requirements.lock, and nothing else changed",
    good="`make lock` after a change to the requirements; newer versions of what was there",
    limits="Where a lock does not say what its entries require, a new entry beside newer versions is a note.",
)
HASH_REMOVED = Rule(
    "dependencies/hash-removed",
    Severity.BLOCK,
    "A locked package has no hash, or a weaker one",
    "The hash is what makes sure that the file which was reviewed is the one that is installed.",
    "Write the lock anew with hashes.",
    bad="numpy==2.1.0 without --hash in a lock where every other entry has one",
    good="numpy==2.1.0 --hash=sha256:…",
    limits="Packages from a repository or a path have no hash; those are found as a direct reference.",
)
HASH_CHANGED = Rule(
    "dependencies/hash-changed",
    Severity.BLOCK,
    "The hashes of a locked version are other ones",
    "A published file never changes; other hashes for the same version stand for other files.",
    "Write the lock anew from the registry. If the package was published elsewhere, lock it from there by name.",
    bad="requests==2.32.3 with new hashes and the same version",
    good="requests==2.32.4 with its own hashes; one more hash for a new wheel",
)
UNPINNED = Rule(
    "dependencies/unpinned",
    Severity.REVIEW,
    "A requirement without an exact version stands among pinned ones",
    "What gets installed can change from one day to the next without a change here.",
    "Name the exact version, as the lines beside it do.",
    bad="flask==3.0.3, then rich>=13 in the same requirements.txt",
    good="flask==3.0.3, then rich==13.9.4",
)
DIRECT = Rule(
    "dependencies/direct-reference",
    Severity.REVIEW,
    "A package comes from an address or a path, not from the registry",
    "What stands at an address can change or vanish, and nobody else checks it.",
    "Take a published version from the registry; if there is none, name an exact commit and ask a person.",
    bad='"ranker @ git+https://example.org/ranker.git"',
    good='"ranker==1.2"; a path inside this repository',
    limits="Over http or git:// without encryption it is blocked; a new revision of the same repository is a note.",
)
NEW_INDEX = Rule(
    "dependencies/new-index",
    Severity.REVIEW,
    "Packages may come from another index",
    "A name on a second index can take the place of the one that was meant (dependency confusion).",
    "Take the option out, or ask the owner of the build to approve the index and tie it to the names that need it.",
    bad="the option `--extra-index-url` in a requirements file, with an address that the base does not name",
    good="one index, over https, that the base names too",
    limits="Without encryption or a check of the certificate it is blocked. Options in scripts are left to others.",
)
INSTALL_HOOK = Rule(
    "dependencies/install-hook",
    Severity.REVIEW,
    "Code is hooked into the installation, the build, or every start of Python",
    "It runs on every machine that installs the project, before any test does.",
    "Take the hook out; compute what it computed beforehand and commit it, or ask a person.",
    bad="setup.py with cmdclass={'install': Fetch}, backend-path = ['.'], a .pth file",
    good="pyproject.toml with a published build backend",
    limits="Hidden or fetched code that is executed, and an import in a .pth file, is blocked; by syntax only.",
)
ENTRY_POINT = Rule(
    "dependencies/entry-point",
    Severity.REVIEW,
    "An entry point that tools load, or that shadows a program",
    "A plugin runs in every process of its tool, and a script named like a program runs in its place.",
    "Name the script after the project; leave plugins of test runners and linters out, or ask a person.",
    bad='[project.scripts] pytest = "shop.fake:main"; [project.entry-points.pytest11]',
    good='[project.scripts] shop = "shop.cli:main"',
    limits="A script named like a program is blocked; a group that no known tool loads is a note.",
)
UNDECLARED = Rule(
    "dependencies/undeclared-import",
    Severity.REVIEW,
    "A package is imported that no file declares",
    "It works only where something else happens to have installed it; the name may not even exist.",
    "Declare the package where the project declares its requirements, and lock it.",
    bad="import httpx in shop/client.py, and no httpx in pyproject.toml",
    good="the import and the requirement in one change",
    limits="By names: an import name that differs from its distribution's and is in no table is taken for undeclared. "
    "Where nothing is declared, or a file computes its requirements, the rule is silent. Optional imports are a note.",
)
UNREADABLE = Rule(
    "dependencies/unreadable",
    Severity.BLOCK,
    "A file of requirements or a lock cannot be read any more",
    "What it declares could not be judged, and an installer will not read it either.",
    "Correct the syntax of the file.",
    bad='dependencies = ["numpy',
    good='dependencies = ["numpy"]',
    limits="Requirements that are computed, where they were written out, are for a person.",
)

NOT_IN_INDEX = Rule(
    "dependencies/not-in-index",
    Severity.BLOCK,
    "The index has no such package, or no such version",
    "Nothing can be installed by it now, and whoever registers the name decides what will be.",
    "Write the name and the version of the package that you mean; `pip index versions NAME` shows what there is.",
    bad='"fast-vector-rank-utils>=1", which nobody has published',
    good='"scipy>=1.14"',
    limits="Only where `dependencies.index` in guardrails.toml names an index. Names in `allow` are not looked up.",
)
YOUNG = Rule(
    "dependencies/young-package",
    Severity.REVIEW,
    f"A package was first published less than {index.YOUNG_DAYS} days ago",
    "Most malicious packages are found within weeks; invented names are registered soon after they are invented.",
    "Take a package that others have used for longer, or ask a person to read this one.",
    bad="a package that was uploaded last week",
    good="one that has been there for years",
    limits="Only with an index that says when files were uploaded (PEP 700).",
)
YANKED = Rule(
    "dependencies/yanked",
    Severity.REVIEW,
    "A version is added that its authors have withdrawn",
    "They know why nobody should install it.",
    "Take a version that was not withdrawn.",
    bad="urllib3==2.0.0, yanked",
    good="the next version",
    limits="Only with an index.",
)
LOOK_UP_FAILED = Rule(
    "dependencies/look-up-failed",
    Severity.REVIEW,
    "A package could not be looked up",
    "The policy wants new names looked up, and a doubt is no pass.",
    "Run the check again when the index answers; `dependencies.index_seconds` sets how long it may take.",
    bad="an index that is down",
    good="an index that answers",
)

RULES = (
    LOOK_ALIKE, INVALID_NAME, UNKNOWN_NAME, NOT_IN_LOCK, LOCK_UNEXPLAINED, HASH_REMOVED, HASH_CHANGED, UNPINNED, DIRECT,
    NEW_INDEX, INSTALL_HOOK, ENTRY_POINT, UNDECLARED, UNREADABLE, NOT_IN_INDEX, YOUNG, YANKED, LOOK_UP_FAILED,
)  # fmt: skip
_BY_NAME = {rule.id.partition("/")[2]: rule for rule in RULES}


class DependenciesGate:
    """Requirements, locks, indexes, hooks and imports that are new in the change."""

    name = "dependencies"
    title = "look-alike or unlocked packages, hashes removed, new indexes, install hooks, undeclared imports"
    cost = 0.15
    profiles = frozenset(Profile)
    alone = False
    runs_code = False
    rules = RULES
    probes = PROBES

    def skip(self, bench: Bench) -> Skip | None:
        """Only an empty difference leaves nothing to do."""
        if bench.change.files:
            return None
        return Skip(SkipReason.INPUTS_UNCHANGED, "the difference between base and head is empty")

    def run(self, bench: Bench) -> Outcome:
        """Judge what the change declares, then what it hooks into, then what it imports."""
        policy = bench.policy.dependencies
        base, head = (Side(Sources(t), policy.locks, policy.ignore) for t in (bench.trees.base, bench.trees.head))
        allowed = frozenset(name.lower().replace("_", "-") for name in policy.allow)
        seen: list[Observation] = []
        read, owed, notes = 0, 0, tuple[str, ...]()
        if _declares(bench, base, head):
            said, had, notes = _looked_up(bench, base, head, allowed)
            seen += [
                *said,
                *additions.observe(base, head, allowed, had),
                *places.observe(base, head),
                *locked.observe(base, head),
            ]
            seen += _unreadable(base, head)
            listed = {*head.manifests, *head.lock_paths}
            read, owed = len(listed), sum(path in bench.change.paths for path in listed)
        ignored = frozenset(f.path for f in bench.change.files if matches(f.path, policy.ignore))
        seen += hooks.observe(bench.change.files, base.sources, head.sources, ignored)
        project = bench.policy.project
        product = [
            frozenset(product_files(sorted(s.sources.paths), project.packages, project.judges)) for s in (base, head)
        ]
        files = [f for f in bench.change.files if f.path not in ignored]
        found, looked = imports.observe(files, imports.Place(base, head, product[0], product[1], allowed))
        files_changed = len(bench.change.files)
        work = {"files": files_changed, "manifests": read, "imports": looked}
        floor = {"files": files_changed, "manifests": owed, "imports": 0}
        notes += tuple(f"{path} at the base could not be read ({why})" for path, why in sorted(base.unreadable.items()))
        return Outcome(work, floor, _findings([*seen, *found], bench), notes)


def _looked_up(
    bench: Bench, base: Side, head: Side, allowed: frozenset[str]
) -> tuple[list[Observation], frozenset[str], tuple[str, ...]]:
    """What the index says of the names that are new; those of them that it has; what the verdict should say of it."""
    place, names = bench.policy.dependencies.index, index.asked(base, head, allowed)
    if not place or not names:
        return [], frozenset(), ()
    wanted, rest = names[: index.MOST_NAMES], names[index.MOST_NAMES :]
    answers = _answers(bench, base, place, [one.name for one in wanted])
    said: list[Observation] = []
    had: set[str] = set()
    for one in wanted:
        found, wrong = index.observe(one, answers.get(one.name), place, bench.today)
        said += wrong
        if found is not None and found.versions:
            had.add(one.name)
    said += [
        Observation("look-up-failed", one.path, one.line, f"{one.name} was not looked up: the change adds {len(names)}")
        for one in rest
    ]
    return said, frozenset(had), (f"{len(had)} of {len(names)} new names were found in {place}",)


def _answers(bench: Bench, base: Side, place: str, names: list[str]) -> Mapping[str, HttpAnswer]:
    if "://" not in place:
        texts = {name: base.sources.text(f"{place.rstrip('/')}/{name}.json") for name in names}
        return {
            name: HttpAnswer(404) if text is None else HttpAnswer(200, text.encode()) for name, text in texts.items()
        }
    if bench.index is None:
        return {}
    return bench.index.ask(place, names, whole=bench.policy.dependencies.index_seconds)


def _declares(bench: Bench, base: Side, head: Side) -> bool:
    """Whether the change touches a file that declares or locks packages."""
    locks = {*base.lock_paths, *head.lock_paths}
    listed = {*base.manifests, *head.manifests} | locks
    return any(p in listed or (p.endswith(".txt") and is_manifest(p)) for p in bench.change.paths) or _named(
        bench, base
    )


def _named(bench: Bench, base: Side) -> bool:
    """Whether a file is touched that a requirements file of the base names."""
    return any(r.path in bench.change.paths for r in base.declared.requirements)


def _unreadable(base: Side, head: Side) -> Iterator[Observation]:
    """Files that could be read and cannot be any more, and new ones that never could."""
    for path, why in sorted({**head.unreadable, **head.declared.unreadable}.items()):
        if path not in base.unreadable:
            yield Observation("unreadable", path, None, f"{path} cannot be read: {why}")
    if head.declared.open and not base.declared.open:
        what = "a file computes its requirements now, so that nobody can read what they are"
        yield Observation("unreadable", "", None, what, Severity.REVIEW)


def _findings(seen: list[Observation], bench: Bench) -> tuple[Finding, ...]:
    return tuple(
        _BY_NAME[one.rule].finding(
            one.what,
            path=one.path or None,
            line=one.line,
            severity=one.severity,
            reproduce=bench.change.diff(one.path) if one.path and one.path in bench.change.paths else "",
        )
        for one in dict.fromkeys(seen)
    )
