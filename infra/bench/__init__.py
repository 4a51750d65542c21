"""Benchmarks: each starts real servers, looks whether what it published or wrote was counted, and prints JSON.

A worker's totals are compared with what the classifier itself says of the reviews, before a rate is told. Where a
benchmark writes to the store itself, each batch must have been applied. Texts are real ones where a file of them is
given, and simulated otherwise.
"""
