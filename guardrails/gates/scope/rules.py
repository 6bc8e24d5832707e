"""The rules of the gate `scope` about size, kind and text of a change."""

from guardrails.model.finding import Rule, Severity

LONG_LINE = 1000  # characters; people do not write such lines, generators and minifiers do

TOO_LARGE = Rule(
    "scope/too-large",
    Severity.REVIEW,
    "The change is larger than one review can hold",
    "What is wrong in a large change is found by nobody, and a large change is the place to hide a small one.",
    "Split it into changes that each do one thing, or ask a person who owns the code to approve it as one.",
    bad="1,600 changed lines over 70 files in one branch",
    good="the reformatting first, by itself, then the fix",
    limits="Files that match scope.generated do not count, nor do moves without a changed line.",
)
PROTECTED = Rule(
    "scope/protected-path",
    Severity.REVIEW,
    "A protected path is touched",
    "The owners of this repository said that a person must see every change to it.",
    "Take the change to this file out if the task did not ask for it; else ask the owner to approve it.",
    bad="a bug fix that also edits .github/workflows/ci.yml",
    good="the fix alone",
)
SYMLINK = Rule(
    "scope/symlink",
    Severity.REVIEW,
    "A symbolic link is added or changed",
    "A link makes one path answer for another, so a reader of the difference does not see what will be read or run.",
    "Put the file itself where it is needed, or ask a person to approve the link.",
)
SYMLINK_ESCAPES = Rule(
    "scope/symlink-escapes",
    Severity.BLOCK,
    "A symbolic link leads out of the repository",
    "What it stands for depends on the machine, and can be a secret of that machine.",
    "Remove the link, or point it at a file of this repository with a relative path.",
    bad="data -> /etc",
    good="data -> ../shared/data (inside the repository)",
)
SUBMODULE = Rule(
    "scope/submodule",
    Severity.REVIEW,
    "A submodule is added, moved or removed",
    "Its content is not part of the difference, so nobody who reviews the difference has seen it.",
    "Bring the dependency in through the lock file, or ask a person to approve the exact commit.",
)
BINARY = Rule(
    "scope/binary",
    Severity.REVIEW,
    "A binary file is added or changed",
    "Nobody can review it line by line, and it can carry code or a copied answer.",
    "Generate it from source in the build, add its kind to scope.binary in a change of its own, or ask a person.",
    limits="What git shows as binary; a file that an attribute declares so is reported too.",
)
BIDI = Rule(
    "scope/bidirectional-character",
    Severity.BLOCK,
    "A character that changes the order in which a line is shown is added",
    "The line that a reviewer sees is not the line that runs (Trojan Source).",
    "Remove the character; write it as an escape such as \\u202e where a string needs it.",
    limits="Outside code (documents, data) a person decides.",
)
INVISIBLE = Rule(
    "scope/invisible-character",
    Severity.BLOCK,
    "A character that cannot be seen is added",
    "Two texts that look the same are not, and instructions to tools can hide in it.",
    "Remove the character; write it as an escape such as \\u200b where a string needs it.",
    limits="Joiners in emoji and in scripts that need them are left alone. Outside code a person decides.",
)
CONTROL = Rule(
    "scope/control-character",
    Severity.REVIEW,
    "A control character is added",
    "Terminals and some readers act on it, so the difference does not show what the file holds.",
    "Remove the character; write it as an escape such as \\x1b where a string needs it.",
)
CONFUSABLE = Rule(
    "scope/confusable-identifier",
    Severity.REVIEW,
    "An identifier passes itself off as another",
    "Two names that look alike to a reader are different names to Python, or two that look different are the same.",
    "Write the identifier in ASCII.",
    bad="a function `raпk` whose third letter is Cyrillic beside `rank`",
    limits="Look-alikes of Latin letters in Cyrillic, Greek capitals, omicron and Armenian, and compatibility forms.",
)
ENCODING = Rule(
    "scope/odd-encoding",
    Severity.BLOCK,
    "A Python file is declared in an encoding other than UTF-8, Latin-1 or ASCII",
    "Under another codec the text that a reviewer sees is not the program that runs.",
    "Write the file in UTF-8 and remove the coding comment.",
)
EXECUTABLE = Rule(
    "scope/executable-bit",
    Severity.REVIEW,
    "The executable bit is set on a file that is no script",
    "A file without a `#!` line is not meant to be run; the bit can turn data or a hook into a program.",
    "Run `git update-index --chmod=-x PATH`, or begin the file with a `#!` line if it is a script.",
)
PRODUCT_DELETED = Rule(
    "scope/product-deleted",
    Severity.BLOCK,
    "The product is gone",
    "With nothing left to judge every other gate would have nothing to say against the change.",
    "Restore the package. If it is renamed, rename it in `project.packages` of guardrails.toml first, by itself.",
)
POLICY = Rule(
    "scope/policy-unreadable",
    Severity.BLOCK,
    "The policy that the change leaves behind cannot be read",
    "Once merged, every later change would be judged by nothing.",
    "Correct guardrails.toml: `guardrails check` names the key or the line.",
)
FILE_NAME = Rule(
    "scope/file-name",
    Severity.BLOCK,
    "A file name has characters that cannot be seen",
    "Such a name shows as another one in a difference, in a terminal and in a report.",
    "Rename the file with visible characters only.",
)
UNPORTABLE = Rule(
    "scope/unportable-name",
    Severity.REVIEW,
    "A file name means another file, or none, on another system",
    "On a system where case, a trailing dot or a device name counts differently one file takes the place of another.",
    "Rename the file so that its name is its own everywhere.",
)
LONG_LINES = Rule(
    "scope/unreadable-line",
    Severity.REVIEW,
    f"A line of more than {LONG_LINE} characters is added to source",
    "Minified and generated code cannot be reviewed, and a long line hides what stands at its end.",
    "Add the source that it was made from, or break the line.",
    limits="Files that match scope.generated, and lines that the base has too, do not count.",
)

KIND_RULES = (
    TOO_LARGE, PROTECTED, SYMLINK, SYMLINK_ESCAPES, SUBMODULE, BINARY, BIDI, INVISIBLE, CONTROL, CONFUSABLE, ENCODING,
    EXECUTABLE, PRODUCT_DELETED, POLICY, FILE_NAME, UNPORTABLE, LONG_LINES,
)  # fmt: skip
