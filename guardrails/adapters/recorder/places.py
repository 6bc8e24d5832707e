"""Where code stands: in the product, elsewhere in the tree, or outside it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

OUTSIDE, BESIDE = None, ""


class Tree:
    """The copy of the tree at `root`, of which the files at `product` are the product."""

    def __init__(self, root: str, product: Iterable[str]) -> None:
        self.root = Path(root)
        self._inside = os.path.realpath(root) + os.sep
        self._product = {os.path.realpath(self.root / path): path for path in product}
        self._known: dict[str, str | None] = {}

    def place(self, filename: str) -> str | None:
        """The path of a file of the product; `BESIDE` for another file of the tree, `OUTSIDE` for all others."""
        if filename not in self._known:
            real = os.path.realpath(filename)
            self._known[filename] = self._product.get(real, BESIDE if real.startswith(self._inside) else OUTSIDE)
        return self._known[filename]

    def is_inside_product(self, filenames: Iterable[str]) -> bool:
        """Whether the innermost of these files, given outermost first, that stands in the tree is the product's."""
        places = [place for name in filenames if (place := self.place(name)) is not OUTSIDE]
        return bool(places and places[-1])
