"""`guardrails load --target`: load on a service that somebody else started."""
