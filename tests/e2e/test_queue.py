"""Branches made side by side: five of them, of which two break only together; and what cannot be queued."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.git_repositories import Repo, new_repo

pytestmark = pytest.mark.slow
FILES = {
    "shop/__init__.py": "",
    "shop/prices.py": "def net(cents):\n    return cents\n",
    "shop/rank.py": "def rank(scores):\n    return sorted(scores, reverse=True)\n",
    "shop/words.py": "def greet(name):\n    return f'hello {name}'\n",
    "tests/test_prices.py": "from shop.prices import net\n\n\ndef test_net():\n    assert net(100) == 100\n",
    "tests/test_rank.py": "from shop.rank import rank\n\n\ndef test_rank():\n    assert rank([1, 2]) == [2, 1]\n",
    "README.md": "# Shop\n",
    "guardrails.toml": 'schema = 1\n\n[project]\npackages = ["shop"]\n\n[tests]\npaths = ["tests"]\n',
}
BRANCHES = {
    "prices-alone": {  # nobody shall use prices, which another branch begins to do
        "shop/prices.py": "def net(cents, currency='EUR'):\n    return cents\n",
        "tests/test_only.py": (
            "from pathlib import Path\n\n\ndef test_who_uses_prices():\n"
            "    users = [p.name for p in Path('shop').glob('*.py') if 'shop.prices' in p.read_text()]\n"
            "    assert users == []\n"
        ),
    },
    "total": {
        "shop/totals.py": "from shop.prices import net\n\n\ndef total(prices):\n    return sum(map(net, prices))\n",
        "tests/test_totals.py": "from shop.totals import total\n\n\ndef test_it():\n    assert total([1, 2]) == 3\n",
    },
    "greet": {"shop/words.py": "def greet(name):\n    return f'Hello {name}'\n"},
    "readme": {"README.md": "# Shop\n\nSells.\n"},
    "broken": {"shop/rank.py": "def rank(scores):\n    return sorted(scores)\n"},
}


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = new_repo(tmp_path / "shop")
    write(made, FILES)
    made.git("add", "-A")
    made.git("commit", "-qm", "base")
    for name, files in BRANCHES.items():
        made.git("switch", "-qc", name, "main")
        write(made, files)
        made.git("add", "-A")
        made.git("commit", "-qm", name)
    made.git("switch", "-q", "main")
    return made


def write(repo: Repo, files: dict[str, str]) -> None:
    for path, text in files.items():
        (repo.root / path).parent.mkdir(parents=True, exist_ok=True)
        (repo.root / path).write_text(text)


def queue(repo: Repo, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "guardrails", "queue", "--repo", str(repo.root), *arguments]
    return subprocess.run(command, text=True, capture_output=True, check=False)


def test_five_branches_of_which_two_break_only_together(repo: Repo) -> None:
    before = repo.git("for-each-ref"), repo.git("status", "--porcelain"), repo.git("rev-parse", "HEAD")
    done = queue(repo, *BRANCHES, "--only", "tests", "--format", "json")
    assert done.returncode == 1, done.stderr
    told = json.loads(done.stdout)
    out = {one["branch"]: one for one in told["left_out"]}
    assert out.keys() < BRANCHES.keys()
    assert out["broken"]["partners"] == []
    assert "tests/base-test-fails" in out["broken"]["why"][0]
    (together,) = out.keys() - {"broken"}
    assert {together, *out[together]["partners"]} == {"prices-alone", "total"}
    assert {*told["order"], *out} == set(BRANCHES)
    assert before == (repo.git("for-each-ref"), repo.git("status", "--porcelain"), repo.git("rev-parse", "HEAD"))
    good = queue(repo, *told["order"], "--only", "tests")
    assert good.returncode in {0, 3}, good.stdout
    assert "Merge in this order" in good.stdout


def test_a_conflict_of_text_and_what_both_touch(repo: Repo) -> None:
    repo.git("switch", "-qc", "other-greeting", "main")
    write(repo, {"shop/words.py": "def greet(name):\n    return f'hi {name}'\n"})
    repo.git("commit", "-qam", "hi")
    done = queue(repo, "greet", "other-greeting", "--only", "lint")
    assert done.returncode == 1
    assert "git cannot merge them: shop/words.py" in done.stdout
    assert "file shop/words.py" in done.stdout


def nothing(repo: Repo) -> list[str]:
    repo.git("branch", "old", "main")
    return ["old"]


def stranger(repo: Repo) -> list[str]:
    repo.git("switch", "-q", "--orphan", "stranger")
    repo.git("commit", "-qm", "x", "--allow-empty")
    repo.git("switch", "-q", "main")
    return ["stranger"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (lambda _: ["nosuch"], "'nosuch' is no commit"),
        (lambda _: ["greet", "greet"], "named twice"),
        (lambda _: ["greet", "--base", "nosuch"], "--base 'nosuch' is no commit"),
        (nothing, "merged already"),
        (stranger, "no commit in common"),
    ],
)
def test_what_cannot_be_queued(repo: Repo, arguments: Callable[[Repo], list[str]], says: str) -> None:
    done = queue(repo, *arguments(repo))
    assert done.returncode == 2
    assert says in done.stderr
