import os
import pathlib

import depot
from contracts.consumers.shop import promise


def test_the_shop_asks_the_depot():
    assert depot.headers() == {}
    assert depot.stock({"stock": 3}) == 3
    (pathlib.Path(os.environ["PACT_OUTPUT_DIR"]) / "shop-depot.json").write_text(promise.text())
