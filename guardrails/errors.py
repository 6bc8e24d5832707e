"""What can go wrong, sorted by who must act.

None of these is a finding. A finding says that the change is wrong; an error says that the change could not be judged,
and its exit status is 2. Every message says what was wrong, the offending value, and what to do.
"""


class GuardrailsError(Exception):
    """Base of every error that this package raises on purpose."""

    who_acts = "nobody"


class UsageError(GuardrailsError):
    """The command line asks for something that cannot be: the caller must change the call."""

    who_acts = "the caller"


class ConfigurationError(GuardrailsError):
    """`guardrails.toml`, or a file that it names, is wrong: the owner of the policy must act."""

    who_acts = "the owner of guardrails.toml"


class RepositoryError(GuardrailsError):
    """Git cannot give what is needed (no repository, unknown ref, shallow clone): the caller must act."""

    who_acts = "the caller"


class ToolMissingError(GuardrailsError):
    """A program or a library that a gate needs is not installed: whoever sets up the environment must act."""

    who_acts = "whoever sets up the environment"


class JudgementError(GuardrailsError):
    """A gate could not finish its work (a crash, a time-out, an answer that it cannot read): a doubt, never a pass."""

    who_acts = "the author of the change, and the owner of the gate if the base fails too"
