"""Rules about the configuration of the judges."""

from guardrails.model.finding import Rule, Severity

LOOSER = Rule(
    "tampering/configuration-looser",
    Severity.REVIEW,
    "A setting lets more through than it did",
    "A change does not loosen its own judge: the base's setting was applied to it all the same.",
    "Take the change to the setting out, or ask its owner to approve it by itself.",
    bad="fail_under = 90  becomes  fail_under = 0; pytest || true; ignore_imports grows",
    good="fail_under = 90  becomes  fail_under = 95",
)
UNKNOWN = Rule(
    "tampering/configuration-changed",
    Severity.REVIEW,
    "A setting of a judge is changed, and which way is not known",
    "Nobody wrote down whether the new value lets more through.",
    "Ask the owner of the setting to approve it.",
    limits="Comments, order and layout of a file are no change.",
)
UNREADABLE = Rule(
    "tampering/configuration-unreadable",
    Severity.BLOCK,
    "The configuration of a judge cannot be read any more",
    "Once merged, the judge would run without it or not at all.",
    "Correct the syntax of the file.",
)
DEBT_GROWN = Rule(
    "tampering/debt-grown",
    Severity.REVIEW,
    "The record of old debts grows",
    "It says what stood here when the gate was adopted. What is new is no old debt, and a longer record excuses it.",
    "Correct what is new and leave the record alone. What was paid comes off by guardrails init --update-debts.",
    bad="E501 = 3  becomes  E501 = 9, or the record is deleted or appears later",
    good="E501 = 3  becomes  E501 = 1",
    limits="Only the record is read. Whether it is still true says guardrails init --update-debts.",
)

SETTING_RULES = (LOOSER, UNKNOWN, UNREADABLE, DEBT_GROWN)
