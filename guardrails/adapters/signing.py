"""Ed25519 signatures over evidence, in a DSSE envelope. Source: https://github.com/secure-systems-lab/dsse."""

import base64
import binascii
import hashlib
import json
from importlib.util import find_spec
from typing import TYPE_CHECKING

from guardrails.errors import ToolMissingError, UsageError

if TYPE_CHECKING:  # an extra: what does without signatures does without it
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

PAYLOAD_TYPE = "application/vnd.in-toto+json"


def sign(payload: bytes, private_key: bytes) -> str:
    """The envelope of a statement, signed with a private key (PEM or OpenSSH, without a passphrase).

    Raises:
        ToolMissingError: the library is not installed.
        UsageError: it is not such a key.
    """
    key = _private(private_key)
    signature = {"keyid": _name(key.public_key()), "sig": _encoded(key.sign(_encoding(payload)))}
    envelope = {"payloadType": PAYLOAD_TYPE, "payload": _encoded(payload), "signatures": [signature]}
    return json.dumps(envelope, indent=2, sort_keys=True) + "\n"


def opened(content: bytes, source: str) -> tuple[bytes, tuple[bytes, ...]]:
    """The payload of an envelope and its signatures; a bare statement is its own payload and has none.

    Raises:
        UsageError: it is neither.
    """
    try:
        data = json.loads(content)
        if not isinstance(data, dict) or "payload" not in data:
            return content, ()
        if data["payloadType"] != PAYLOAD_TYPE:
            raise UsageError(f"{source} is an envelope around something else than a statement.")
        signatures = tuple(base64.b64decode(one["sig"], validate=True) for one in data["signatures"])
        return base64.b64decode(data["payload"], validate=True), signatures
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error) as error:
        raise UsageError(
            f"{source} is neither a statement nor an envelope of one. Give the file as written."
        ) from error


def is_signed(payload: bytes, signatures: tuple[bytes, ...], public_key: bytes) -> bool:
    """Whether one of the signatures is of this key (PEM, or an `ssh-ed25519` line) over this payload.

    Raises:
        ToolMissingError: the library is not installed.
        UsageError: it is not such a key.
    """
    key = _public(public_key)
    from cryptography.exceptions import InvalidSignature

    for signature in signatures:
        try:
            key.verify(signature, _encoding(payload))
        except InvalidSignature:
            continue
        return True
    return False


def _encoding(payload: bytes) -> bytes:
    """What is signed: the pre-authentication encoding of DSSE, so that a signature holds for one kind of payload."""
    kind = PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _private(content: bytes) -> "Ed25519PrivateKey":
    _require_library()
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519

    openssh = b"OPENSSH PRIVATE KEY" in content
    load = serialization.load_ssh_private_key if openssh else serialization.load_pem_private_key
    try:
        key = load(content, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise UsageError(
            f"the private key cannot be read: {error}. Give an Ed25519 key without a passphrase."
        ) from error
    if not isinstance(key, ed25519.Ed25519PrivateKey):
        raise UsageError("the private key is not Ed25519. Make one: ssh-keygen -t ed25519 -N '' -f evidence.key")
    return key


def _public(content: bytes) -> "Ed25519PublicKey":
    _require_library()
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519

    pem = content.lstrip().startswith(b"-----BEGIN")
    load = serialization.load_pem_public_key if pem else serialization.load_ssh_public_key
    try:
        key = load(content.strip())
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise UsageError(f"the public key cannot be read: {error}. Give an Ed25519 key, PEM or ssh-ed25519.") from error
    if not isinstance(key, ed25519.Ed25519PublicKey):
        raise UsageError("the public key is not Ed25519. Give the public half of the key that signs evidence.")
    return key


def _require_library() -> None:
    if find_spec("cryptography") is None:
        raise ToolMissingError("signatures need cryptography: pip install 'recsys-guardrails[evidence]'.")


def _name(key: "Ed25519PublicKey") -> str:
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()
