"""Runs pytest in a process of its own and tells the parent, line by line, what happens to each test.

The files of this package are copied to a private directory and run there by the *project's* interpreter
(`python -s -B DIRECTORY`, with no PYTHONPATH), so they need nothing but the standard library and pytest (7.4 or later)
and never import the judge. The parent (`guardrails.adapters.suites`) holds what arrives against what is owed
(`guardrails.analysis.records`); the exit status of this process means nothing.

The same process can watch which lines each test executes (`observing`), or collect the tests, run none of them, and try
mutants in forked copies of itself (`mutating`).

The tested code runs in this same process, so a record is a claim and no proof. What is done about that:

Stopped by construction
  - `pytest.py`, `json.py` or `sitecustomize.py` at the root of the tree, pytest plugins that a `*.dist-info` of the
    tree names: nothing of the tree is importable before pytest and the plugins of the environment are loaded.
  - `PYTEST_ADDOPTS`, `PYTEST_PLUGINS`, `PYTHONSTARTUP`: the environment is made from nothing.
  - An import hook that replaces this package: it is loaded first, and is then no longer among the modules.
  - A record that was written cannot be taken back or changed: the channel is a pipe.
  - A forked child that answers in the parent's place: records are written by the process that began, or not at all.
  - An exit status of 0, output of any size or content: neither is read.

Stopped by detection (the run has a complaint, or the test counts as failed or as not run)
  - `os._exit`, `sys.exit`, `pytest.exit`, a signal, a hang: there is no `finish` record, or records are owed.
  - Hooks that swallow: reports changed after the fact, a replaced `pytest_runtest_protocol` or `pytest_runtestloop`,
    a reported `xfail` or `skip` that nothing raised or marked. What a test raises is noted around `item.runtest`,
    inside every hook.
  - A suite that can no longer fail (hooks that report success, patched `pytest.raises`, `pytest.approx`,
    `unittest.TestCase`, `numpy.testing`): planted tests with fresh names and values run among those of each directory,
    some of which must fail and some of which must pass.
  - Forged, repeated, reordered or cut records: each line carries its number and an HMAC, under a key that is deleted
    from the disk before any code of the tree runs.
  - An answer about a mutant that the copy's own recorder did not write: it carries a token that is made for that copy.
  - Deselection and `collect_ignore` in the change: the parent knows what the base collects.

Not stopped here
  - Code that searches this process's memory for the recorder and calls its writer, or reads its key, and lies
    consistently.
  - Code that changes the outcome of single named tests from within (`__eq__` that is always true, an expected value
    that is read from the test): the tampering and properties gates look for that.
  - What the tested code does to the machine: that is for the isolation around this process.
"""
