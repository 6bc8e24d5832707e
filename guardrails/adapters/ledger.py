"""The embedded ledger: an SQLite file in the repository's `.git`, which no work tree shows and no clone copies."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from guardrails.analysis import deploying
from guardrails.errors import JudgementError
from guardrails.model.deployment import Checked, Decision, Deployed, Known, PactVersion, Row

SCHEMA = 1
_TABLES = """
create table pacts (consumer text, version text, provider text, digest text, primary key (consumer, version, provider));
create table checked (consumer text, provider text, digest text, provider_version text, good integer, at text);
create table deployed (name text, version text, environment text, at text);
"""


def ledger_path(common_directory: Path) -> Path:
    """Where the ledger of a repository lies, given its common git directory."""
    return common_directory / "guardrails" / "contracts.sqlite3"


class FileLedger:
    """A `Ledger` in one SQLite file, made on the first write. Several processes may use it at once."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def record(self, pacts: Sequence[PactVersion], checked: Sequence[Checked]) -> None:
        """Keep pacts and results, all or none."""
        with self._open(write=True) as database:
            rows = [(one.consumer, one.version, one.provider, one.digest) for one in pacts]
            database.executemany("insert or replace into pacts values (?, ?, ?, ?)", rows)
            results = [(o.consumer, o.provider, o.digest, o.provider_version, int(o.good), o.at) for o in checked]
            database.executemany("insert into checked values (?, ?, ?, ?, ?, ?)", results)

    def deploy(self, deployed: Deployed) -> None:
        """Keep that a version runs in an environment."""
        with self._open(write=True) as database:
            row = (deployed.name, deployed.version, deployed.environment, deployed.at)
            database.execute("insert into deployed values (?, ?, ?, ?)", row)

    def matrix(self, name: str = "") -> Sequence[Row]:
        """Who was verified with whom."""
        return deploying.matrix(self.known(), name)

    def can_deploy(self, name: str, version: str, environment: str) -> Decision:
        """Whether a version was verified with all that it meets in an environment."""
        return deploying.can_deploy(self.known(), name, version, environment)

    def known(self) -> Known:
        """All that is kept; nothing where nothing was ever kept."""
        if not self._path.exists():
            return Known()
        with self._open() as database:
            pacts = database.execute("select consumer, version, provider, digest from pacts order by rowid")
            told = tuple(PactVersion(*row) for row in pacts)
            results = database.execute(
                "select consumer, provider, digest, provider_version, good, at from checked order by rowid"
            )
            checked = tuple(Checked(c, p, d, v, bool(good), at) for c, p, d, v, good, at in results)
            runs = database.execute("select name, version, environment, at from deployed order by rowid")
            return Known(told, checked, tuple(Deployed(*row) for row in runs))

    @contextmanager
    def _open(self, *, write: bool = False) -> Iterator[sqlite3.Connection]:
        """The database. What is written is written as a whole."""
        try:
            if write:
                self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with closing(sqlite3.connect(self._path, timeout=30, isolation_level=None)) as database:
                database.execute("begin immediate" if write else "begin")
                self._check(database, write=write)
                yield database
                database.execute("commit")
        except (sqlite3.Error, OSError) as error:
            raise JudgementError(
                f"the ledger {self._path} cannot be used: {error}. Move it away to begin a new one."
            ) from error

    def _check(self, database: sqlite3.Connection, *, write: bool) -> None:
        (version,) = database.execute("pragma user_version").fetchone()
        empty = database.execute("select count(*) from sqlite_master").fetchone() == (0,)
        if version == 0 and empty and write:
            for statement in filter(str.strip, _TABLES.split(";")):
                database.execute(statement)
            database.execute(f"pragma user_version = {SCHEMA}")
        elif version != SCHEMA:
            raise JudgementError(
                f"the ledger {self._path} has schema {version}; this version of guardrails reads {SCHEMA}. "
                "Use the version that wrote it, or move the file away to begin a new one."
            )
