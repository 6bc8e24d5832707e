"""The rules of the gate `behaviour`."""

from guardrails.model.finding import Rule, Severity

NOT_STARTED = Rule(
    "behaviour/does-not-start",
    Severity.BLOCK,
    "The service of the change cannot be made or started",
    "The base's service starts with the same commands, so after the merge nobody would be served.",
    "Run behaviour.prepare and behaviour.command of guardrails.toml on the change and read what they print.",
    bad="an import at the top of the service that is in no lock file",
    good="a service that answers GET /readyz with 200",
)
CHANGED = Rule(
    "behaviour/changed",
    Severity.BLOCK,
    "The change is declared to leave answers alone, and they are others",
    "A refactoring that changes what users see is a mistake, or a change that nobody is told of.",
    "Find what changed the answers and undo it, or declare the change what it is (`Intent: feature` or `fix`).",
    bad="`Intent: refactor`, and a sign is the other way round in the formula of diversity",
    good="`Intent: refactor`, and every slate is as it was",
    limits=(
        "The recorded and generated requests, asked one after the other. Where no intent is declared and each message "
        "claims that behaviour is unchanged, a person decides. Answers that the base itself gives otherwise when it is "
        "asked again are left out; what differs because training does is not told apart from what the code does."
    ),
)
LOST = Rule(
    "behaviour/answers-lost",
    Severity.BLOCK,
    "Requests that the base answers are refused, fail or come back empty",
    "Whoever sends them today gets nothing after the merge.",
    "Answer them. If they are to be refused, say so to their senders and remove them from the base's requests first.",
    bad="cold users get an error, where they got what is popular",
    good="other items for cold users",
)
LARGE = Rule(
    "behaviour/large-change",
    Severity.REVIEW,
    "Most slates are others, and nothing says that they should be",
    "So large a difference is a new product or a mistake, and its author declares neither.",
    "Declare it (`Intent: feature` or `fix`), or find out why the slates changed.",
    bad="the scores are sorted the other way round",
    good="`Intent: feature`, and a new source of candidates",
    limits="The mean overlap of the first ten items over all slates, against behaviour.least_overlap.",
)
UNTESTED = Rule(
    "behaviour/untested",
    Severity.REVIEW,
    "Some answers are not those of the base, and the change touches no test",
    "The tests there are say nothing of what users will see otherwise, so nothing shows that it is what was meant.",
    "Add a test that fails without the change, or find out why the answers changed.",
    bad="the cap on one artist is applied before what was heard is removed, and nothing else is changed",
    good="the same, with a test of the order",
    limits="Whether the tests that are touched have to do with it is a matter of the gates `tests` and `mutants`.",
)
DIFFERS = Rule(
    "behaviour/differs",
    Severity.NOTE,
    "Some answers are not those of the base",
    "What users will see after the merge is the first thing to know of a change.",
    "Nothing, if this is what was meant.",
    bad="two items of a slate change places",
    good="every answer as it was",
)

RULES = (NOT_STARTED, CHANGED, LOST, LARGE, UNTESTED, DIFFERS)
