"""What code did while it was tested, besides passing and failing."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RuntimeImport:
    """One module of the tree that a file of the tree imported while the suite ran, by whatever way.

    `imported` is a module's name, or the path of a file that was loaded. `direct` says that the file did it itself and
    not a library for it; `through` are the files of the tree that called for it, `importer` first. `during` is the test
    that ran, or the file that was imported by pytest.
    """

    importer: str
    imported: str
    line: int
    direct: bool
    during: str
    through: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Search:
    """Code of the tree that searched the memory of the process that ran the tests: what it used, and where."""

    what: str
    path: str
    line: int
