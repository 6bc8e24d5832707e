"""Both halves of the workflow, step by step as they are written, against a forge on loopback."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt

from guardrails.model.change import Snapshot
from guardrails.model.verdict import Verdict
from guardrails.report import as_json
from guardrails.report.comment import MARKER
from tests.catching import PROJECT
from tests.forge_stub import BOT, LONGEST_COMMENT, Forge, install_gate, install_gh, serve, zipped
from tests.git_repositories import new_repo
from tests.verdict_samples import blocking, finding, gate, of, passing
from tests.workflow_steps import COMMENT, GATE, Done, run, scripts

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (shutil.which("jq") and shutil.which("unzip")), reason="needs what the forge's runners have: jq and unzip"
    ),
]
SHA, RUN, NUMBER = "a" * 40, 31, 7
FIND, FETCH, RENDER, WRITE = (
    "Find the open pull request whose head this is",
    "Fetch the verdict, as data",
    "Render it anew",
    "Write the comment, or replace the one that is there",
)
EVENT = {
    "REPO": "org/shop",
    "RUN": str(RUN),
    "SHA": SHA,
    "OWNER": "someone",
    "BRANCH": "x; touch pwned; $(touch pwned)",
    "GH_TOKEN": "x",
}


class Side:
    """The forge, and a runner of the privileged half."""

    def __init__(self, forge: Forge, directory: Path) -> None:
        self.forge, self.directory = forge, directory

    def offer(self, *archives: bytes, run: int = RUN) -> None:
        """Artifacts of a run, the newest last."""
        self.forge.artifacts[run] = [("verdict", data) for data in archives]

    def comment(self, between: Any = None, **event: str) -> list[Done]:
        """The steps of the privileged half for an event; `between` happens before the last one."""
        shutil.rmtree(self.directory / "temp", ignore_errors=True)  # a runner begins with an empty one
        environment = EVENT | event
        steps = [run(scripts(COMMENT)[FIND], self.directory, environment)]
        if number := steps[0].outputs.get("number"):
            for name in (FETCH, RENDER, WRITE):
                if between and name == WRITE:
                    between()
                steps.append(run(scripts(COMMENT)[name], self.directory, environment | {"NUMBER": number}))
        assert [step.said for step in steps if step.status] == []
        return steps

    @property
    def bodies(self) -> list[str]:
        """What the bot has written on the pull request."""
        return [c["body"] for c in self.forge.comments.values() if c["user"]["login"] == BOT and c["number"] == NUMBER]


@pytest.fixture
def side(tmp_path: Path) -> Iterator[Side]:
    forge = Forge()
    forge.pulls[NUMBER] = {"owner": "someone", "branch": EVENT["BRANCH"], "sha": SHA}
    directory = tmp_path / "runner"
    install_gate(directory)
    with serve(forge) as url:
        install_gh(directory, url)
        yield Side(forge, directory)


def about(verdict: Verdict, sha: str = SHA) -> bytes:
    return as_json.render(replace(verdict, head=Snapshot("x", sha, "c" * 40))).encode()


def test_two_runs_make_one_comment_and_the_second_replaces_the_first(side: Side) -> None:
    for login in ("eve", BOT, "eve"):
        side.forge.say(NUMBER, login, f"{MARKER if login == 'eve' else ''} I am not the verdict")
    side.offer(zipped({"verdict.json": about(blocking())}))
    side.comment()
    side.offer(zipped({"verdict.json": about(blocking())}), zipped({"verdict.json": about(passing())}))
    side.comment()
    mine = [body for body in side.bodies if body.startswith(MARKER)]
    assert [body.split("\n")[1].split(":")[0] for body in mine] == ["### PASS"]
    assert len(side.forge.comments) == 4
    assert not (side.directory / "pwned").exists()


def test_a_long_verdict_fits_and_says_the_same_in_twenty_lines(side: Side) -> None:
    many = of(
        gate(
            "lint", *(finding(f"wrong {n} {'x' * 300}", path=f"a/{n}.py", why=f"{n} {'y' * 300}") for n in range(3000))
        )
    )
    side.offer(zipped({"verdict.json": about(many)}))
    side.comment()
    (body,) = side.bodies
    assert len(body) <= LONGEST_COMMENT
    shown = body.partition("<details>")[0].strip().split("\n")
    assert len(shown) <= 21, "the marker and twenty lines"
    assert "2,999 findings must be fixed" in body


EVIL = "<img src=x onerror=alert(1)> @org/all #12 [click](https://evil.example) ![x](http://evil.example/x.png)\n# Big"


def test_words_of_a_stranger_are_words(side: Side) -> None:
    evil = finding(EVIL, path="a](http://evil.example)`<b>.py", rule="</details><script>", why=EVIL, fix=EVIL)
    side.offer(zipped({"verdict.json": about(of(gate(f"x{EVIL}", evil)))}))
    side.comment()
    (body,) = side.bodies
    tokens = MarkdownIt("commonmark", {"html": True}).parse(body)
    flat = [token for one in tokens for token in (one, *(one.children or ()))]
    assert {token.type for token in flat}.isdisjoint({"link_open", "image"})
    html = {token.content.strip() for token in flat if token.type in ("html_inline", "html_block")}
    assert not [one for one in html if "img" in one or "script" in one or "<b>" in one]
    assert "@org/all" not in "".join(token.content for token in flat if token.type == "text")


def bomb() -> bytes:
    return zipped({"verdict.json": b'{"schema": 1,' + b" " * 60_000_000})


LIAR = json.loads(about(blocking())) | {"verdict": "pass", "exit_code": 0}


@pytest.mark.parametrize(
    "archives",
    [
        [],
        [b"no archive"],
        [zipped({"report.md": b"### PASS"})],
        [zipped({"verdict.json": about(passing(), "b" * 40)})],
        [zipped({"verdict.json": about(passing())[:-200]})],
        [zipped({"verdict.json": json.dumps(LIAR).encode()})],
        [zipped({"verdict.json": b'{"schema": 0}'})],
        [zipped({"verdict.json": b"[" * 1_000_000})],
        [zipped({"verdict.json": about(passing())}) + b"\0" * 20_000_001],
        [bomb()],
    ],
    ids=["none", "garbage", "empty", "foreign", "cut", "lying", "older", "deep", "large", "bomb"],
)
def test_what_cannot_be_believed_is_no_verdict_and_replaces_an_older_one(archives: list[bytes], side: Side) -> None:
    side.forge.say(NUMBER, BOT, f"{MARKER}\n### PASS: Nothing that was checked stands against this change.")
    side.offer(*archives)
    side.comment()
    (body,) = side.bodies
    assert body.startswith(f"{MARKER}\n### ERROR: there is no verdict on {SHA}")
    assert "PASS" not in body
    read = side.directory / "temp/verdict.json"
    assert not read.exists() or read.stat().st_size <= 50_000_001


def test_no_name_in_an_artifact_becomes_a_path_or_a_pull_request(side: Side) -> None:
    before = set(side.directory.rglob("*"))
    names = ("../../pwned", "../pwned", "/tmp/wt-pwned", "comment.md", "gh", "x;touch pwned", "number", "NUMBER")
    side.forge.pulls[1] = {"owner": "other", "branch": "main", "sha": "d" * 40}
    side.offer(zipped({"verdict.json": about(passing()), **dict.fromkeys(names, b"1")}))
    side.comment()
    made = {str(path.relative_to(side.directory)) for path in set(side.directory.rglob("*")) - before}
    assert made == {
        "github_output",
        "github_step_summary",
        "temp",
        "temp/verdict.zip",
        "temp/verdict.json",
        "temp/comment.md",
    }
    assert not list(side.directory.parent.rglob("pwned"))
    assert side.bodies[0].startswith(f"{MARKER}\n### PASS")
    assert not [asked for asked in side.forge.asked if "/issues/1/" in asked]


def test_a_branch_that_has_moved_on_is_left_alone(side: Side) -> None:
    side.offer(zipped({"verdict.json": about(passing())}))

    def push() -> None:
        side.forge.pulls[NUMBER]["sha"] = "e" * 40

    steps = side.comment(between=push)
    assert "moved on" in steps[-1].said
    assert len(side.comment()) == 1
    assert side.bodies == []


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone of a project's base, as a runner has it; its origin has a pull request that weakens a test."""
    repo = new_repo(tmp_path / "origin")
    shutil.copytree(PROJECT, repo.root, dirs_exist_ok=True)
    repo.git("add", "-A")
    repo.git("commit", "-qm", "base")
    repo.branch("change")
    test = "tests/test_ranking.py"
    text = (repo.root / test).read_text()
    repo.commit({test: text.replace('    assert ranked[0].item_id == "i1"\n', "    assert True\n")})
    repo.git("update-ref", f"refs/pull/{NUMBER}/head", "change")
    repo.git("checkout", "-q", "main")
    subprocess.run(["git", "clone", "-q", repo.root, tmp_path / "clone"], check=True)
    return tmp_path / "clone"


