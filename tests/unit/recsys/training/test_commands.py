"""`recsys train` and `recsys evaluate` as a person meets them."""

import json
import re
import shlex
from pathlib import Path

import pytest

from recsys.__main__ import main
from tests.movielens_sample import RATINGS, sample

SMALL = ["--users", "120", "--tracks", "200", "--days", "120", "--seed", "3", "--holdout", "0.2"]
TINY = ["--users", "30", "--tracks", "40", "--days", "60"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("commands") / "model"
    assert main(["train", "--output", str(path), "--quiet", *SMALL]) == 0
    return path


def test_train_says_what_it_does_and_what_it_made_the_same_each_time(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "model"
    assert main(["train", "--output", str(output), *SMALL]) == 0
    said = capsys.readouterr()
    for stage in ("data", "split", "parts for the ranker", "training rows", "ranker", "final parts", "published"):
        assert f"s] {stage}: " in said.err
    version = json.loads((output / "manifest.json").read_bytes())["model_version"]
    assert version in said.out
    assert "120 users, 200 tracks" in said.out
    assert f"recsys evaluate --artifact {output}" in said.out
    assert (output / "manifest.json").read_bytes() == (trained / "manifest.json").read_bytes()


def test_evaluate_prints_a_table(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "--artifact", str(trained), "--k", "5", "--max-users", "40"]) == 0
    table = capsys.readouterr().out
    assert "ndcg@5" in table
    assert all(f"\n  {system}" in table for system in ("served", "ranked", "item-item", "popularity"))


def test_evaluate_prints_json(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "--artifact", str(trained), "--json", "--max-users", "30"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["users"] <= 30
    assert found["model_version"] == json.loads((trained / "manifest.json").read_bytes())["model_version"]
    assert 0.0 < found["results"]["all"]["popularity"]["metrics"]["ndcg"]["mean"] < 1.0


def test_real_data_is_trained_on_and_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ratings = "userId,movieId,rating,timestamp\n" + "".join(
        f"{user},{movie},{3 + (user + order) % 2},{1_000_000_000 + user * 10_000 + order}\n"
        for user in range(20)
        for order, movie in enumerate(("1", "2", "10", "30", "4"))
    )
    (tmp_path / "data").mkdir()
    data, model = sample(tmp_path / "data", ratings=ratings), tmp_path / "model"
    assert main(["train", "--data", str(data), "--output", str(model), "--holdout", "0.4", "--quiet"]) == 0
    assert f"recsys evaluate --artifact {model} --data {data}\n" in capsys.readouterr().out
    assert main(["evaluate", "--artifact", str(model), "--data", str(data)]) == 0
    judged = capsys.readouterr().out
    assert "each user's own cut-off" in judged
    assert "Groups are by the tracks that a user had played before" in judged
    (line,) = [line for line in judged.splitlines() if line.startswith("  served")][:1]
    assert len(re.findall(r"[\d.]+ \[[\d.]+, [\d.]+\]", line)) >= 5  # recall, NDCG, MRR, artist, novelty
    (data / "ratings.csv").write_text(RATINGS)
    refused(["evaluate", "--artifact", str(model), "--data", str(data)], "not the data that", capsys)
    refused(["evaluate", "--artifact", str(model)], "give it with --data PATH", capsys)


def test_rows_that_were_left_out_are_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "data").mkdir()
    data = sample(tmp_path / "data", ratings=RATINGS + "7,99,six,1000000000\n")
    command = ["train", "--data", str(data), "--output", str(tmp_path / "model")]
    refused(command, "1 of 11 rows cannot be used", capsys)
    assert not (tmp_path / "model").exists()
    assert main([*command, "--max-bad-rows", "0.2"]) == 0
    assert "warning: 1 rows" in capsys.readouterr().err


def test_a_final_model_cannot_be_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = tmp_path / "model"
    assert main(["train", "--output", str(model), "--quiet", "--refit-all", *TINY, "--end", "2025-03-01"]) == 0
    source = json.loads((model / "manifest.json").read_bytes())["details"]["source"]
    assert source["end"] == 1_740_787_200
    assert "judge it" not in capsys.readouterr().out
    refused(["evaluate", "--artifact", str(model)], "--refit-all", capsys)


def test_what_is_there_is_replaced_only_with_force(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "model"
    command = ["train", "--output", str(output), "--quiet", *TINY]
    assert main(command) == 0
    first = (output / "manifest.json").read_bytes()
    capsys.readouterr()
    loud = [word for word in command if word != "--quiet"]
    said = refused([*loud, "--seed", "9"], "already holds a model; add --force", capsys)
    assert "s] data" not in said, "refused before the work, not after it"
    assert (output / "manifest.json").read_bytes() == first
    assert main([*command, "--seed", "9", "--force"]) == 0
    assert (output / "manifest.json").read_bytes() != first


def refused(command: list[str], why: str, capsys: pytest.CaptureFixture[str]) -> str:
    """The command ends with 2 and says why on standard error, without a traceback. Returns what it said there."""
    capsys.readouterr()
    assert main(command) == 2
    said = capsys.readouterr()
    assert why in said.err
    assert said.err.startswith("recsys: error: ")
    assert "Traceback" not in said.err
    assert said.out == ""
    return said.err


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--users", "-5"], "users is -5"),
        (["--tracks", "0"], "tracks is 0"),
        (["--days", "-1"], "days is -1"),
        (["--seed", "-1"], "seed is -1"),
        (["--holdout", "0.9"], "holdout is 0.9"),
        (["--data", "nowhere"], "nowhere does not exist"),
        (["--format", "movielens-csv"], "needs --data"),
        (["--data", ".", "--users", "5"], "exclude each other"),
        (["--data", ".", "--format", "synthetic"], "exclude each other"),
    ],
)
def test_bad_input_is_refused_and_nothing_is_written(
    options: list[str], why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refused(["train", "--output", str(tmp_path / "model"), *options], why, capsys)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("options", [["--end", "tomorrow"], ["--users", "many"], ["--format", "parquet"], []])
def test_what_cannot_be_parsed_ends_with_two(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["train", *options])
    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err


@pytest.mark.parametrize("options", [["--k", "0"], ["--max-users", "0"], ["--k", "100000"]])
def test_evaluate_refuses_what_cannot_be_asked(
    trained: Path, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    refused(["evaluate", "--artifact", str(trained), *options], options[1], capsys)


def test_evaluate_refuses_a_place_without_a_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refused(["evaluate", "--artifact", str(tmp_path)], "holds no manifest.json", capsys)


@pytest.mark.parametrize("command", ["train", "evaluate"])
def test_help_tells_what_the_command_does(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert "synthetic" in said
    assert "held out" in said


def test_how_to_judge_can_be_copied_with_all_that_the_table_needed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table, model = tmp_path / "my plays.csv", tmp_path / "model"
    rows = [f"{user},{item},{1_000_000_000 + user * 100 + item}" for user in range(20) for item in range(8)]
    table.write_text("\n".join(["listener,song,at", *rows, ",,"]) + "\n")
    options = ["--columns", "user=listener,item=song,time=at", "--max-bad-rows", "0.1"]
    assert main(["train", "--data", str(table), *options, "--output", str(model), "--quiet", "--holdout", "0.3"]) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("judge it")]
    words = shlex.split(line.partition("recsys ")[2])
    assert words == ["evaluate", "--artifact", str(model), "--data", str(table), *options]
    assert main(words) == 0


def test_an_empty_table_is_said_to_be_empty(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "plays.csv").write_text("\n")
    refused(
        ["train", "--data", str(tmp_path / "plays.csv"), "--output", str(tmp_path / "m")],
        "begins with an empty line",
        capsys,
    )
