"""The state in Redis: totals, buckets, recent reviews and fences; one room for its writes and its reads."""
