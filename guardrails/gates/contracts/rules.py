"""The rules of the gate `contracts`."""

from guardrails.model.finding import Rule, Severity

MISMATCH = Rule(
    "contracts/mismatch",
    Severity.BLOCK,
    "The head's answer is not what a consumer expects",
    "The consumer that is named reads this; with the change it breaks.",
    "Give the consumer what it expects. To change the promise, have the consumer release its new expectation first.",
    bad='`"score"` is renamed `"relevance"` in an answer',
    good="a new field beside the old one",
    limits="Asks for a person, and does not block, where the same change alters or removes that expectation.",
)
LATE = Rule(
    "contracts/late",
    Severity.BLOCK,
    "An answer takes longer than its consumer was promised",
    "The consumer that is named waits no longer than that; a later answer is none to it.",
    "Make the answer faster again. To promise more time, have the consumer release its new expectation first.",
    bad="an interaction with the comment `answers-within-ms: 300` is answered after 400 ms, each of five times",
    good="an answer that is late once and in time when it is asked again",
    limits="Only what says `answers-within-ms` is measured: the best of up to five requests, one at a time. Asks for a "
    "person where the base is as late in the same minutes: an old fault, or a machine that is too slow to tell.",
)
UNVERIFIED = Rule(
    "contracts/unverified",
    Severity.BLOCK,
    "An interaction was not verified",
    "What was not verified has not passed.",
    "See that pact's verifier reaches the interaction: a kind that it knows, a provider that lives to the end.",
    limits="Interactions by message are verified where the policy names a messages_path, and else are found here.",
)
NO_STATE = Rule(
    "contracts/no-state-handler",
    Severity.BLOCK,
    "A provider state cannot be set",
    "Without its state an interaction is not asked under the conditions that the consumer means.",
    "Add or mend the handler of this state, its teardown too.",
    bad="a pact says `given the user has listened`, and no handler knows the state",
)
PROVIDER_FAILED = Rule(
    "contracts/provider-failed",
    Severity.BLOCK,
    "The provider does not start, or ends while it is asked",
    "A service that does not run keeps no promise.",
    "Start it with the command below and mend what its output says.",
    limits="Asks for a person where the base's provider harness fails and the head's own works.",
)
DRIFT = Rule(
    "contracts/pact-drift",
    Severity.BLOCK,
    "The committed pacts are not what the consumers' tests write",
    "A pact that no consumer wrote is checked in nobody's name; one that is stale is not checked at all.",
    "Write the pacts anew with the command below and commit the difference; never edit them by hand.",
)
CONSUMER_FAILS = Rule(
    "contracts/consumer-test-fails",
    Severity.BLOCK,
    "A consumer's test fails on the head",
    "The consumer's own client does not do what the consumer says it does.",
    "Correct the client, or the expectation that it states.",
)
REMOVED = Rule(
    "contracts/interaction-removed",
    Severity.REVIEW,
    "A pact no longer holds an interaction",
    "Consumers that are deployed may still rely on it, and nothing would check it any more.",
    "Keep the interaction until the last consumer that reads it is gone.",
    limits="Blocks where the consumers' tests still write the interaction.",
)
WEAKENED = Rule(
    "contracts/interaction-weakened",
    Severity.REVIEW,
    "A pact promises less, or something else, than it did",
    "Consumers that are deployed may still rely on the old promise, and nothing would check it any more.",
    "Say why the consumer needs no more than this; a person must agree.",
    bad="an exact value becomes `match.str`",
)
PACT_REMOVED = Rule(
    "contracts/pact-removed",
    Severity.REVIEW,
    "A consumer's pact is gone",
    "Nothing would notice any more when this consumer breaks.",
    "Restore the pact, or remove the consumer along with it.",
    limits="Blocks where no pact of the provider is left, or where the consumer's tests still write this one.",
)
ADAPTER_FAILS = Rule(
    "contracts/adapter-fails",
    Severity.BLOCK,
    "The head's code no longer asks, or reads, what this repository's pact as a consumer says",
    "The provider keeps the pact; code that has left it fails against every provider that runs.",
    "Mend the adapter. To change what is asked, change the pact's test with it, and say why.",
    bad="an adapter that no longer sends `If-None-Match`, and a test that no longer expects it",
    limits="Asks for a person, and does not block, where the same change alters or removes that expectation.",
)
ASKS_MORE = Rule(
    "contracts/asks-more",
    Severity.REVIEW,
    "This repository asks more of a provider than it did",
    "The provider that runs was held to the old pact. What is new it may not do, and then this fails where it runs.",
    "Have the provider verify the new pact before this is deployed: `guardrails contracts can-deploy` decides.",
    bad="a field of the answer is read that no pact spoke of",
    good="a field is no longer expected to be one exact value",
)
UNREADABLE = Rule(
    "contracts/unreadable-pact",
    Severity.BLOCK,
    "A contract cannot be read",
    "What cannot be read cannot be verified.",
    "Write the contract anew with its own tool (a pact from the consumer's tests); never edit it by hand.",
    bad="a pact with a regular expression on which pact's engine gives up, such as `^(a+)+$`",
)
OPENAPI = Rule(
    "contracts/openapi-breaks",
    Severity.BLOCK,
    "The published description of the service promises callers less",
    "Callers were written against the old description; what it no longer says they can no longer rely on.",
    "Keep the old beside the new. To retire it, mark it `deprecated: true` with `x-sunset: YYYY-MM-DD`, and remove it "
    "after that day, once no pact reads it.",
    bad="a field of an answer is gone, or a parameter must now be given",
    good="a field that was deprecated, whose sunset has passed and that no pact reads, is gone",
    limits="Blocks where something breaks that a pact shows to be used; asks for a person where none does, or where "
    "the description only allows more.",
)
SCHEMA = Rule(
    "contracts/schema-breaks",
    Severity.BLOCK,
    "The schema of an event promises its readers less",
    "Readers of a stream get old and new events for as long as the stream is kept.",
    "Add a field beside the old one, or emit a new kind of event and retire the old one when nobody reads it.",
    bad="a required field becomes optional, or an enum gets another value",
    good="a new field",
    limits="Blocks where something breaks that a pact shows to be read; else asks for a person.",
)
SUNSET_MISSING = Rule(
    "contracts/no-sunset",
    Severity.REVIEW,
    "Something becomes deprecated and does not say until when it stays",
    "Without a day nobody plans the move, and it can never be removed.",
    "Add `x-sunset: YYYY-MM-DD` beside `deprecated: true`.",
    bad='`"deprecated": true` alone',
    good='`"deprecated": true, "x-sunset": "2027-03-01"`',
)
RULES = (
    MISMATCH, LATE, UNVERIFIED, NO_STATE, PROVIDER_FAILED, DRIFT, CONSUMER_FAILS, REMOVED, WEAKENED, PACT_REMOVED,
    ADAPTER_FAILS, ASKS_MORE, UNREADABLE, OPENAPI, SCHEMA, SUNSET_MISSING,
)  # fmt: skip
