"""`guardrails mcp`: the tools over the Model Context Protocol, by the official SDK, on standard input and output."""

import asyncio
import importlib.util
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

import guardrails
from guardrails.cli.agents.tools import Toolbox
from guardrails.errors import ToolMissingError

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer

Report = Callable[[float, float | None, str | None], Awaitable[None]]
_BEAT = 5.0
INSTRUCTIONS = """\
A merge gate for this repository. Call `verify` before you say that you are done: profile "fast" takes seconds, "pr" is
what the merge needs. Fix what blocks; what is for review is for a person. When you are told to stop and ask a person,
do. If you cannot satisfy a finding, `give_up` records it: that is an accepted outcome.
"""


def serve(repository: Path) -> int:
    """Serve until the client is gone.

    Raises:
        ToolMissingError: the SDK is not installed.
    """
    if importlib.util.find_spec("mcp") is None:
        raise ToolMissingError("guardrails mcp needs the package mcp: pip install 'recsys-guardrails[mcp]'")
    server(Toolbox(repository)).run("stdio")
    return 0


async def told_meanwhile(work: Awaitable[str], report: Report, beat: float = _BEAT) -> str:
    """The answer; until it is there, a client that wants to know is told every `beat` seconds that it is worked on."""
    task = asyncio.ensure_future(work)
    beats = 0
    try:
        while not task.done():
            await report(beats * beat, None, f"judging, {beats * beat:g} s")
            beats += 1
            await asyncio.wait({task}, timeout=beat)
        return task.result()
    finally:
        task.cancel()  # who no longer waits needs no answer


def server(tools: Toolbox) -> "MCPServer":
    """The server with its tools."""
    from mcp.server.mcpserver import Context, MCPServer

    made = MCPServer("guardrails", instructions=INSTRUCTIONS, version=guardrails.__version__, log_level="WARNING")

    @made.tool()
    async def verify(context: Context, profile: str = "fast") -> str:
        """Judge the change, uncommitted work included. profile: fast (seconds), pr (minutes) or release."""
        return await told_meanwhile(tools.verify(profile), context.report_progress)

    @made.tool()
    async def explain_rule(rule: str) -> str:
        """What a rule means, why it is there, and how to satisfy it. rule: such as tampering/test-deleted."""
        return tools.explain_rule(rule)

    @made.tool()
    async def where_does_this_belong(description: str) -> str:
        """The layer for a thing that you are about to write, and what it may import. description: a sentence."""
        return tools.where_does_this_belong(description)

    @made.tool()
    async def who_reads_this(field: str) -> str:
        """The consumers of a field of an answer or an event. field: such as items[].reason."""
        return tools.who_reads_this(field)

    @made.tool()
    async def invariants_of(stage: str) -> str:
        """The ranking invariants that a stage must keep. stage: such as filters, diversity, paging."""
        return tools.invariants_of(stage)

    @made.tool()
    async def behaviour_diff(context: Context) -> str:
        """How the answers of the service differ from the base's on the same requests."""
        return await told_meanwhile(tools.behaviour_diff(), context.report_progress)

    @made.tool()
    async def give_up(finding: str, reason: str) -> str:
        """Say that a finding of the last `verify` cannot be satisfied. finding: its name. reason: a sentence."""
        return tools.give_up(finding, reason)

    return made