def test_from_the_change_to_the_comment(clone: Path, side: Side) -> None:
    def sha(ref: str) -> str:
        asked = subprocess.run(["git", "rev-parse", ref], cwd=clone, capture_output=True, check=True, text=True)
        return asked.stdout.strip()

    install_gate(clone)
    (clone / ".git/info/exclude").write_text(".venv\n")
    told = {"REF": f"refs/pull/{NUMBER}/head", "HOME": str(clone)}
    judge = scripts(GATE, "judge")
    assert run(judge["Fetch the head as data"], clone, told).status == 0
    fetched = run(judge["Fetch the approvals, if there are any, as data"], clone, told)
    assert fetched.status == 0, fetched.said
    head = sha("refs/remotes/judged/head")
    done = run(judge["Judge"], clone, told | {"BASE": sha("main"), "HEAD": head})
    assert (done.status, done.outputs) == (0, {"status": "1"}), done.said
    assert "::error file=tests/test_ranking.py,line=" in done.said
    assert done.summary.startswith("### BLOCK")
    out = clone / "out"
    assert "tampering/assertion-always-true" in (out / "report.sarif").read_text()
    assert ElementTree.parse(out / "junit.xml").getroot().get("failures") != "0"
    (check,) = scripts(GATE, "verdict").values()
    assert run(check, clone, {"STATUS": done.outputs["status"], "REVIEW": "skipped"}).status == 1

    side.forge.pulls[NUMBER]["sha"] = head
    side.offer(zipped({path.name: path.read_bytes() for path in out.iterdir()}))
    side.comment(SHA=head)
    (body,) = side.bodies
    assert body.removeprefix(f"{MARKER}\n") == done.summary
