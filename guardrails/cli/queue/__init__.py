"""`guardrails queue`: branches made side by side, verified alone and together, in an order that is safe to merge."""
