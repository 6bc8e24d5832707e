"""Twins draw the same, whatever else draws in between. In a process of its own: the module `random` is changed."""

import json
import subprocess
import sys

PROGRAM = """
import json, random
import gevent
from guardrails.adapters.loadgen.draws import draw_by_seat

take_seat = draw_by_seat(int({seed}))
drawn = {{}}

def user(name, seat, turns):
    take_seat(seat)
    drawn[name] = []
    for turn in range(turns):
        if turn == 2:
            take_seat(seat)  # a second time: nothing begins anew
        drawn[name].append([random.random(), random.choice("abcdef"), random.randint(0, 10**9), random.getrandbits(64)])
        gevent.sleep(0)

gevent.joinall([gevent.spawn(user, *args) for args in (("a0", 0, 6), ("a1", 1, 3), ("b0", 0, 4), ("b1", 1, 6))])
drawn["shared"] = [random.random(), random.random()]
print(json.dumps(drawn))
"""


def drawn(seed: int) -> dict[str, list[object]]:
    program = PROGRAM.format(seed=seed)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    return dict(json.loads(done.stdout))


def test_twins_draw_the_same_and_others_do_not() -> None:
    first, again = drawn(1), drawn(1)
    assert first == again
    assert first["a0"][:4] == first["b0"]
    assert first["b1"][:3] == first["a1"]
    assert first["a0"] != first["b1"]
    assert len({str(draw) for draw in first["a0"]}) == 6, "a second seat must not begin the stream anew"
    assert first["shared"][0] != first["shared"][1]
    assert drawn(2)["a0"] != first["a0"]
