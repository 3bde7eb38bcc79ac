"""Holds every printed sentence against the story's own sources, in code: one file = one check, pure.

A check is a module with two names (the others in this folder have no ``METHOD``):

``METHOD``
    the ``CheckMethod`` that its findings carry.
``check(text, sources) -> list[Finding]``
    what it found in ``text`` (one claim, a headline, or a whole summary), in order of place. ``sources`` has the
    texts of the story's items and their addresses, and keeps what a check reads out of them. It says nothing about what
    it cannot judge, and ``supported`` where it looked and found. A false alarm costs more trust than a miss: in doubt,
    say nothing.

``engine.CHECKS`` names them; tests/verify/test_contract.py holds each to this page and runs its cases from
tests/data/verify/<file name>/*.jsonl. Findings are sentences that a person understands at once.
"""
