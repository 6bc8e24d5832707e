"""Where a thing to be written belongs: by the contracts between layers and what the modules say of themselves."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from guardrails.analysis.settings.contracts import contracts
from guardrails.analysis.source import Sources, is_python

_WORD = re.compile(r"[a-z]{3,}")
_COMMON = frozenset(
    {"the", "and", "for", "that", "with", "from", "this", "are", "its", "not", "has", "have", "which", "what", "when",
     "where", "one", "all", "any", "into", "new", "add", "should", "must", "function", "class", "module", "code",
     "file", "thing", "write", "python", "return", "value"}
)  # fmt: skip
_SHOWN = 3
_DOCUMENTATION = re.compile(r'(?s)\A(?:\s*#[^\n]*\n)*\s*[rR]?"""(?P<text>.*?)"""')


@dataclass(frozen=True, slots=True)
class Layering:
    """The order of layers in one container, the highest first; those that stand side by side share an entry.

    `apart` says of each entry whether its parts may not import each other."""

    container: str
    layers: tuple[tuple[str, ...], ...]
    guidance: str = ""
    apart: tuple[bool, ...] = ()


def layerings(path: str, text: str | None) -> tuple[Layering, ...]:
    """The layer contracts of a configuration; none where it cannot be parsed."""
    try:
        found = contracts(path, text) if text else None
    except ValueError:
        return ()
    return tuple(_layerings(found[1].values())) if found else ()


def _layerings(listed: Iterable[Mapping[str, object]]) -> Iterator[Layering]:
    for contract in listed:
        order = _listed(contract.get("layers"))
        if order:
            layers = tuple(tuple(re.findall(r"[\w.]+", layer)) for layer in order)
            guidance = " ".join(str(line).strip() for line in _listed(contract.get("broken_contract_guidance")))
            for container in _listed(contract.get("containers")) or [""]:
                yield Layering(container, layers, guidance, tuple("|" in layer for layer in order))


def _listed(value: object) -> list[str]:
    values = value if isinstance(value, list | tuple) else [value] if value else []
    return [text for text in (str(one).strip() for one in values) if text]


def where(description: str, orders: Sequence[Layering], sources: Sources, pure: Mapping[str, Sequence[str]]) -> str:
    """The likeliest layers for what a description says, with why and what they may import.

    `pure` maps modules to what they must not import.
    """
    wanted = _words(description)
    told: list[tuple[str, str, Counter[str], list[str]]] = []
    for order in orders:
        for place, side in enumerate(order.layers):
            below = [name for lower in order.layers[place + 1 :] for name in lower]
            for name in side:
                module = f"{order.container}.{name}" if order.container else name
                told.append((module, *_of_module(module, sources), below))
    common = Counter(word for _, _, words, _ in told for word in words)
    scored: list[tuple[float, str]] = []
    for module, first, words, below in told:
        weights = {word: math.log(1 + len(told) / common[word]) for word in wanted if words[word]}
        score = sum(weight * min(words[word], 3) for word, weight in weights.items())
        # A large layer speaks of many things; its words say less.
        score /= 1 + math.log(1 + words.total())
        text = f"- {module}: {first or 'no words of its own'} May import: {', '.join(below) or 'nothing'}."
        forbidden = sorted({one for prefix, banned in pure.items() if _under(module, prefix) for one in banned})
        text += f" Must not import: {', '.join(forbidden[:12])}." if forbidden else ""
        scored.append((score, text))
    best = [text for score, text in sorted(scored, key=lambda pair: -pair[0])[:_SHOWN] if score > 0]
    if not best:
        known = "; ".join(f"{o.container or 'top'}: {' > '.join('|'.join(side) for side in o.layers)}" for o in orders)
        return f"No layer speaks of that. The layers, the highest first: {known or 'none are declared'}."
    guidance = next((order.guidance for order in orders if order.guidance), "")
    return "\n".join([*best, *([guidance] if guidance else [])])


def purity(path: str, text: str | None) -> Mapping[str, Sequence[str]]:
    """Modules with what they are forbidden to import, by the configuration."""
    try:
        found = contracts(path, text) if text else None
    except ValueError:
        return {}
    return {
        module: _listed(contract.get("forbidden_modules"))
        for contract in (found[1].values() if found else ())
        for module in _listed(contract.get("source_modules"))
    }


def _under(module: str, prefix: str) -> bool:
    return module == prefix or module.startswith(f"{prefix}.")


def _of_module(module: str, sources: Sources) -> tuple[str, Counter[str]]:
    """The first sentence of a module or package, and the words of all files in it."""
    stem = module.replace(".", "/")
    first, words = "", Counter[str]()
    for path in sorted(sources.paths):
        if is_python(path) and (path == f"{stem}.py" or path.startswith(f"{stem}/")):
            found = _DOCUMENTATION.match(sources.text(path) or "")
            text = found["text"] if found else ""
            if path in {f"{stem}.py", f"{stem}/__init__.py"}:
                first = text.strip().split("\n")[0]
                words.update(dict.fromkeys(_words(text), 2))  # what a layer says of itself counts more
            words.update(_words(f"{text} {path.replace('/', ' ').replace('_', ' ')}"))
    return first, words


def _words(text: str) -> Counter[str]:
    return Counter(_stem(word) for word in _WORD.findall(text.lower()) if word not in _COMMON)


def _stem(word: str) -> str:
    for ending in ("ing", "ers", "er", "ies", "es", "ed", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word
