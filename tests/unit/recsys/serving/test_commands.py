"""The command line: help, errors, and a slate on the terminal."""

import json
from pathlib import Path

import pytest

from recsys.__main__ import COMMANDS, main, parser_for
from recsys.bootstrap import artifact_directory
from recsys.serving.arguments import shared_settings
from tests.recsys_worlds import small_published, world_now


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("published") / "model"
    artifact_directory(path).write(small_published())
    return str(path)


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_help_and_the_summary_that_the_list_shows(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: recsys {name} ")
    whole = parser_for(name).format_help()
    assert whole == parser_for(None).format_help()
    assert COMMANDS[name].summary in whole


@pytest.mark.parametrize("arguments", [[], ["dance"], ["recommend"], ["serve", "--artifact", "x", "--port", "y"]])
def test_wrong_usage_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "error:" in capsys.readouterr().err


def test_recommend_prints_a_table(artifact: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recommend", "--artifact", artifact, "--user", "u000001", "-k", "4", "--seed", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("4 tracks for u000001 in ")
    assert len(lines) == 7


def test_recommend_prints_the_answer_of_the_api(artifact: str, capsys: pytest.CaptureFixture[str]) -> None:
    command = [
        "recommend",
        "--artifact",
        artifact,
        "--user",
        "new",
        "-k",
        "3",
        "--seed",
        "1",
        "--market",
        "SE",
        "--json",
    ]
    command += ["--now", "2026-11-01T00:00:00Z", "--explain"]
    assert main(command) == 0
    first = json.loads(capsys.readouterr().out)
    assert len(first["items"]) == 3
    assert first["items"][0]["explanation"]["features"]
    assert main(command) == 0
    assert json.loads(capsys.readouterr().out)["items"] == first["items"]


def test_recommend_reads_the_state_that_a_service_left(
    artifact: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["recommend", "--artifact", artifact, "--user", "new", "--seed", "1", "--json", "--state", str(tmp_path)]
    assert main(command) == 0
    first = json.loads(capsys.readouterr().out)["items"][0]["track_id"]
    (tmp_path / "takedowns.json").write_text(json.dumps({"tracks": [first]}))
    assert main(command) == 0
    assert first not in {item["track_id"] for item in json.loads(capsys.readouterr().out)["items"]}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-k", "0"], "the request is refused: k: Expected"),
        (["-k", "101"], "the request is refused: k: Expected"),
        (["--market", "ZZ"], "the catalogue has no market 'ZZ'; it has BR, DE, JP, SE, US"),
        (["--user", ""], "the request is refused: user_id"),
        (["--artifact", "/nowhere"], "/nowhere does not exist"),
    ],
)
def test_what_cannot_be_done_is_told_with_status_2(
    artifact: str, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert main(["recommend", "--artifact", artifact, "--user", "u", *arguments]) == 2
    assert capsys.readouterr().err.startswith(f"recsys: error: {said}")


@pytest.mark.parametrize("text", ["yesterday", "2026-11-01", "2026-11-01T00:00:00"])
def test_a_time_needs_an_offset(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["serve", "--artifact", "x", "--now", text])
    assert "--now" in capsys.readouterr().err


def test_settings_are_what_was_asked() -> None:
    parser = parser_for("serve")
    args = parser.parse_args(["serve", "--artifact", "m", "--state", ":memory:", "--now", "2026-11-01T00:00:00Z"])
    shared = shared_settings(args, Path("default"))
    assert (shared["state"], shared["now"], shared["seed"]) == (None, world_now(), None)
    assert shared_settings(parser.parse_args(["serve", "--artifact", "m"]), Path("default"))["state"] == Path("default")
