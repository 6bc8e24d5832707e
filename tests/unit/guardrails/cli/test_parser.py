"""Arguments in, options out; wrong use is exit status 2 with words."""

from pathlib import Path

import pytest

from guardrails.cli import parser
from guardrails.cli.options import FORMATS, CheckOptions, ReportOptions
from guardrails.report.registry import RENDERERS


def check(*arguments: str) -> CheckOptions:
    return parser.check_options(parser.build().parse_args(["check", *arguments]))


def test_with_no_options_the_checkout_is_judged_by_every_gate_of_the_profile_pr() -> None:
    options = check()
    assert options == CheckOptions()
    assert (options.profile, options.wanted.base, options.wanted.newest, options.only) == ("pr", None, False, ())
    assert parser.report_options(parser.build().parse_args(["check"])) == ReportOptions("text", None)


def test_every_option_arrives() -> None:
    arguments = ["--repo", "x", "--base", "a", "--head", "b", "--newest", "--only", "scope, lint", "--skip", "lint"]
    options = check(*arguments, "--profile", "fast", "--jobs", "3", "--seed", "0")
    assert options.repository == Path("x")
    assert (options.wanted.base, options.wanted.head, options.wanted.newest) == ("a", "b", True)
    assert (options.only, options.skip) == (("scope", "lint"), ("lint",))
    assert (options.profile, options.jobs, options.seed) == ("fast", 3, 0)


def test_load_is_the_load_gate_alone_for_a_release() -> None:
    options = parser.load_options(parser.build().parse_args(["load", "--base", "a"]))
    assert (options.only, options.profile, options.wanted.base) == (("load",), "release", "a")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["chekc"],
        ["check", "--bas", "main"],  # abbreviations would change their meaning with the next option
        ["check", "--jobs", "0"],
        ["check", "--jobs", "-1"],
        ["check", "--seed", "x"],
        ["check", "--only", "scope,,lint"],
        ["check", "--only", ""],
        ["check", "--format", "yaml"],
        ["check", "--profile", "slow"],
        ["check", "extra"],
        ["explain"],
    ],
)
def test_wrong_use_is_exit_status_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parser.build().parse_args(arguments)
    assert caught.value.code == 2
    assert "error:" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command", ["check", "load", "gates", "explain", "probe", "report", "approve", "sign-evidence", "verify-evidence"]
)
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parser.build().parse_args([command, "--help"])
    assert caught.value.code == 0
    shown = capsys.readouterr().out
    assert "usage: guardrails" in shown
    assert len(shown) > 200


def test_the_formats_are_those_that_there_are() -> None:
    assert set(FORMATS) == set(RENDERERS)
