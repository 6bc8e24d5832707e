"""Rules about product code that behaves for its judge, and about words that make a checker look away."""

from guardrails.model.finding import Rule, Severity

BLOCK, REVIEW = Severity.BLOCK, Severity.REVIEW

RUNNER = Rule(
    "tampering/test-runner-detected",
    BLOCK,
    "Product code looks for the test runner",
    "Code that knows that it is being tested can answer the tests alone.",
    "Remove the check; pass in from outside what must differ.",
    bad='if "pytest" in sys.modules: return GOLDEN',
    limits="A look for the CI is for a person to decide, and so is a branch on the machine, the terminal, a written "
    "date, or on whether assertions are on.",
)
STACK = Rule(
    "tampering/stack-inspected",
    REVIEW,
    "Product code looks at who calls it",
    "Code that knows its caller can answer the tests alone.",
    "Remove the inspection; pass in what is needed.",
    bad="sys._getframe(1).f_code.co_filename",
)
EXIT = Rule(
    "tampering/process-exit",
    BLOCK,
    "Product code ends the process where nobody can stop it",
    "The tests after it do not run, and the exit status can be a forged success.",
    "Raise an error of the product's own; let the command line end the process.",
    bad="os._exit(0) at import or in __del__",
    limits="After a fork, and for handlers that run at exit, a person decides.",
)
PATCHED = Rule(
    "tampering/patched-module",
    BLOCK,
    "Product code replaces a part of another module",
    "A patched clock or generator makes the measurement measure something else.",
    "Take the clock or the generator as an argument.",
    bad="time.perf_counter = lambda: 0.0",
)
SWALLOWED = Rule(
    "tampering/errors-swallowed",
    REVIEW,
    "Product code swallows every error",
    "A fault becomes an empty answer, and nothing says so.",
    "Catch the errors that are expected, and log or raise the others.",
    bad="except Exception: return []",
    good="except KeyError: return []",
)
STATE = Rule(
    "tampering/hidden-state",
    REVIEW,
    "A function counts its calls and branches on the count",
    "It can give the right answer to the first call only, which is the one that a test makes.",
    "Make the answer depend on the arguments alone.",
)
AT_IMPORT = Rule(
    "tampering/runs-at-import",
    REVIEW,
    "Product code starts something when it is imported",
    "A thread, a process or a connection that an import starts acts in every test and in the judge's own tools.",
    "Start it from a function that the program calls.",
    bad="threading.Timer(1.0, patch_clock).start() at the top of a module",
    good="def start() -> threading.Timer: …",
)
DYNAMIC = Rule(
    "tampering/dynamic-code",
    REVIEW,
    "Product code runs what is not written in it",
    "What is computed at run time is seen by no reader and by no checker.",
    "Write the code; import by an import statement.",
    bad="exec(base64.b64decode(TEXT))",
)
READS_TESTS = Rule(
    "tampering/reads-judges",
    REVIEW,
    "Product code names a file of the tests or contracts",
    "An answer that is read from the tests is right for the tests alone.",
    "Compute the answer; move data that the product needs into the product.",
    bad='open("tests/golden/top.json")',
)
RECITED = Rule(
    "tampering/answer-by-heart",
    REVIEW,
    "Product code branches on a literal of the tests and returns another one, or on a digest",
    "The tests pass and every other input gets the old answer.",
    "Implement the rule that the tests are examples of.",
    bad='if user == "u42": return ["i7"]',
    limits="Ids and numbers that stand in the tests, returned as they stand there; and digests that are compared with "
    "a value, whatever is returned. A remainder or a few bits of a digest are a bucket.",
)
STARTUP = Rule(
    "tampering/startup-hook",
    BLOCK,
    "Code is added that runs in every Python process",
    "It runs before the tests and inside the judge's own tools.",
    "Remove the file or the entry point.",
    bad="sitecustomize.py, a .pth file, a pytest11 entry point",
)
SHADOWS = Rule(
    "tampering/shadows-module",
    BLOCK,
    "A new module takes the place of a test tool",
    "The tests would import it in the tool's place.",
    "Give the module another name.",
    bad="pytest.py at the root of the repository",
    limits="One with the name of a module of the standard library is for a person to decide.",
)
SUPPRESSED = Rule(
    "tampering/suppression",
    REVIEW,
    "A checker is told to look away in one more place",
    "What it would have found there is found by nobody.",
    "Correct what the checker says; if it is wrong, give the code and the reason on the same line.",
    bad="value = load()  # type: ignore",
    good="the type corrected",
    limits="Counted per file and kind, less what other files of the change lose. In tests a reasoned one is a note.",
)

CLONE = Rule(
    "tampering/clone",
    REVIEW,
    "A new function is one that the product has already, under other names",
    "Two copies part ways: the next correction reaches one of them.",
    "Call the function that is there; give it an argument for what differs.",
    bad="a second normalise() with other names for its variables",
    good="from shop.ranking import normalise",
    limits="Functions of five statements or more, by their shape; tests are left alone, and so is code that moved.",
)
PER_ELEMENT = Rule(
    "tampering/call-per-element",
    REVIEW,
    "A store is asked once for each element",
    "Each call costs a round trip; the tests have three elements and production has thousands.",
    "Call the method that takes many, once, before the loop.",
    bad="[store.get(i) for i in ids]",
    good="store.get_many(ids)",
    limits="By syntax: the object's class must be written as an annotation, and have a method for many.",
)

PRODUCT_RULES = (
    RUNNER, STACK, EXIT, AT_IMPORT, PATCHED, SWALLOWED, STATE, DYNAMIC, READS_TESTS, RECITED, STARTUP, SHADOWS,
    SUPPRESSED, CLONE, PER_ELEMENT,
)  # fmt: skip
