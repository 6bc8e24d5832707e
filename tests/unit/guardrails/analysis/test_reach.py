"""Which tests lead to a file of the product."""

from pathlib import Path

from guardrails.analysis.reach import reaching
from guardrails.analysis.source import Sources
from tests.judge_fakes import FakeTree


def test_those_that_import_it_come_first_then_those_that_lead_to_it(tmp_path: Path) -> None:
    files = {
        "src/shop/__init__.py": "",
        "src/shop/rank.py": "",
        "src/shop/app.py": "from shop import rank\n",
        "tests/test_a.py": "from shop import app\n",
        "tests/test_b.py": "import shop.rank\n",
        "tests/test_c.py": "import json\n",
        "tests/deep/conftest.py": "import shop.app\n",
        "tests/deep/test_d.py": "",
    }
    sources = Sources(FakeTree(tmp_path / "tree", files))
    tests = [path for path in files if "test_" in path]
    found = reaching(sources, tests, {"src/shop/rank.py"})
    assert found == ("tests/test_b.py", "tests/deep/test_d.py", "tests/test_a.py")
    assert reaching(sources, tests, {"src/shop/other.py"}) == ()
