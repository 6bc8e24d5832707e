"""Who asks: a user's state, from what training knew and what the stores hold. Always as of this moment."""

from dataclasses import dataclass

from recsys.domain.events import EventColumns
from recsys.domain.histories import Histories, merged
from recsys.domain.history import fold
from recsys.domain.items import Catalogue
from recsys.domain.query import UserState
from recsys.ports import EventStore, UserSettings, UserStore


@dataclass(frozen=True, slots=True)
class UserStates:
    """Reads through: nothing is copied or kept, so that an acknowledged event is in the very next state."""

    catalogue: Catalogue
    histories: Histories
    events: EventStore
    users: UserStore

    def state(self, user_id: str) -> UserState:
        """Return a user's state; an unknown user's is empty. Raises `StoreUnavailableError`.

        A stored setting wins over the one that training knew. Every event counts, whatever time it claims.
        """
        row = self.histories.row(user_id)
        settings = self.users.settings(user_id)
        known = row is not None or settings is not None
        columns = self._columns(user_id, row)
        market, allow_explicit = self._settings(row, settings)
        return fold(user_id, columns, market=market, allow_explicit=allow_explicit, known=known or None)

    def _columns(self, user_id: str, row: int | None) -> EventColumns:
        stored = self.events.events(user_id)
        if row is None:
            return EventColumns.of(stored, self.catalogue)
        trained = self.histories.events_of(row)
        return merged(trained, EventColumns.of(stored, self.catalogue)) if stored else trained

    def _settings(self, row: int | None, stored: UserSettings | None) -> tuple[str | None, bool | None]:
        if stored is not None:
            return stored.market, stored.allow_explicit
        if row is not None:
            return self.histories.market_of(row), self.histories.allow_explicit_of(row)
        return None, None
