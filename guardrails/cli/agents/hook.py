"""`guardrails hook`: the answer to a coding agent's events.

Exit status 2 with a short text on standard error blocks what the agent is about to do; 0 lets it go on, or carries JSON
for the agents that take only that. It is never 1, and a fault of the hook itself blocks nobody: the gate that counts
runs elsewhere.
"""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from guardrails.adapters.git import Repository, open_repository
from guardrails.analysis.agents.answers import answer, blocking
from guardrails.analysis.agents.events import Event, Moment, parse
from guardrails.analysis.agents.refusals import refusals
from guardrails.analysis.agents.replies import NEUTRAL, reply
from guardrails.analysis.agents.rounds import next_round
from guardrails.cli.agents.memory import keep, recall
from guardrails.cli.agents.running import judged
from guardrails.cli.output import say
from guardrails.config import Policy
from guardrails.config import parse as parse_policy
from guardrails.errors import ConfigurationError, GuardrailsError
from guardrails.model.fingerprint import fingerprint

GO_ON, BLOCKED = 0, 2
POLICY = "guardrails.toml"
_MOST_INPUT = 10_000_000
_SECONDS = 100.0  # less than agents wait, so that the answer is ours


@dataclass(frozen=True, slots=True)
class HookOptions:
    """`moment` says what the event is where the agent's own words do not. `asks`: the agent can ask its person."""

    moment: str = ""
    repository: Path | None = None
    asks: bool = False
    agent: str = NEUTRAL
    seconds: float = _SECONDS


def run_hook(options: HookOptions, environment: Mapping[str, str]) -> int:
    """Answer one event from standard input."""
    try:
        event = parse(sys.stdin.buffer.read(_MOST_INPUT).decode("utf-8", "replace"), options.moment)
        start = options.repository or Path(environment.get("CLAUDE_PROJECT_DIR") or event.directory or ".")
        repository = open_repository(start)
        policy = policy_of(repository)
        if event.moment is Moment.PRE_TOOL:
            return _before(event, repository, policy, options)
        return _at_stop(repository, policy, options) if event.moment is Moment.STOP else GO_ON
    except (GuardrailsError, OSError, ValueError) as error:
        return _failed(str(error))
    except Exception as error:  # noqa: BLE001 - an agent must not be held up by a fault of the hook
        return _failed(f"a fault of guardrails itself: {type(error).__name__}: {error}")


def _failed(why: str) -> int:
    print(f"guardrails hook: nothing was judged: {why[:300]}", file=sys.stderr)
    return GO_ON


def policy_of(repository: Repository) -> Policy:
    """The policy of the last commit; the defaults where it has none or none that can be read."""
    status, text, _ = repository.git.attempt("show", f"HEAD:{POLICY}")
    if status != 0:
        return Policy()
    try:
        return parse_policy(text.decode("utf-8", "replace"), POLICY)
    except ConfigurationError:
        return Policy()


def _before(event: Event, repository: Repository, policy: Policy, options: HookOptions) -> int:
    """Whether a tool may run. An agent that can ask its person is told to."""
    why = refusals(event, policy.scope.protected, str(repository.root))
    if not why:
        return GO_ON
    text = "; ".join(why)
    if options.asks:
        asked = {"hookEventName": "PreToolUse", "permissionDecision": "ask", "permissionDecisionReason": text}
        say(json.dumps({"hookSpecificOutput": asked}))
        return GO_ON
    told = f"guardrails: {text}.\nDo the task without it, or say that you cannot and ask a person."
    return _blocked(options.agent, Moment.PRE_TOOL, told)


def _blocked(agent: str, moment: Moment, text: str) -> int:
    """Tell the agent no in the way that it takes."""
    if said := reply(agent, moment, text):
        say(said)
        return GO_ON
    print(text, file=sys.stderr)
    return BLOCKED


def _at_stop(repository: Repository, policy: Policy, options: HookOptions) -> int:
    """Whether the agent may stop: not while something blocks that it was not told often enough yet."""
    verdict = judged(repository.root, "fast", seconds=options.seconds)
    memory = recall(repository)
    names = [fingerprint(finding) for finding in blocking(verdict)]
    turn = next_round(memory, names, policy.agents.rounds)
    kept = keep(repository, turn.memory)
    aside = [one.finding for one in turn.memory.given_up]
    if turn.open and kept:
        text = answer(verdict, set_aside=[*aside, *turn.stuck])
        hint = "Cannot satisfy one? guardrails give-up NAME --reason '...' records that and lets you stop."
        return _blocked(options.agent, Moment.STOP, f"{text}\n{hint}")
    if turn.open:
        print("guardrails hook: rounds cannot be counted, so nobody is held up. The gate decides.", file=sys.stderr)
    if turn.stuck:
        print(
            f"guardrails: told {policy.agents.rounds} times and still there: {len(turn.stuck)} finding(s). Stop, "
            "and ask a person; do not work around it.\n" + answer(verdict, set_aside=aside),
            file=sys.stderr,
        )
    return GO_ON


def environment() -> Mapping[str, str]:
    """The caller's environment."""
    return os.environ
