"""A source file by places as `ast` gives them: lines from 1, columns in UTF-8 bytes."""

import ast

from guardrails.analysis.source import parsed
from guardrails.model.mutation import Edit

Place = tuple[int, int]


def start_of(node: ast.expr | ast.stmt) -> Place:
    """Where a node begins."""
    return node.lineno, node.col_offset


def end_of(node: ast.expr | ast.stmt) -> Place:
    """Where a node ends."""
    return node.end_lineno or node.lineno, node.end_col_offset or node.col_offset


class SourceText:
    """The text of one Python file."""

    def __init__(self, text: str) -> None:
        # Only what the parser takes for the end of a line: a form feed inside one must not shift the numbers.
        self._lines = [line.encode() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]

    def between(self, start: Place, end: Place) -> str:
        """The text from one place to another."""
        if start[0] == end[0]:
            return self._lines[start[0] - 1][start[1] : end[1]].decode()
        first, last = self._lines[start[0] - 1][start[1] :], self._lines[end[0] - 1][: end[1]]
        return b"\n".join([first, *self._lines[start[0] : end[0] - 1], last]).decode()

    def of(self, node: ast.expr | ast.stmt) -> str:
        """The text of a node."""
        return self.between(start_of(node), end_of(node))

    def replaced(self, node: ast.expr | ast.stmt, edit: Edit) -> str:
        """The text of a node with an edit inside it made."""
        head = self.between(start_of(node), (edit.line, edit.column))
        return head + edit.text + self.between((edit.end_line, edit.end_column), end_of(node))

    def edited(self, edit: Edit) -> str:
        """The whole text with an edit made."""
        end = (len(self._lines), len(self._lines[-1]))
        before = self.between((1, 0), (edit.line, edit.column))
        return before + edit.text + self.between((edit.end_line, edit.end_column), end)

    def edit(self, start: Place, end: Place, text: str) -> Edit:
        """An edit that keeps the number of lines, so that everything below stays where it is."""
        lost = (end[0] - start[0]) - text.count("\n")
        return Edit(*start, *end, text + "\n" * max(0, lost))

    def parses(self, edit: Edit, first: int, last: int) -> bool:
        """Whether the lines from `first` to `last`, a whole function, are still Python with an edit in them made."""
        before, after = (first, 0), (last, len(self._lines[last - 1]))
        text = self.between(before, (edit.line, edit.column)) + edit.text
        text += self.between((edit.end_line, edit.end_column), after)
        return parsed(f"if 1:\n{text}" if text[:1].isspace() else text) is not None
