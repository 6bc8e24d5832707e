"""Areas by name, and what belongs to them."""

from pathlib import Path

import pytest

from guardrails.analysis.areas import Membership, resolved
from guardrails.analysis.source import Sources
from tests.judge_fakes import FakeTree

PATHS = (
    "shop/__init__.py",
    "shop/re_ranking/mmr.py",
    "shop/pipeline.py",
    "tests/unit/re_ranking/test_mmr.py",
    "docs/a.md",
)
JUDGES = ("tests/**",)


@pytest.mark.parametrize(
    ("name", "patterns"),
    [
        ("re-ranking", ("shop/re_ranking/**", "tests/unit/re_ranking/**")),
        ("Re ranking", ("shop/re_ranking/**", "tests/unit/re_ranking/**")),
        ("shop/re_ranking", ("shop/re_ranking/**",)),
        ("shop.re_ranking", ("shop/re_ranking/**",)),
        ("pipeline", ("shop/pipeline.py",)),
        ("docs", ("docs/**",)),
        ("money", ("a/**", "b/c.py")),
    ],
)
def test_a_name_stands_for_paths(name: str, patterns: tuple[str, ...]) -> None:
    assert resolved(name, {"Money": ("a/**", "b/c.py")}, PATHS).patterns == patterns


def test_a_name_that_nothing_has_comes_with_the_nearest() -> None:
    area = resolved("reranking", {}, PATHS)
    assert (area.patterns, area.nearest) == ((), "re_ranking")
    assert resolved("zzz", {}, PATHS).nearest == ""


FILES = {
    "shop/rank/mmr.py": "",
    "shop/rank/cap.py": "",
    "shop/load.py": "",
    "tests/test_mmr.py": "",
    "tests/test_slates.py": "from shop.rank.cap import cap\n",
    "tests/test_other.py": "import shop.load\n",
    "tests/test_ranked.py": "",
    "docs/serving.md": "The rank of a track.",
    "docs/frank.md": "Frank opinions.",
    "CHANGELOG.md": "",
    "rank.cfg": "",
}


@pytest.mark.parametrize(
    ("path", "inside"),
    [
        ("shop/rank/mmr.py", True),
        ("shop/load.py", False),
        ("tests/test_mmr.py", True),
        ("tests/test_slates.py", True),
        ("tests/test_other.py", False),
        ("tests/test_ranked.py", False),
        ("docs/serving.md", True),
        ("docs/frank.md", False),
        ("CHANGELOG.md", True),
        ("rank.cfg", False),
    ],
)
def test_tests_documents_and_the_changelog_belong(path: str, inside: bool, tmp_path: Path) -> None:
    member = Membership([resolved("rank", {}, FILES)], JUDGES, ["shop/rank/mmr.py"])
    assert member.holds(path, Sources(FakeTree(tmp_path, FILES))) is inside
