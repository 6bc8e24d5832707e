"""The invariants over a model that was trained, with 200 tracks: real ties, real sparsity, the forest as served."""

from guardrails.invariants.suite import suite
from tests.recsys_subject import TrainedSubject

TestTrained = suite(
    TrainedSubject(),
    leave_out={
        "relabelling": "the model is fixed, so its ids are; generated worlds are renamed",
        "assignment": "says nothing about a model; generated worlds cover it",
    },
    max_examples=8,
    shrink=False,
)
