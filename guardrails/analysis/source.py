"""Files of a tree as text, lines and syntax trees, each read once."""

import ast
import io
import threading
import tokenize
import warnings
from collections.abc import Iterator

from guardrails.analysis.names import Names
from guardrails.model.change import FileChange
from guardrails.ports import Tree

PYTHON_SUFFIXES = (".py", ".pyi")

_PARSER = threading.Lock()  # `warnings` keeps one list of filters for all threads


def is_python(path: str) -> bool:
    """Whether the name says Python source."""
    return path.endswith(PYTHON_SUFFIXES)


def decoded(data: bytes) -> str:
    """The text, by its declared encoding where it is Python that declares one, else UTF-8; never fails."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return data.decode(encoding, "replace")
    except (SyntaxError, LookupError, UnicodeError):
        return data.decode("utf-8", "replace")


def lines_of(text: str) -> list[str]:
    """Lines as git counts them: only a line feed ends one. A carriage return at a line's end is dropped."""
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    return [line.removesuffix("\r") for line in lines]


def parsed(source: str | bytes) -> ast.Module | None:
    """The syntax tree, or None for what does not parse."""
    try:
        return parse_or_raise(source)
    except SyntaxError:
        return None


def parse_or_raise(source: str | bytes) -> ast.Module:
    """The syntax tree.

    Raises:
        SyntaxError: with the reason and, where known, the line; also for null bytes and for nesting past the parser.
    """
    with _PARSER, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(source)
        except (ValueError, RecursionError, MemoryError) as error:
            raise SyntaxError(str(error) or type(error).__name__) from error


class Sources:
    """One tree's files, each decoded and parsed at most once."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self._paths = frozenset(tree.paths())
        self._text: dict[str, str | None] = {}
        self._module: dict[str, ast.Module | None] = {}
        self._names: dict[str, Names] = {}

    @property
    def paths(self) -> frozenset[str]:
        """Every tracked path."""
        return self._paths

    def text(self, path: str) -> str | None:
        """The file as text; None where there is no regular file."""
        if path not in self._text:
            data = self.tree.read(path) if path in self._paths else None
            self._text[path] = None if data is None else decoded(data)
        return self._text[path]

    def lines(self, path: str) -> list[str]:
        """The file's lines; none where there is no file."""
        text = self.text(path)
        return [] if text is None else lines_of(text)

    def module(self, path: str) -> ast.Module | None:
        """The syntax tree of a Python file; None where it is absent or does not parse."""
        if path not in self._module:
            data = self.tree.read(path) if path in self._paths else None
            self._module[path] = None if data is None else parsed(data)
        return self._module[path]

    def names(self, path: str) -> Names:
        """The names of a Python file; none where it does not parse."""
        if path not in self._names:
            self._names[path] = Names(self.module(path) or ast.Module([], []))
        return self._names[path]


def added_lines(file: FileChange, head: Sources) -> Iterator[tuple[int, str]]:
    """The lines that a change adds to one file, with their numbers in the head.

    A file that git calls binary has no hunks; all of its lines count as added, so that an attribute hides nothing.
    """
    lines = head.lines(file.path)
    if file.binary:
        yield from enumerate(lines, 1)
        return
    for hunk in file.hunks:
        for number in range(hunk.head_start, hunk.head_start + hunk.head_count):
            if 0 < number <= len(lines):
                yield number, lines[number - 1]
