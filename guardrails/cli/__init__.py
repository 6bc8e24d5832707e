"""The command line: reads arguments, puts the adapters together, prints, and gives the exit status.

Nothing heavy is imported before it is known to be needed: a fast check must not wait for what it does not use.
"""
