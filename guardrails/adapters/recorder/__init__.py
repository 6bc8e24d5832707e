"""Runs pytest in a process of its own and tells the parent, line by line, what happens to each test.

The files of this package are copied to a private directory and run there by the *project's* interpreter
(`python -s -B DIRECTORY`, with no PYTHONPATH), so they need nothing but the standard library and pytest (7.4 or later)
and never import the judge. The parent (`guardrails.adapters.suites`) holds what arrives against what is owed
(`guardrails.analysis.records`); the exit status of this process means nothing.

The same process can watch which lines each test executes (`observing`), or collect the tests, run none of them, and try
mutants in forked copies of itself (`mutating`).

The tested code runs in this same process, so a record is a claim and no proof. `docs/threat-model.md` says which ways
to lie are stopped by construction, which are seen, and which are not stopped. In short: nothing of the tree can be
imported before pytest and the plugins of the environment are; the environment is made from nothing; the writer stands
behind an audit hook (`watch.py`); what a test raises is noted inside every hook (`plugin.py`, `case.py`); tests and
bodies are planted of which the parent alone knows the answer (`schedule.py`).
"""
