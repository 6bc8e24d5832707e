"""Rules about tests that check less than they did."""

from guardrails.model.finding import Rule, Severity

BLOCK, REVIEW = Severity.BLOCK, Severity.REVIEW
_RESTORE = "Restore the test as it is at the base and correct the code that it judges."

DELETED = Rule(
    "tampering/test-deleted",
    BLOCK,
    "A test is deleted and what it tests is still there",
    "What it held is held by nothing any more.",
    "Restore the test; if what it asserts is no longer wanted, ask a person.",
    bad="def test_top_k is removed, rank() stays",
    good="the test moved to another file, or its cases into a parametrised one",
    limits="Where its subject goes too, or other tests of the same file take its place, a person decides.",
)
NEVER_COLLECTED = Rule(
    "tampering/never-collected",
    BLOCK,
    "A test is still there and pytest no longer collects it",
    "It looks like a test to a reader, and nothing ever runs it.",
    "Give it back the name and the place by which pytest finds it.",
    bad="def check_top_k, if False:, a second def of the same name, a class with __init__",
    good="def test_top_k at the top of test_rank.py",
)
SKIPPED = Rule(
    "tampering/test-skipped",
    BLOCK,
    "A test is skipped or expected to fail",
    "A test that does not run, or whose failure is welcome, judges nothing.",
    "Remove the skip and make the test pass.",
    bad="@pytest.mark.skip('flaky')",
    good="the cause of the failure corrected",
    limits="Under a condition of the machine (platform, version, an optional library) a person decides.",
)
CONDITIONAL = Rule(
    "tampering/test-conditional",
    REVIEW,
    "A test is defined only under a condition",
    "Where the condition does not hold the test does not exist, and nothing says so.",
    "Define the test always; use a skip with its reason if it cannot run somewhere.",
)
RETRIED = Rule(
    "tampering/test-retried",
    REVIEW,
    "A test is run again when it fails",
    "A fault that shows in one run of three passes then.",
    "Find out why it fails at times and correct that.",
    bad="@pytest.mark.flaky(reruns=3)",
)
WRAPPED = Rule(
    "tampering/test-wrapped",
    REVIEW,
    "A test runs through a decorator that it did not have",
    "A decorator can keep the test from running, or its failure from counting.",
    "Remove the decorator, or show a person what it does.",
    limits="Decorators of pytest, unittest.mock, Hypothesis and the standard library are judged by themselves.",
)
EMPTIED = Rule(
    "tampering/test-emptied",
    BLOCK,
    "A test checks nothing any more",
    "It passes whatever the code does.",
    _RESTORE,
    bad="def test_top_k(): pass",
)
STOPS_EARLY = Rule(
    "tampering/test-stops-early",
    BLOCK,
    "An assertion is never reached",
    "A test that returns before its assertions passes whatever the code does.",
    _RESTORE,
    bad="return  # before the asserts",
)
SWALLOWED = Rule(
    "tampering/assertion-swallowed",
    BLOCK,
    "The failure of an assertion is swallowed",
    "The test passes when the assertion fails.",
    _RESTORE,
    bad="try: assert …  except Exception: pass",
)
REMOVED = Rule(
    "tampering/assertion-removed",
    REVIEW,
    "An assertion is gone",
    "What it held is held by nothing any more.",
    "Restore the assertion; if what it asserts is no longer wanted, say so to the reviewer.",
    limits="One that became a case of a parametrised assertion, or moved into a helper, is not found.",
)
WEAKENED = Rule(
    "tampering/assertion-weakened",
    REVIEW,
    "An assertion says less than it did",
    "More wrong answers pass it.",
    "Restore the assertion and correct the code.",
    bad="assert top == ['i7']  becomes  assert top",
    good="assert 'i7' in top  becomes  assert top == ['i7']",
)
ALWAYS_TRUE = Rule(
    "tampering/assertion-always-true",
    BLOCK,
    "An assertion holds whatever the code does",
    "It passes every wrong answer.",
    "Restore the assertion and correct the code.",
    bad="assert top == ['i7'] or True",
)
ASSERTION_CONDITIONAL = Rule(
    "tampering/assertion-conditional",
    REVIEW,
    "An assertion is checked only under a condition",
    "Where the condition does not hold the test passes without checking.",
    "Assert always; split the test if there are two cases.",
    bad="if top: assert top[0] == 'i7'",
)
LOOSENED = Rule(
    "tampering/tolerance-loosened",
    REVIEW,
    "A tolerance or a threshold was moved the loose way",
    "The code may be wrong by more than it could be before.",
    "Restore the tolerance; if the measure itself changed, show the reviewer the new measurements.",
    bad="assert ndcg >= base - 0.5",
    good="assert ndcg >= base - 0.001",
)
EXPECTED = Rule(
    "tampering/expected-value-changed",
    REVIEW,
    "A test expects another value than it did",
    "Either the behaviour changed on purpose, or the answer was copied from the code that it judges.",
    "Say in the change why the new value is right; else restore the old one and correct the code.",
    bad="assert rank(u)[0] == 'i7'  becomes  assert rank(u)[0] == 'i3'",
)
RAISES = Rule(
    "tampering/raises-broadened",
    REVIEW,
    "A test takes more errors than it did",
    "Another error than the right one passes it.",
    "Name the error and the message that are right.",
    bad="pytest.raises(ValueError, match='negative')  becomes  pytest.raises(Exception)",
)
CASES = Rule(
    "tampering/cases-removed",
    REVIEW,
    "A test runs through fewer cases",
    "The case that is gone is held by nothing any more.",
    "Restore the case and make it pass.",
    bad="parametrize('k', [1, 10])  becomes  parametrize('k', [1])",
)
MOCKED = Rule(
    "tampering/subject-mocked",
    BLOCK,
    "A test replaces a part of the product by a double",
    "A test of a double says nothing of the product.",
    "Test the product itself; replace only what lies outside it.",
    bad="ranker = Mock(); ranker.rank.return_value = ['i7']",
    limits="Where the part is none that the test names as its subject, a person decides.",
)
NARROWED = Rule(
    "tampering/property-narrowed",
    REVIEW,
    "A property tries less than it did",
    "The example that falsifies it may be one of those that are not drawn any more.",
    "Restore the strategy and the number of examples; correct the code for what they find.",
    bad="st.integers()  becomes  st.integers(min_value=0)",
)
GUTTED = Rule(
    "tampering/property-gutted",
    BLOCK,
    "A property no longer draws examples",
    "A property without examples is no property.",
    "Restore @given, its phases and its number of examples.",
    bad="max_examples=1, assume(False), phases=[Phase.explicit]",
)
REPORT_HOOK = Rule(
    "tampering/report-hook",
    BLOCK,
    "A hook takes part in how tests are run or reported",
    "It can turn a failure into a pass after the fact.",
    "Remove the hook.",
    bad="def pytest_runtest_makereport(item, call): …  report.outcome = 'passed'",
)
COLLECTION_HOOK = Rule(
    "tampering/collection-hook",
    REVIEW,
    "A hook or a plugin takes part in which tests are collected",
    "It can leave tests out, and nothing in the report says so.",
    "Remove the hook, or show a person what it does.",
    bad="def pytest_collection_modifyitems(items): items[:] = items[:1]",
    limits="One that drops or skips items is blocked.",
)
EXITS = Rule(
    "tampering/test-exits",
    BLOCK,
    "A test ends the process",
    "The tests after it do not run, and the exit status can be a forged success.",
    "Remove the exit; a test of an exit expects it with `pytest.raises(SystemExit)`.",
    bad="os._exit(0)",
)
EQUAL = Rule(
    "tampering/equal-to-everything",
    BLOCK,
    "A comparison answers the same whatever it is asked",
    "A value that equals everything passes every assertion.",
    "Compare what the values hold.",
    bad="__eq__ = lambda self, other: True",
    limits="In tests, where a placeholder may be honest, and for other methods than equality, a person decides.",
)
NO_ORACLE = Rule(
    "tampering/no-oracle",
    REVIEW,
    "A new test checks nothing",
    "It raises the number of tests and the coverage, and no wrong answer can fail it.",
    "Assert what the call must return, or what it must change.",
    bad="def test_rank(): rank(USER, CANDIDATES)",
    limits="A test that says by its name that it only wants no error is left alone.",
)
UNREADABLE = Rule(
    "tampering/unreadable",
    REVIEW,
    "A Python file could not be compared",
    "What cannot be parsed cannot be judged.",
    "Correct the syntax; if it is newer than the gate's own Python, run the gate with a newer one.",
)
GOLDEN = Rule(
    "tampering/recorded-answer-changed",
    REVIEW,
    "A recorded answer that tests compare with was changed or deleted",
    "A regenerated snapshot, pact or baseline agrees with whatever the code does now.",
    "Restore the file and correct the code; if the new answer is right, say why.",
    bad="tests/golden/top.json is regenerated",
)

TEST_RULES = (
    DELETED, NEVER_COLLECTED, SKIPPED, CONDITIONAL, RETRIED, WRAPPED, EMPTIED, STOPS_EARLY, SWALLOWED, REMOVED,
    WEAKENED, ALWAYS_TRUE, ASSERTION_CONDITIONAL, LOOSENED, EXPECTED, RAISES, CASES, MOCKED, NARROWED, GUTTED,
    REPORT_HOOK, COLLECTION_HOOK, EXITS, EQUAL, NO_ORACLE, UNREADABLE, GOLDEN,
)  # fmt: skip
