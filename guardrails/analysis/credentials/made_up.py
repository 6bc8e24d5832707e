"""Which values that look like a credential are examples, references or names: what honest code is full of."""

import re

_SAYS_SO = re.compile(r"(?i)example|placeholder|dummy|redacted|fake_|x{4,}|\*{3,}|\.{3}|…")
_WORDS = re.compile(
    r"(?i)change.?(?:me|it)|your[-_ ]|fake|sample|insert|replace|mock|not[-_ ]?(?:a[-_ ])?(?:real|secret)|todo|fixme"
    r"|s3cr3t|^(?:my[-_]?)?(?:password|passwd|secret|token|pass|pwd|key)s?\d{0,3}$|[-_]here$|^none$|^null$|^true$"
    r"|^false$|^admin$|^root$|^guest$|^postgres$|^test(?:ing|er)?\d{0,4}$|foo|bar(?:$|\W)|qux|xxx"
)
_REFERENCE = re.compile(
    r"^\$|[{}<>]|%\(|\$\(|^%[sr]$|^@|^env\.|^os\.|^process\.|^settings\.|^self\.|^vault:|^ref\+|^secrets?\."
)
_CALL = re.compile(r"^[\w.]+[\[(].*[\])]?$")
_UUID = re.compile(r"(?i)^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
_DIGEST = re.compile(r"^(?:(?:md5|sha\d+)[:-])?(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})$")
_NAME = re.compile(r"^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$|^[a-z]+([-_./:][a-z]+)+$|^[a-z]+([A-Z][a-z]+)+$")
_ADDRESS = re.compile(r"^(?:\w+://|/|\./|~/)[^@]*$")
_KEY = re.compile(
    r"([\w.-]+)[\"'\]\s]*(?:\[\d*\])?\s*(?::\s*[\w.\[\]| ]+)?\s*(?::=|=>|[=:]{1,3}|!==?|\()\s*[@bfruBFRU]*[\"'`]?$"
)
_CREDENTIAL = re.compile(
    r"(?i)(?:password|passwd|pwd|passphrase|pass|secret|secret_?key|api_?key|auth_?key|access_?key|private_?key|client_?key|"
    r"service_?key|account_?key|db_?key|database_?key|token|credentials?|bearer|authorization|webhook(?:_?url)?)\d*$"
)
_SEQUENCES = ("abcdefghijklmnopqrstuvwxyz", "0123456789", "qwertyuiop", "asdfghjkl")
_LEAST, _LEAST_LETTERS, _LEAST_DISTINCT = 6, 8, 5
_LOCAL = re.compile(
    r"(?i)^(?:127\.|0\.0\.0\.0|\[::1\]|host\.docker\.|[\w.-]+\.svc\b|[\w-]+(?:[:/?]|\W?$)"
    r"|(?:[\w-]+\.)*(?:example|test|invalid|local|localhost)(?:\.\w+)?(?:[:/?]|\W|$))"
)
"""Hosts without a dot are on one's own machine or network; the rest is kept for examples (RFC 2606)."""


def token_example(token: str) -> bool:
    """Whether a token says of itself that it is made up. Short words do not count: they turn up by chance."""
    return bool(_SAYS_SO.search(token)) or flat(token)


def example(value: str) -> bool:
    """Whether a value says of itself that it is made up, or has too little in it to be anything else."""
    return token_example(value) or bool(_WORDS.search(value) or _REFERENCE.search(value))


def flat(value: str) -> bool:
    """Whether a value is a row of the alphabet or the digits, or the same few characters over and over."""
    body = re.sub(r"[^a-z0-9]", "", value.lower())
    if len(set(body)) < _LEAST_DISTINCT:
        return True
    return any(run(body, sequence) >= max(6, len(body) // 2) for sequence in _SEQUENCES)


def run(text: str, sequence: str) -> int:
    """The length of the longest piece of `text` that is a piece of `sequence`."""
    longest = 0
    for start in range(len(text)):
        length = longest + 1
        while start + length <= len(text) and text[start : start + length] in sequence:
            longest, length = length, length + 1
    return longest


def word_is_credential(value: str, line: str) -> bool:
    """Whether a value beside a word such as `password` may be a credential, by its form and by what it is called."""
    value = value.strip()
    if len(value) < _LEAST or any(c.isspace() for c in value) or example(value):
        return False
    if _UUID.match(value) or _DIGEST.match(value) or _ADDRESS.match(value) or _CALL.match(value):
        return False
    if _NAME.match(value) or not any(c.isalpha() for c in value):
        return False
    called = _KEY.search(line[: line.find(value)])
    if not called or not _CREDENTIAL.search(called[1].replace("-", "_").rpartition(".")[2]):
        return False
    return value.lower() not in called[1].lower() and (not value.isalpha() or len(value) >= _LEAST_LETTERS)


def local_address(rest: str) -> bool:
    """Whether what follows the password of an address is a host of one's own machine, or one made for examples."""
    return bool(_LOCAL.match(rest))


def masked(value: str) -> str:
    """What may be shown of a value: its first four characters, where that is little of it, and its length."""
    shown = value[:4] if len(value) >= 12 and value[:4].isprintable() else ""
    return f"{shown}… ({len(value)} characters)"
