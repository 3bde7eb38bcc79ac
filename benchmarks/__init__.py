"""Benchmarks: what the program takes, as ratios to a bare baseline in the same run. One file = one benchmark.

A benchmark is a module with ``measure(small) -> list[Row]``; ``small`` asks for the smallest size that still runs all
of it. ``python -m benchmarks`` finds every file here that has no underscore before its name. Seconds differ between
machines, ratios hardly, so ratios are the figures; what was found is kept in docs/benchmarks.md.
"""
