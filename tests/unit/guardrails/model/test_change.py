"""A change as a value: what its readers ask of it."""

from guardrails.model.change import Change, Snapshot

BASE = Snapshot("main", "b" * 40, "t1")


def test_the_command_that_shows_a_change_can_be_pasted_into_a_shell() -> None:
    committed = Change(BASE, Snapshot("feature", "c" * 40, "t2"), ())
    assert committed.diff() == f"git diff {'b' * 40} {'c' * 40}"
    assert committed.diff("it's here.py", options="--stat") == (
        f"git diff --stat {'b' * 40} {'c' * 40} -- 'it'\"'\"'s here.py'"
    )


def test_uncommitted_work_is_compared_with_the_base() -> None:
    assert Change(BASE, Snapshot("feature", None, "t2"), (), uncommitted=True).diff("a.py") == (
        f"git diff {'b' * 40} -- a.py"
    )


def test_a_side_is_called_by_its_ref_and_its_commit() -> None:
    assert BASE.label == "main (bbbbbbbbbbbb)"
    assert Snapshot("b" * 40, "b" * 40, "t1").label == "b" * 12
    assert Snapshot("feature", None, "t2").label == "feature (uncommitted work)"
