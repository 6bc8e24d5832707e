"""Where code of the change runs: kept from the network, from the disk and from other programs, by what works here.

`choice` tries the backends and remembers what held, `view` says what of the disk is seen, `bubblewrap` and `launch`
(Landlock, seccomp, namespaces) are the two backends, `watch` holds limits from outside. What each holds and does not
hold: docs/decisions/0010-isolation.md.
"""
