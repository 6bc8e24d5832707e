"""The generator of load: a program of its own, because locust patches the standard library of the process it is in.

`guardrails.adapters.loadrig` starts it as `python -m guardrails.adapters.loadgen` and reads what it writes.

The sides are driven in slices, never at once. In a slice every user sends the same number of requests, and no side is
sent any outside its slices. The users of the two sides are twins: each draws from a stream of random numbers that its
seat determines, so a pair of slices holds the same requests in the same order, as far as answers do not change them.
"""
