"""Names of findings, for the reports; see `guardrails.model.fingerprint`."""

from guardrails.model.fingerprint import fingerprint, fingerprints

__all__ = ["fingerprint", "fingerprints"]
