"""How an agent is told no. Most take exit status 2 and standard error; two take only JSON on standard output.

Sources: the hooks references of Cursor (`permission`, `followup_message`) and of GitHub Copilot (`permissionDecision`;
`decision` and `reason` at a stop). Both let an agent stop that is told no by an exit status.
"""

import json

from guardrails.analysis.agents.events import Moment

NEUTRAL = "any"
SPEAKERS = (NEUTRAL, "claude-code", "codex", "copilot", "cursor", "gemini")


def reply(agent: str, moment: Moment, text: str) -> str:
    """JSON for standard output, with exit status 0; empty where exit status 2 and standard error say it."""
    before = moment is Moment.PRE_TOOL
    match agent:
        case "cursor" if before:
            return json.dumps({"permission": "deny", "user_message": text, "agent_message": text})
        case "cursor":
            return json.dumps({"followup_message": text})
        case "copilot" if before:
            return json.dumps({"permissionDecision": "deny", "permissionDecisionReason": text})
        case "copilot":
            return json.dumps({"decision": "block", "reason": text})
        case _:
            return ""
