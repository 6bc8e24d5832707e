"""The best tracks first."""

import json

import numpy
import requests


def rank(scores: dict[str, float], k: int = 10) -> list[str]:
    if k < 0:
        raise ValueError(f"k is {k}; it must not be negative")
    json.dumps(numpy.shape(requests.codes))
    return sorted(scores, key=lambda track: (-scores[track], track))[:k]
