"""Whose key made a signature: the key out of it, and every principal that an allowed-signers file gives that key.

Sources: PROTOCOL.sshsig of OpenSSH, and the section ALLOWED SIGNERS of ssh-keygen(1). `ssh-keygen` itself names the
principals of one line only; a key that stands there twice must not be two people.
"""

import base64
import binascii
import re
from collections.abc import Iterator

_ARMOUR = re.compile(r"-----BEGIN SSH SIGNATURE-----([A-Za-z0-9+/=\s]+)-----END SSH SIGNATURE-----")
_MAGIC = b"SSHSIG"
_WORD = re.compile(r'(?:[^\s"]|"(?:[^"\\]|\\.)*")+')
_KIND = re.compile(r"(?:ssh|ecdsa|sk)-[a-z0-9@.-]+\Z")


def key_of(signature: str) -> bytes | None:
    """The public key inside an armoured signature; None where it is none."""
    match = _ARMOUR.search(signature)
    if match is None:
        return None
    try:
        blob = base64.b64decode("".join(match[1].split()), validate=True)
    except binascii.Error:
        return None
    start = len(_MAGIC) + 4
    length = int.from_bytes(blob[start : start + 4], "big")
    key = blob[start + 4 : start + 4 + length]
    return key if blob.startswith(_MAGIC) and len(key) == length > 0 else None


def principals_of(signature: str, signers: str) -> frozenset[str]:
    """Every principal, as it is written, of every line that has the signature's key; no pattern is followed."""
    key = key_of(signature)
    lines = _lines(signers) if key is not None else ()
    return frozenset(name for names, named in lines if named == key for name in names)


def people_of(signers: str, agents: frozenset[str]) -> tuple[str, ...]:
    """The principals whose approval can count, in the file's order: whose key is no agent's, and who are no pattern.

    Dates and namespaces of a line are not looked at: this is for telling people, and decides nothing.
    """
    lines = tuple(_lines(signers))
    of_agents = {key for names, key in lines if agents.intersection(names)}
    people = (name for names, key in lines if key not in of_agents for name in names)
    return tuple(dict.fromkeys(name for name in people if not set("*?!").intersection(name)))


def _lines(signers: str) -> Iterator[tuple[tuple[str, ...], bytes | None]]:
    """The principals and the key of each line that has both."""
    for line in signers.splitlines():
        words = _WORD.findall(line)
        at = next((n for n, word in enumerate(words) if n and _KIND.match(word)), None)
        if line.lstrip().startswith("#") or at is None or at + 1 >= len(words):
            continue
        yield tuple(words[0].strip('"').split(",")), _decoded(words[at + 1])


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
