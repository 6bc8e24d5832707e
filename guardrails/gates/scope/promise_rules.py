"""The rules of the gate `scope` about what a change says of itself."""

from guardrails.model.finding import Rule, Severity

UNKNOWN = Rule(
    "scope/unknown-declaration",
    Severity.REVIEW,
    "The declared intent or area is not known",
    "What is not understood cannot be held against the change, and its author believes that it is.",
    "Write one of the known intents, and an area that is a directory, a module or a key of scope.areas.",
    bad="Intent: refator",
    good="Intent: refactor",
)
CONTRADICTION = Rule(
    "scope/contradicting-declaration",
    Severity.REVIEW,
    "The change is declared to keep behaviour and to change it",
    "A refactoring is held to the same answers, a feature is not; of a change that is both nothing can be held.",
    "Split the change, or leave the intent that it does not keep away.",
    bad="one commit with `Intent: refactor`, another with `Intent: feature`",
    good="two changes, each with one intent",
)
OUT_OF_AREA = Rule(
    "scope/out-of-area",
    Severity.REVIEW,
    "A file outside of the declared area is changed",
    "Work that nobody asked for is reviewed by nobody who knows it, and hides in what was asked for.",
    "Move it to a change of its own, or declare the area too (`Area: reranking, retrieval`).",
    bad="`Area: reranking`, and the loader of the catalogue is changed",
    good="`Area: reranking`, and its tests, its documents and the changelog are changed with it",
    limits="Tests and documents belong to an area by its name or its modules' names, or by what they import.",
)
OUT_OF_INTENT = Rule(
    "scope/out-of-intent",
    Severity.REVIEW,
    "Product code is changed, and the declared intent leaves it alone",
    "A reviewer of documents or tests does not look for a change of what the product does.",
    "Move the code to a change of its own, or declare what it is (`Intent: fix`).",
    bad="`Intent: docs`, and a default value is changed",
    good="`Intent: docs`, and docstrings are changed",
    limits="Whether a refactoring keeps its promise is the gate `behaviour`'s to say.",
)
FORMATTING = Rule(
    "scope/unrelated-formatting",
    Severity.NOTE,
    "The layout of some files is changed beside what others do",
    "A reviewer has to read every line of it to find the one that matters.",
    "Move the layout to a change of its own.",
    bad="seven files reformatted, and one with another formula",
    good="one file with another formula",
    limits="Python files whose syntax tree and comments are the same. Outside of a declared area a person decides.",
)
CLAIM = Rule(
    "scope/claim-unsupported",
    Severity.REVIEW,
    "A commit message claims what the difference does not hold",
    "Reviewers believe messages: one that says more than was done passes for the work itself.",
    "Do what the message says, or say what was done.",
    bad="“Add diversity tests”, and no test is in the change",
    good="“Add a diversity cap; tests will follow”",
    limits=(
        "A short list of phrases: tests added; no behaviour change, pure refactoring; formatting, documents or a "
        "spelling only. What a message claims to leave alone counts if every message of the change claims it; of a "
        "refactoring only signs, operators and numbers changed by themselves speak against it here."
    ),
)

PROMISE_RULES = (UNKNOWN, CONTRADICTION, OUT_OF_AREA, OUT_OF_INTENT, FORMATTING, CLAIM)
