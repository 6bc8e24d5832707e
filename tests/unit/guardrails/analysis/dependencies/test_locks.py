"""Every form of lock gives the same packages."""

import json

import pytest

from guardrails.analysis.dependencies import locks
from guardrails.analysis.dependencies.declared import Lock
from tests.dependency_samples import PUBLIC

A, B = "sha256:" + "a" * 64, "sha256:" + "b" * 64
FORMS = {
    "requirements.lock": f"# made by make\nflask==3.0.3 ; python_version > '3' \\\n    --hash={A} \\\n    --hash={B}\n",
    "uv.lock": 'version = 1\n[[package]]\nname = "flask"\nversion = "3.0.3"\n'
    f'source = {{ registry = "{PUBLIC}" }}\n'
    f'sdist = {{ url = "x", hash = "{A}" }}\nwheels = [{{ url = "y", hash = "{B}" }}]\n',
    "poetry.lock": '# @generated\n\n[[package]]\nname = "Flask"\nversion = "3.0.3"\n'
    f'files = [{{file = "x", hash = "{A}"}}, {{file = "y", hash = "{B}"}}]\n\n[metadata]\nlock-version = "2.1"\n',
    "old/poetry.lock": '[[package]]\nname = "flask"\nversion = "3.0.3"\n\n[metadata.files]\n'
    f'flask = [{{file = "x", hash = "{A}"}}, {{file = "y", hash = "{B}"}}]\n',
    "pdm.lock": f'[[package]]\nname = "flask"\nversion = "3.0.3"\nfiles = [{{hash = "{A}"}}, {{hash = "{B}"}}]\n',
    "Pipfile.lock": json.dumps({"default": {"flask": {"version": "==3.0.3", "hashes": [A, B]}}}),
    "pylock.toml": 'lock-version = "1.0"\n[[packages]]\nname = "flask"\nversion = "3.0.3"\n'
    f'sdist = {{ hashes = {{ sha256 = "{"a" * 64}" }} }}\nwheels = [{{ hashes = {{ sha256 = "{"b" * 64}" }} }}]\n',
}


@pytest.mark.parametrize("path", FORMS)
def test_every_form_is_read(path: str) -> None:
    (entry,) = locks.parse(path, FORMS[path]).entries
    assert (entry.name, entry.version, entry.hashes, entry.direct) == ("flask", "3.0.3", frozenset({A, B}), "")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("uv.lock", '[[package]]\nname = "x"\nversion = "1"\nsource = { git = "https://example.org/x" }\n'),
        (
            "poetry.lock",
            '[[package]]\nname = "x"\nversion = "1"\n[package.source]\ntype = "git"\nurl = "https://example.org/x"\n',
        ),
        ("pdm.lock", '[[package]]\nname = "x"\nversion = "1"\ngit = "https://example.org/x"\n'),
        ("Pipfile.lock", '{"develop": {"x": {"git": "https://example.org/x"}}}'),
        ("pylock.toml", '[[packages]]\nname = "x"\nvcs = { type = "git", url = "https://example.org/x" }\n'),
        ("requirements.lock", "x @ https://example.org/x\n"),
    ],
)
def test_where_an_entry_comes_from_is_read(path: str, text: str) -> None:
    (entry,) = locks.parse(path, text).entries
    assert (entry.name, entry.direct) == ("x", "https://example.org/x")


def test_what_an_entry_requires_is_read() -> None:
    text = '[[package]]\nname = "a"\nversion = "1"\ndependencies = [{ name = "B_c" }]\n'
    text += '[package.optional-dependencies]\nx = [{ name = "d" }]\n'
    lock = locks.parse("uv.lock", text)
    assert lock.graph
    assert lock.entries[0].needs == {"b-c", "d"}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("uv.lock", "[[package]\n"),
        ("uv.lock", "[[package]]\nversion = 1\n"),
        ("Pipfile.lock", "{"),
        ("Pipfile.lock", "[]"),
    ],
)
def test_what_is_no_lock_is_an_error(path: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        locks.parse(path, text)


def test_an_empty_lock_has_no_packages() -> None:
    assert locks.parse("requirements.lock", "# nothing\n") == Lock("requirements.lock", ())
