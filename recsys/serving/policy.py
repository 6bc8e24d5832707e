"""Hard policy as the engine reads it: rebuilt when the store's version changes."""

from recsys.domain.items import Catalogue
from recsys.domain.query import PolicySnapshot
from recsys.ports import PolicyStore, Takedowns


class PolicySnapshots:
    """Asks the store at every request, so that a takedown holds from the next one on. Never falls back to the last."""

    def __init__(self, catalogue: Catalogue, store: PolicyStore) -> None:
        self._catalogue, self._store = catalogue, store
        self._current: PolicySnapshot | None = None

    def told(self) -> Takedowns:
        """Ask the store. From any thread. Raises `PolicyUnavailableError`; the caller must refuse the request."""
        return self._store.takedowns()

    def current(self, told: Takedowns | None = None) -> PolicySnapshot:
        """Return what is withdrawn now. told: by the store just now, None to ask it; then raises as `told` does."""
        found = told or self.told()
        if self._current is None or self._current.version != found.version:
            self._current = PolicySnapshot.of(
                self._catalogue, found.tracks, found.artists, found.version, found.withheld, found.explicit
            )
        return self._current
