"""Titles that look like titles and artists that look like artists, drawn from word lists of our own."""

from typing import Final

import numpy as np

ADJECTIVES: Final = (
    "Silver Quiet Broken Golden Hollow Electric Velvet Distant Burning Frozen Crooked Gentle Midnight Paper Neon Wild "
    "Faded Hidden Lonely Scarlet Restless Northern Salt Second Slow Sudden Tender Violet Winter Endless Copper Bright "
    "Blue Summer Dusty Early Marble Foreign Lucky Open Modern Seventh Sleeping Borrowed Careful Common Naïve Empty"
)
NOUNS: Final = (
    "Harbour River Letter Window Garden Engine Mirror Station Lantern Signal Ocean Mountain Heart Thunder Machine Road "
    "Shadow Feather Bridge Orchard Kitchen Satellite Diamond Kingdom Echo Weekend Avenue Balloon Compass Fever Island "
    "Meadow Telephone Parade Voyage Tide Skyline Whisper Holiday Circus Candle Arrow Planet Summer Cinema Desert Rain "
    "Morning Ballad Atlas Café Cathedral Postcard Radio Stranger Tiger Swallow Comet Ribbon Anchor"
)
PLACES: Final = (
    "Lisbon Malmö Osaka Recife Marseille Tallinn Havana Leeds Bergen Kyoto Lagos Turin Quito Antwerp Oaxaca Porto "
    "Göteborg Valencia Dresden Manaus Tromsø Galway Tucson Hobart"
)
ACTIONS: Final = (
    "Chase Follow Carry Remember Forget Hold Leave Paint Steal Wait_for Answer Dance_with Run_from Borrow Wake"
)
FIRST_NAMES: Final = (
    "Ada Mikko Zoë Ravi Noor Søren Inês Kofi Mei Luca Ingrid Tomás Yara Owen Aiko Bruno Fatou Elsa Dario Hana Joaquim "
    "Leila Magnus Nadia Pavel Rosa Sven Tuva Viktor Wanda Akira Beatriz Chidi Dolores Emeka Freya"
)
SYLLABLES: Final = "al ba ber cor da del en fa gar hal in jo ka lan mar ne or pel qui ros sa tor ul ven wei ya zan"
SUFFIXES: Final = (" (Acoustic)", " (Radio Edit)", " (Remastered)", " - Live", " (Deluxe)")


def titles(chance: np.random.Generator, count: int) -> list[str]:
    """Return `count` titles; some are equal, as in a real catalogue."""
    rows = zip(
        chance.integers(6, size=count).tolist(),
        _pick(chance, ADJECTIVES, count),
        _pick(chance, NOUNS, count),
        _pick(chance, NOUNS, count),
        _pick(chance, PLACES, count),
        _pick(chance, ACTIONS, count),
        strict=True,
    )
    return [_title(*row) for row in rows]


def _title(pattern: int, adjective: str, noun: str, other: str, place: str, action: str) -> str:
    if pattern <= 1:
        return f"{adjective} {noun}"
    if pattern == 2:
        return f"{noun} of {place}"
    if pattern == 3:
        return f"{action.replace('_', ' ')} the {noun}"
    if pattern == 4:
        return f"{noun} and {other}" if noun != other else f"The {noun}"
    return f"{adjective} {noun} in {place}"


def artist_names(chance: np.random.Generator, count: int) -> list[str]:
    """Return `count` names of people and bands; the rare second bearer of a name gets a numeral."""
    surnames = [
        "".join(parts).capitalize() for parts in zip(*(_pick(chance, SYLLABLES, count) for _ in range(3)), strict=True)
    ]
    people = [f"{first} {last}" for first, last in zip(_pick(chance, FIRST_NAMES, count), surnames, strict=True)]
    bands = [
        f"The {adjective} {noun}s"
        for adjective, noun in zip(_pick(chance, ADJECTIVES, count), _pick(chance, NOUNS, count), strict=True)
    ]
    is_band = chance.random(count) < 0.4
    names = [band if flag else person for flag, band, person in zip(is_band.tolist(), bands, people, strict=True)]
    seen: dict[str, int] = {}
    for row, name in enumerate(names):
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            names[row] = f"{name} {seen[name]}"
    return names


def _pick(chance: np.random.Generator, words: str, count: int) -> list[str]:
    choices = words.split()
    return [choices[row] for row in chance.integers(len(choices), size=count).tolist()]
