"""Signatures by `ssh-keygen -Y`, as git itself makes and verifies them (OpenSSH 8.2 or later)."""

import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from guardrails.errors import ToolMissingError, UsageError

_TIMEOUT = 60.0


class SshSignatures:
    """A `guardrails.ports.Signatures`. Nothing of the caller's but PATH reaches the program; to sign, the agent too."""

    def is_intact(self, text: str, signature: str, namespace: str) -> bool:
        """Whether the signature is over this text, whoever made it."""
        with tempfile.TemporaryDirectory(prefix="gr-sig-") as directory:
            file = _kept(directory, "signature", signature)
            return _run(["-Y", "check-novalidate", "-n", namespace, "-s", file], text).returncode == 0

    def is_by(self, text: str, signature: str, namespace: str, *, principal: str, signers: str) -> bool:
        """Whether it is `principal`'s, by the text of an allowed-signers file."""
        with tempfile.TemporaryDirectory(prefix="gr-sig-") as directory:
            file, allowed = _kept(directory, "signature", signature), _kept(directory, "signers", signers)
            arguments = ["-Y", "verify", "-n", namespace, "-s", file, "-f", allowed, "-I", principal]
            return _run(arguments, text).returncode == 0

    def sign(self, text: str, key: Path, namespace: str) -> str:
        """The armoured signature of a text by a private key, or by a public one whose other half an agent holds.

        Raises:
            UsageError: ssh-keygen refuses; the message quotes it.
        """
        done = _run(["-Y", "sign", "-n", namespace, "-f", str(key)], text, agent=True)
        if done.returncode != 0:
            said = done.stderr.decode(errors="replace").strip()
            raise UsageError(f"ssh-keygen does not sign with {key}: {said}. Name a private SSH key with --key.")
        return done.stdout.decode()


def _kept(directory: str, name: str, text: str) -> str:
    path = Path(directory) / name
    path.write_text(text, encoding="utf-8", errors="surrogateescape")
    return str(path)


def _run(arguments: list[str], text: str, *, agent: bool = False) -> "subprocess.CompletedProcess[bytes]":
    names = ("PATH", "SSH_AUTH_SOCK", "HOME", "SSH_ASKPASS", "DISPLAY", "TERM") if agent else ("PATH",)
    environment: Mapping[str, str] = {name: os.environ[name] for name in names if name in os.environ}
    try:
        return subprocess.run(  # noqa: S603 - a list of arguments, no shell
            ["ssh-keygen", *arguments],  # noqa: S607 - where the system has it
            input=text.encode(),
            env={**environment, "LC_ALL": "C.UTF-8"},
            capture_output=True,
            check=False,
            timeout=None if agent else _TIMEOUT,
        )
    except FileNotFoundError as error:
        raise ToolMissingError("there is no ssh-keygen on PATH. Install OpenSSH's client, 8.2 or later.") from error
