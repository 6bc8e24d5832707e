"""What is the product of a tree, with and without a policy that says so."""

from guardrails.analysis.products import module_name, product_files, product_packages, top_packages
from guardrails.config import Project

PATHS = [
    "docs/conf.py", "flat.py", "setup.py", "shop/__init__.py", "shop/rank.py", "shop/test_rank.py", "shop/x.txt",
    "src/other/__init__.py", "src/other/a/b.py", "tests/test_shop.py", "tools/__init__.py",
]  # fmt: skip


def test_the_packages_of_a_tree_without_a_policy() -> None:
    assert top_packages(PATHS, Project().judges) == ("flat", "other", "shop")


def test_a_policy_decides() -> None:
    assert product_packages(PATHS, ("other",), Project().judges) == ("other",)


def test_the_files_of_the_product_are_without_its_judges() -> None:
    files = product_files(PATHS, (), Project().judges)
    assert files == ("flat.py", "shop/__init__.py", "shop/rank.py", "src/other/__init__.py", "src/other/a/b.py")


def test_module_names() -> None:
    assert [module_name(p) for p in ("src/shop/__init__.py", "shop/a/b.py", "c.py")] == ["shop", "shop.a.b", "c"]
