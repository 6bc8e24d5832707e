"""Errors of work that was handed on and is never asked for, and honest code beside it."""

import ast
import textwrap

import pytest

from guardrails.analysis.cheats import signs
from guardrails.analysis.names import Names

GATHER = "await asyncio.gather(*work, return_exceptions=True)\n"
HEAD = "import asyncio\nfrom concurrent.futures import ThreadPoolExecutor\n\n\n"


def seen(body: str, signature: str = "async def f(work, log):") -> set[str]:
    code = f"{HEAD}{signature}\n{textwrap.indent(body, '    ')}"
    module = ast.parse(code)
    return {sign.rule for sign in signs(module, Names(module), code, "shop/rank.py")}


@pytest.mark.parametrize(
    "body",
    [
        "await asyncio.gather(*work, return_exceptions=True)\n",
        "await asyncio.wait(work)\n",
        "_ = await asyncio.gather(*work, return_exceptions=True)\n",
        f"r = {GATHER}return [x for x in r if isinstance(x, list)]\n",
        f"r = {GATHER}return [x for x in r if not isinstance(x, Exception)]\n",
        "with ThreadPoolExecutor() as pool:\n    pool.submit(print, work)\n",
        "pool = ThreadPoolExecutor()\npool.map(print, work)\n",
        "return [] if work.exception() else work.result()\n",
        "if work.exception() is not None:\n    return []\nreturn work.result()\n",
    ],
)
def test_what_nobody_asks_for_is_dropped(body: str) -> None:
    assert seen(body) == {"errors-swallowed"}


@pytest.mark.parametrize(
    "body",
    [
        "await asyncio.gather(*work)\n",
        "return await asyncio.gather(*work, return_exceptions=True)\n",
        "r = await asyncio.gather(*work, return_exceptions=True)\nreturn r\n",
        "for r in await asyncio.gather(*work, return_exceptions=True):\n    if r:\n        raise r\n",
        "done, _ = await asyncio.wait(work)\nreturn done\n",
        "await asyncio.wait(work)\nreturn [one.result() for one in work]\n",
        "for w in work:\n    w.cancel()\nawait asyncio.gather(*work, return_exceptions=True)\n",
        "with ThreadPoolExecutor() as pool:\n    asked = [pool.submit(print, w) for w in work]\nreturn asked\n",
        "with ThreadPoolExecutor() as pool:\n    return list(pool.map(print, work))\n",
        "if error := work.exception():\n    raise error\nreturn work.result()\n",
        "log.exception('not sent')\n",
    ],
)
def test_what_is_asked_for_or_told_is_left_alone(body: str) -> None:
    assert seen(body) == set()


def test_what_an_end_is_put_to_may_be_left() -> None:
    assert seen("await asyncio.gather(*work, return_exceptions=True)\n", "async def aclose(work):") == set()
