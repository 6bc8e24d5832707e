"""A lock that holds less fast is looser; a newer version is none of this."""

import pytest

from guardrails.analysis.settings.locks import is_lock, lock_changes

LOCK = "pytest==8.4.1 \\\n    --hash=sha256:aa\nnumpy==2.0\n"


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (LOCK.replace(" \\\n    --hash=sha256:aa", ""), ["pytest was held by its hash and no longer is"]),
        (LOCK.replace("numpy==2.0", "numpy>=2"), ["numpy was pinned to a version and no longer is"]),
        ("--extra-index-url https://example.org\n" + LOCK,
         ["packages now come from elsewhere: `--extra-index-url https://example.org`"]),
        (LOCK.replace("8.4.1", "8.4.2").replace("aa", "bb"), []),
        (LOCK + "msgspec==1.0\n", []),
        (LOCK.replace("numpy==2.0\n", ""), []),
    ],
)  # fmt: skip
def test_directions(after: str, words: list[str]) -> None:
    assert [change.words for change in lock_changes("requirements.lock", LOCK, after)] == words


def test_which_files_are_locks() -> None:
    assert is_lock("requirements.lock")
    assert is_lock("deploy/requirements-dev.txt")
    assert not is_lock("docs/requirements.md")
