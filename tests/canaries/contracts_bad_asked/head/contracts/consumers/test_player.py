import os
import pathlib

from contracts.consumers import promise


def test_the_consumer_states_what_it_reads():
    place = pathlib.Path(os.environ["PACT_OUTPUT_DIR"])
    (place / "player-shop.json").write_text(promise.text())
