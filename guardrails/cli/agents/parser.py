"""The arguments of what coding agents use."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from guardrails.analysis.agents.events import Moment
from guardrails.analysis.agents.replies import NEUTRAL, SPEAKERS
from guardrails.cli.stopping import interruptible

_HOOK = """\
Answer an event of a coding agent, which is read from standard input as JSON (Claude Code, Gemini CLI, Cursor, Copilot,
Codex). Before a tool: refuse edits of protected paths, approvals, hooks passed over. At a stop: judge the change by the
fast profile, and hold the agent while something blocks, a set number of times.
"""
_HOOK_EPILOG = """\
exit status:
  0  go on: nothing blocks, or a person must be asked, or nothing could be judged (standard error says so);
     with --agent cursor or copilot also what blocks, as JSON on standard output, since they take no status
  2  blocked: standard error says what to do
The status is never 1. A hook is a help and no judge: what counts is the gate of the merge.
"""
_GIVE_UP = """\
Record that a finding of the current change cannot be satisfied, and why. It still stands, the verdict shows the words,
and a person decides; hooks no longer hold the agent for it. FINDING is its name in brackets, or how that begins.
"""
_AGENTS = """\
Print the page of instructions for coding agents (AGENTS.md): the part between its markers is made from the policy, the
layers and the gates; what stands around it is yours.
"""
_MCP = """\
Serve the Model Context Protocol on standard input and output: verify, explain_rule, where_does_this_belong,
who_reads_this, invariants_of, behaviour_diff, give_up. Needs pip install 'recsys-guardrails[mcp]'.
"""
Add = Callable[..., argparse.ArgumentParser]


def add(command: Add) -> None:
    """Add the commands; `command` takes a name, a short and a long text and an epilog."""
    hook = command("hook", "answer a coding agent's event", _HOOK, _HOOK_EPILOG)
    moments = [moment.value for moment in Moment if moment is not Moment.OTHER]
    hook.add_argument("--event", choices=moments, default="", help="what the event is (default: as it says itself)")
    hook.add_argument("--repo", metavar="DIR", type=Path, help="the repository (default: where the event is)")
    hook.add_argument(
        "--ask", action="store_true", help="answer a refusal before a tool with a question to the person (Claude Code)"
    )
    hook.add_argument(
        "--agent", choices=SPEAKERS, default=NEUTRAL, help="whose way of being told no (default: status 2)"
    )
    mcp = command("mcp", "serve coding agents over MCP", _MCP, "")
    mcp.add_argument("--repo", metavar="DIR", type=Path, default=Path(), help="the repository (default: here)")
    give_up = command("give-up", "say that a finding cannot be satisfied", _GIVE_UP, "")
    give_up.add_argument("finding", metavar="FINDING", help="its name, or how that begins")
    give_up.add_argument("--reason", required=True, help="what was tried, and why it cannot be")
    give_up.add_argument("--repo", metavar="DIR", type=Path, default=Path(), help="the repository (default: here)")
    agents = command("agents", "print or write the page of instructions for coding agents", _AGENTS, "")
    what = agents.add_mutually_exclusive_group()
    what.add_argument("--write", action="store_true", help="bring the file up to date")
    what.add_argument("--check", action="store_true", help="end with status 1 where the file is not up to date")
    agents.add_argument("--repo", metavar="DIR", type=Path, default=Path(), help="the repository (default: here)")


def run(options: argparse.Namespace) -> int:
    """Run one of the commands."""
    match options.command:
        case "hook":
            from guardrails.cli.agents.hook import HookOptions, environment, run_hook

            return run_hook(
                HookOptions(options.event, options.repo, asks=options.ask, agent=options.agent), environment()
            )
        case "give-up":
            from guardrails.cli.agents.giving_up import GiveUpOptions, give_up

            return give_up(GiveUpOptions(options.finding, options.reason, options.repo))
        case "agents":
            from guardrails.cli.agents.page import run_page

            return run_page(options.repo, write=options.write, check=options.check)
        case _:
            from guardrails.cli.agents.server import serve

            return serve(options.repo)


def hold_nobody(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> int:
    """The status of the hook; 0 for a wrong call, a signal or a fault, about which an agent can do nothing."""
    try:
        with interruptible():
            return run(parser.parse_args(arguments))
    except SystemExit:  # argparse has said what was wrong
        return 0
    except BaseException as error:  # noqa: BLE001 - whatever it is, the agent goes on
        print(f"guardrails hook: nothing was judged: {type(error).__name__}: {str(error)[:300]}", file=sys.stderr)
        return 0
