"""Benchmarks: each measures real servers and real texts, checks the totals before it prints a rate, and prints JSON."""
