"""What a run sees of the disk."""

from pathlib import Path

import pytest

from guardrails.adapters.sandbox import bubblewrap, view
from guardrails.adapters.sandbox.limits import Limits
from guardrails.adapters.sandbox.view import View, hidden_places, view_of


def made(path: Path, text: str | None = None) -> Path:
    """A file with a text, or a directory."""
    if text is None:
        path.mkdir(parents=True, exist_ok=True)
        return path
    made(path.parent)
    path.write_text(text)
    return path


def test_places_are_hidden_once_and_links_by_what_they_point_to(tmp_path: Path) -> None:
    home = made(tmp_path / "home")
    made(home / "project")
    (tmp_path / "link").symlink_to(home)
    hidden = hidden_places([tmp_path / "link", home / "project", tmp_path / "absent", Path("/")])
    assert Path("/") not in hidden
    assert all(place not in other.parents for place in hidden for other in hidden)
    assert any(home.is_relative_to(place) for place in hidden)
    assert not any("absent" in str(place) or "link" in place.name for place in hidden)


def test_an_environment_in_a_hidden_checkout_is_seen_and_the_checkout_is_not(tmp_path: Path) -> None:
    repo, base, sibling = (made(tmp_path / name) for name in ("home/repo", "home/python", "home/sibling/src"))
    made(base / "bin" / "python3", "")
    program = made(repo / ".venv" / "bin") / "python"
    program.symlink_to(base / "bin" / "python3")
    made(repo / ".venv" / "pyvenv.cfg", f"home = {base / 'bin'}\nversion = 3\n")
    made(repo / "src")
    pth = f"import something\n{repo / 'src'}\n{sibling}\n{tmp_path / 'absent'}\n"
    made(repo / ".venv/lib/python3.11/site-packages/editable.pth", pth)
    work = made(tmp_path / "home" / "work")
    found = view_of((tmp_path / "home",), repo, program, [work], [work])
    assert found.reads == tuple(sorted((base, repo / ".venv", sibling, work)))
    assert found.writes == (work,)
    # Python puts on its path only what is there; the recorder then points it at the tree.
    assert found.empty == (repo, repo / "src")


def test_a_program_that_stands_in_the_home_itself_does_not_open_it(tmp_path: Path) -> None:
    home = made(tmp_path / "home")
    program = made(home / "bin" / "tool", "")
    made(home / ".ssh" / "id", "secret")
    reads = view_of((home,), Path("/nonexistent"), program, (), ()).reads
    assert reads == (home / "bin",)


def test_what_may_be_read_are_the_largest_parts_without_anything_hidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("usr/lib", "home/me", "var/log", "var/secret"):
        made(tmp_path / name)
    hidden = (tmp_path / "home", tmp_path / "var" / "secret")
    assert view._visible(tmp_path, hidden) == (tmp_path / "usr", tmp_path / "var" / "log")
    monkeypatch.setattr(view, "_visible", lambda *_: (Path("/usr"),))
    assert View(hidden, (tmp_path,), ()).granted() == (Path("/usr"), tmp_path)


def test_bubblewrap_covers_first_and_lays_open_after(tmp_path: Path) -> None:
    seen = View((Path("/tmp"), Path("/homes")), (Path("/homes/a/env"),), (Path("/tmp/work"),), (Path("/homes/repo"),))
    limits = Limits.of(memory_mb=4, processes=2, file_mb=8)
    words = bubblewrap.wrapped("bwrap", ("--unshare-user",), seen, limits, Path("/tmp/work"), network=False)
    line = " ".join(words)
    order = ("--tmpfs /homes", "--dir /homes/a", "--dir /homes/repo", "--ro-bind /homes/a/env", "--bind /tmp/work")
    assert sorted(order, key=line.index) == list(order)
    assert line.index("--bind /tmp/work") < line.index("--remount-ro /homes")
    assert "--remount-ro /tmp" not in line
    assert "--unshare-net" in line
    assert "--unshare-user" in line
    assert "--unshare-net" not in bubblewrap.wrapped("bwrap", (), seen, limits, Path("/"), network=True)
