"""What the gate `tests` looks for."""

from guardrails.model.finding import Rule, Severity

BASE_FAILS = Rule(
    "tests/base-test-fails",
    Severity.BLOCK,
    "A test of the base fails on the head's code",
    "The test passed before the change, and the change left it alone: the change broke what it checks.",
    "Correct the product code until the test passes as it stands. If the behaviour is meant to change, change the test "
    "in the same commit and say why: a person will then decide.",
    bad="`total` sums prices without tax, and `test_total_has_tax` fails",
    good="`total` adds the tax, whatever else changes in it",
    limits="Asks for a person, and does not block, where the change also touched the test, a conftest.py, a helper or "
    "a data file that it uses.",
)
BASE_SKIPPED = Rule(
    "tests/base-test-skipped",
    Severity.BLOCK,
    "A test that passed at the base is skipped, or expected to fail, on the head's code",
    "A test that is skipped checks nothing; here the product code or its environment made it skip.",
    "Make the condition under which the test runs true again.",
    bad="`HAS_RANKER = False` in the product, and `@pytest.mark.skipif(not shop.HAS_RANKER)` in the test",
)
HEAD_FAILS = Rule(
    "tests/head-test-fails",
    Severity.BLOCK,
    "A test of the head fails",
    "The change's own tests must pass on the change's own code.",
    "Correct the code, or the test if it is the test that is wrong.",
)
NOT_RUN = Rule(
    "tests/not-run",
    Severity.BLOCK,
    "A test of the base is no longer run",
    "The test is there, but nothing ran it: deselected, ignored, shadowed, or lost with its process.",
    "Have pytest collect and run it again: look at collect_ignore, hooks in conftest.py, markers, addopts and names.",
    bad="`collect_ignore = ['test_rank.py']` in conftest.py",
    limits="Asks for a person where the change marked the test itself.",
)
CANNOT_FAIL = Rule(
    "tests/suite-cannot-fail",
    Severity.BLOCK,
    "The suite can no longer fail",
    "Tests that are planted in each run, some to fail and some to pass, did not come out as they must: nothing else in "
    "this run means anything.",
    "Remove what changes outcomes: hooks in conftest.py or a plugin, patched pytest.raises, pytest.approx or unittest.",
    bad="a `pytest_pyfunc_call` hook that returns True",
)
BROKEN_RUN = Rule(
    "tests/run-broken",
    Severity.BLOCK,
    "The run of the tests did not come to its end",
    "What did not run has not passed; exit statuses are not read.",
    "Make the run end by itself: no exit, hang or crash at import or in a test, and nothing written to the records.",
    bad="`os._exit(0)` where a module is imported",
)
FLAKY = Rule(
    "tests/flaky",
    Severity.REVIEW,
    "A test failed, and passed when it was run again alone",
    "Either the test does not depend on the code alone, or the change made the code depend on order, time or chance.",
    "Find what the outcome depends on. If tests share a port or a file, set `workers = 1` under [tests].",
)
FAILS_AT_BASE = Rule(
    "tests/fails-at-base",
    Severity.NOTE,
    "A test fails at the base as well",
    "The change did not break it.",
    "Mend it in a change of its own.",
)
FORGED = Rule(
    "tests/outcome-forged",
    Severity.BLOCK,
    "A test is reported to pass whatever its body does",
    "A planted body was run under the name of this test, between its fixtures and hooks. It must fail and was reported "
    "to pass: so would anything be, and what is reported of the test itself means nothing.",
    "Remove what decides on the outcome of this test: a patch of pytest or unittest, or a hook that knows its name.",
    bad="_pytest.python.Function.runtest = lambda self: None if 'rank' in self.name else real(self)",
    limits="Half a second and a twentieth of the time of the tests go to planted bodies: in a slow suite some tests "
    "have none; nor have marked ones and those of unittest.",
)
SEARCHED = Rule(
    "tests/memory-searched",
    Severity.REVIEW,
    "Code of the change searches the memory of the process that tests it",
    "The recorder of outcomes lives in that process: who finds it can lie about everything. Few programs need this.",
    "Do without gc.get_objects, ctypes on addresses, sys._current_frames, sys.settrace and /proc/self/mem, or let a "
    "person see why they are needed.",
    bad="writer = next(o for o in gc.get_objects() if getattr(o, '__name__', '') == 'say')",
    limits="Product files of the change only. The search itself is not prevented.",
)
RUNTIME_IMPORT = Rule(
    "tests/runtime-import",
    Severity.BLOCK,
    "While the tests ran, a module imported what its layer may not know",
    "No import statement shows it, so that the contracts of import-linter cannot see it; the layers are broken all the "
    "same.",
    "Move the code to the layer it belongs to, or reach it through what the lower layer already offers.",
    bad='importlib.import_module(".".join(["shop", "web"]))  # in shop/domain.py',
    good="from shop.domain import Item  # in shop/web.py",
    limits="Imports that a test brings about, in the process of the tests; what the base does too is old. A person is "
    "asked where a library imports on behalf of the code, or code that the change left alone does.",
)
RULES = (
    BASE_FAILS,
    BASE_SKIPPED,
    HEAD_FAILS,
    NOT_RUN,
    CANNOT_FAIL,
    BROKEN_RUN,
    FLAKY,
    FAILS_AT_BASE,
    FORGED,
    SEARCHED,
    RUNTIME_IMPORT,
)
