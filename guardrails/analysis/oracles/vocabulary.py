"""The words by which tests check: pytest's, unittest's, numpy's, pandas' and those of mocks."""

import ast

from guardrails.analysis.oracles.checks import Strength

EXITS = frozenset({"pytest.skip", "pytest.xfail", "pytest.exit", "sys.exit", "os._exit", "exit", "quit", "os.abort"})
RAISES = frozenset({"pytest.raises", "pytest.warns", "pytest.deprecated_call", "pytest.RaisesGroup"})
SWALLOWED = frozenset({"AssertionError", "Exception", "BaseException"})
UNITTEST = {
    "assertEqual": ("equal", Strength.EXACT), "assertEquals": ("equal", Strength.EXACT),
    "assertListEqual": ("equal", Strength.EXACT), "assertDictEqual": ("equal", Strength.EXACT),
    "assertTupleEqual": ("equal", Strength.EXACT), "assertSetEqual": ("equal", Strength.EXACT),
    "assertSequenceEqual": ("equal", Strength.EXACT), "assertMultiLineEqual": ("equal", Strength.EXACT),
    "assertCountEqual": ("same-items", Strength.CLOSE), "assertIs": ("equal", Strength.EXACT),
    "assertAlmostEqual": ("close", Strength.CLOSE), "assertNotEqual": ("different", Strength.DIFFERENT),
    "assertIsNot": ("different", Strength.DIFFERENT), "assertIsNone": ("is", Strength.EXACT),
    "assertIsNotNone": ("not-none", Strength.PRESENT), "assertIn": ("member", Strength.PART),
    "assertNotIn": ("different", Strength.DIFFERENT), "assertIsInstance": ("kind", Strength.DIFFERENT),
    "assertRegex": ("member", Strength.PART), "assertGreater": ("lower", Strength.PART),
    "assertGreaterEqual": ("lower", Strength.PART), "assertLess": ("upper", Strength.PART),
    "assertLessEqual": ("upper", Strength.PART),
}  # fmt: skip
COMPARISONS = {
    "assertGreater": ast.Gt, "assertGreaterEqual": ast.GtE, "assertLess": ast.Lt, "assertLessEqual": ast.LtE,
}  # fmt: skip
MOCK = {
    "assert_called_once_with": Strength.EXACT, "assert_called_with": Strength.EXACT,
    "assert_awaited_once_with": Strength.EXACT, "assert_not_called": Strength.EXACT,
    "assert_called_once": Strength.CLOSE, "assert_has_calls": Strength.CLOSE,
    "assert_any_call": Strength.PART, "assert_called": Strength.DIFFERENT, "assert_awaited": Strength.DIFFERENT,
}  # fmt: skip
ARRAYS = {
    "assert_array_equal": ("equal", Strength.EXACT), "assert_equal": ("equal", Strength.EXACT),
    "assert_allclose": ("close", Strength.CLOSE), "assert_almost_equal": ("close", Strength.CLOSE),
    "assert_array_almost_equal": ("close", Strength.CLOSE), "assert_frame_equal": ("equal", Strength.EXACT),
    "assert_series_equal": ("equal", Strength.EXACT), "assert_array_less": ("upper", Strength.PART),
}  # fmt: skip
HELPER_WORDS = ("assert", "check", "verify", "expect", "ensure", "validate", "compare", "require")
