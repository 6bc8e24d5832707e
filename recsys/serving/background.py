"""What works beside the requests: it starts and ends with them, and an end that nobody asked for is told."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from recsys.ports import Append, Neighbours

LOG: Final = logging.getLogger("recsys.serving")


@asynccontextmanager
async def beside(neighbours: Neighbours, append: Append) -> AsyncIterator[None]:
    """Run the work of the neighbours while the body runs; then cancel it, and give the connections back."""
    tasks = [asyncio.create_task(one.run(append)) for one in neighbours.background]
    for task in tasks:
        task.add_done_callback(_ended)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if neighbours.profiles is not None:
            await neighbours.profiles.close()


def _ended(task: "asyncio.Task[None]") -> None:
    """A fault of ours ended the work. What it kept fresh grows stale, and is then refused."""
    if not task.cancelled() and (error := task.exception()) is not None:
        LOG.error("work beside the requests ended", exc_info=error)
