"""What a service's own metrics are read for, and that nothing it answers is more than an answer."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.load import stages
from guardrails.load.stages import StageWatch, UnusableError, counted, spent
from guardrails.model.exchange import HttpAnswer, HttpRequest
from guardrails.model.load_run import BASE, HEAD, LoadTarget
from tests.load_samples import run_of

TEXT = b"""# HELP recsys_stage_seconds Time by stage of the pipeline.
# TYPE recsys_stage_seconds histogram
recsys_stage_seconds_bucket{le="0.001",stage="rank"} 7.0
recsys_stage_seconds_count{stage="rank"} 7.0
recsys_stage_seconds_sum{stage="rank"} 0.25
recsys_stage_seconds_sum{stage="merge"} 0.5
recsys_requests_total{route="/x"} 9.0
"""
TARGETS = (LoadTarget(BASE, "http://b", 1), LoadTarget(HEAD, "http://h", 2))


class Http:
    """Answers by address, in turn; an address without an answer left gives none."""

    def __init__(self, **answers: Sequence[HttpAnswer]) -> None:
        self.answers = {f"http://{name}": list(some) for name, some in answers.items()}
        self.asked: list[tuple[str, str]] = []

    def ask(self, url: str, requests: Sequence[HttpRequest], *, timeout: float, whole: float) -> tuple[HttpAnswer, ...]:
        assert 0 < timeout <= whole <= 5, "an explanation may not hold up a check"
        self.asked += [(url, one.path) for one in requests]
        left = self.answers.get(url, [])
        return (left.pop(0),) if left else ()


def watch(http: Http) -> StageWatch:
    return StageWatch(http, "/metrics", "recsys_stage_seconds", "stage")


def good(**seconds: float) -> HttpAnswer:
    lines = [f'recsys_stage_seconds_sum{{stage="{stage}"}} {value}\n' for stage, value in seconds.items()]
    return HttpAnswer(200, "".join(lines).encode())


def test_the_seconds_of_each_stage_are_read() -> None:
    assert counted(TEXT, "recsys_stage_seconds", "stage") == {"rank": 0.25, "merge": 0.5}


def test_other_labels_are_added_up_and_a_sample_without_the_label_is_none() -> None:
    text = b'm_sum{stage="a",shard="1"} 1\nm_sum{stage="a",shard="2"} 2\nm_sum{shard="3"} 4\n'
    assert counted(text, "m", "stage") == {"a": 3.0}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>404</html>",
        b'm_sum{stage="a"} NaN\nm_sum{stage="b"} -1\nm_sum{stage="c"} +Inf\n',
        b"\xff\x00m_sum{",
    ],
)
def test_what_holds_no_time_is_nothing(body: bytes) -> None:
    assert counted(body, "m", "stage") == {}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'm_sum{stage="a"} one\n', "is not in the text format"),
        (b'm_sum{stage="a\n', "is not in the text format"),
        (b"x" * (stages.MOST_BYTES + 1), "at most 2000000 are read"),
        (b'm_sum{stage="a"} 1\n' * (stages.MOST_SAMPLES + 1), "has 1001 samples"),
        (b'm_sum{stage="' + b"a" * stages.MOST_LINE + b'"} 1\n', "more than 2000 letters"),
    ],
)
def test_what_is_no_use_says_why(body: bytes, said: str) -> None:
    with pytest.raises(UnusableError, match=said):
        counted(body, "m", "stage")


@given(
    st.lists(st.sampled_from([b"m_sum{", b'stage="', b'"', b"}", b" ", b"1", b"\n", b",", b"\\", b"=", b"#", b"\xff"]))
)
def test_whatever_a_service_answers_is_read_or_refused(parts: list[bytes]) -> None:
    try:
        found = counted(b"m_sum{" + b"".join(parts), "m", "stage")
    except UnusableError:
        return
    assert all(value >= 0 for value in found.values())


def test_stages_are_bounded_in_number_and_in_length() -> None:
    text = "".join(f'm_sum{{stage="{"x" * 100}{n}"}} 500\nm_sum{{stage="{n}"}} {n}\n' for n in range(400)).encode()
    found = counted(text, "m", "stage")
    assert len(found) == stages.MOST_STAGES
    assert max(map(len, found)) <= stages.MOST_LETTERS
    assert "399" in found, "the largest are kept"


def test_what_was_spent_is_the_difference_in_milliseconds() -> None:
    assert spent({"rank": 1.0}, {"rank": 1.5, "new": 0.25}).milliseconds == {"rank": 500.0, "new": 250.0}
    assert "went backwards" in spent({"rank": 1.0}, {"rank": 0.5}).silence
    assert spent("why", {"rank": 1.0}).silence == "why"
    assert spent({"rank": 1.0}, "why").silence == "why"


def test_both_services_are_read_at_both_ends() -> None:
    http = Http(b=[good(rank=1.0), good(rank=1.5)], h=[good(rank=2.0), good(rank=3.0)])
    seen = watch(http)
    before = seen.read(TARGETS)
    run = seen.noted(run_of(), before, TARGETS)
    assert {side: dict(one.milliseconds) for side, one in run.stages.items()} == {
        BASE: {"rank": 500.0},
        HEAD: {"rank": 1000.0},
    }
    assert http.asked == [("http://b", "/metrics"), ("http://h", "/metrics")] * 2


def test_a_stage_is_there_only_after_the_first_request() -> None:
    nothing = HttpAnswer(200, b"# no request yet")
    http = Http(b=[nothing, good(rank=1.5)], h=[nothing, nothing])
    seen = watch(http)
    run = seen.noted(run_of(), seen.read(TARGETS), TARGETS)
    assert run.stages[BASE].milliseconds == {"rank": 1500.0}
    assert run.stages[HEAD].silence == "/metrics of the head has no recsys_stage_seconds_sum with the label stage"


def test_a_service_that_does_not_answer_is_said_to() -> None:
    http = Http(b=[HttpAnswer(404), HttpAnswer(404)], h=[HttpAnswer(0, trouble="no answer within 3 seconds")])
    seen = watch(http)
    run = seen.noted(run_of(), seen.read(TARGETS), TARGETS)
    assert run.stages[BASE].silence == "/metrics of the base could not be read (status 404)"
    assert run.stages[HEAD].silence == "/metrics of the head could not be read (no answer within 3 seconds)"
    assert "no answer" in str(watch(Http()).read(TARGETS)[HEAD])
