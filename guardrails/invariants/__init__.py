"""Ranking invariants as Hypothesis properties: a library that any recommender can import.

Wrap your recommender in the two small Protocols of `guardrails.invariants.protocol`, and

    from guardrails.invariants.suite import suite

    TestInvariants = suite(MySubject())

gives one property per relation. Each relation is known to be falsifiable: `guardrails.invariants.faults` holds a
recommender that breaks it. It depends on Hypothesis and nothing else.
"""
