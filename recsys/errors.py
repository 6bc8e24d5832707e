"""Errors of the recommender, sorted by who must act.

The caller changes the request (`InvalidQueryError`, `StaleSnapshotError`); the operator repairs what the service stands
on (`ArtifactError`, `VersionMismatchError`, `PolicyUnavailableError`, `StoreUnavailableError`) or names what is asked
for (`ReplayError`); the programmer repairs the code (`InvalidValueError`). Every message says what was wrong, the
offending value and what to do.
"""


class RecsysError(Exception):
    """The parent of every error that this package raises on purpose."""


class InvalidValueError(RecsysError, ValueError):
    """A value breaks its own shape, dtype or range. The programmer must act."""


class InvalidQueryError(RecsysError, ValueError):
    """A request asks for what cannot be answered, such as k above the limit. The caller must act."""


class StaleSnapshotError(RecsysError):
    """A page was asked for under a snapshot that no longer holds. The caller starts again from the first page."""


class VersionMismatchError(RecsysError):
    """Two things that must share one model version do not. The operator must act; no traffic is served."""


class ArtifactError(RecsysError):
    """A model directory is missing, damaged, or of another schema. The operator publishes it again."""


class PolicyUnavailableError(RecsysError):
    """Hard policy (takedowns) cannot be read. Fails closed: the request is refused."""


class ReplayError(RecsysError):
    """An answer cannot be given again: its record, model or takedowns are not there. The operator must act."""


class StoreUnavailableError(RecsysError):
    """A store cannot be reached or written. The operator must act."""
