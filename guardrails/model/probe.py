"""A probe: a violation that a gate plants in a scratch project and must catch, with an honest twin that it must not."""

from collections.abc import Mapping
from dataclasses import dataclass


class LinkTo(str):
    """A symbolic link where a text would be a file: the text is its target."""


class Executable(str):
    """The text of a file that has the executable bit."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One planted violation.

    `base` is a whole small project, path to text (or `LinkTo`, `Executable`). `bad` and `honest` are changes to it:
    path to new text, or None to delete the file. Judged by its gate alone, `bad` must produce a finding of `rule`, and
    `honest` must pass. `bad_message` and `honest_message` are the messages of the commits that bring them.
    """

    rule: str
    base: Mapping[str, str]
    bad: Mapping[str, str | None]
    honest: Mapping[str, str | None]
    bad_message: str = "change"
    honest_message: str = "change"

    @property
    def gate(self) -> str:
        """The gate that the probe proves alive."""
        return self.rule.partition("/")[0]
