"""A server on a loopback port that does what it is told, down to the bytes: for clients that must bear anything."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeAlias

Act: TypeAlias = Callable[[asyncio.StreamWriter], Awaitable[None]]
ROUNDS = 5
"""Of the loop until a connection that was taken is known to `serving`; a client in a hurry may be gone by then."""


@dataclass(slots=True)
class Server:
    """Does one act after another, one for each request, and the last one again and again."""

    acts: Sequence[Act]
    url: str = ""
    asked: list[str] = field(default_factory=list)
    """The head of each request."""

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            act = self.acts[min(len(self.asked), len(self.acts) - 1)]
            self.asked.append(head)
            await act(writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client has gone, which is its right
        finally:
            writer.close()


@asynccontextmanager
async def serving(*acts: Act) -> AsyncIterator[Server]:
    """A server that runs while the body does."""
    one = Server(acts)
    tasks: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks[asyncio.create_task(one._serve(reader, writer))] = writer

    listening = await asyncio.start_server(accept, "127.0.0.1", 0)
    one.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    try:
        yield one
    finally:
        for _ in range(ROUNDS):
            await asyncio.sleep(0)
        listening.close()
        for task, writer in tasks.items():
            task.cancel()
            writer.close()  # a task that is cancelled before it began closes nothing
        await asyncio.gather(*tasks, return_exceptions=True)


def raw(data: bytes) -> Act:
    """Send these bytes, and close."""

    async def act(writer: asyncio.StreamWriter) -> None:
        writer.write(data)

    return act


def reply(
    body: object = None, status: int = 200, kind: str = "application/json", headers: Mapping[str, str] | None = None
) -> Act:
    """Send an answer. body: bytes as they are, anything else as JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = {"content-type": kind, "content-length": str(len(data)), "connection": "close", **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return raw(f"HTTP/1.1 {status} Said\r\n{head}\r\n".encode() + data)


def problem(kind: str, status: int) -> Act:
    """Send a problem document."""
    return reply({"type": kind, "status": status}, status, "application/problem+json")


def bare(status: int, **headers: str) -> Act:
    """Send a status without a body."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in {"connection": "close", **named}.items())
    return raw(f"HTTP/1.1 {status} Said\r\n{lines}\r\n".encode())


async def hang(writer: asyncio.StreamWriter) -> None:
    """Say nothing, for ever."""
    del writer
    await asyncio.Event().wait()


async def reset(writer: asyncio.StreamWriter) -> None:
    """Tear the connection down."""
    writer.transport.abort()


HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000000000\r\n\r\n"


async def trickle(writer: asyncio.StreamWriter) -> None:
    """Send a byte now and then, so that no time-out between two bytes ever ends it."""
    writer.write(HEAD)
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.005)


async def flood(writer: asyncio.StreamWriter) -> None:
    """Send without an end."""
    writer.write(HEAD)
    while True:
        writer.write(b" " * 65_536)
        await writer.drain()
