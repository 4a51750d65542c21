"""The state in Redis: totals, buckets, recent reviews and fences; one room for its writes and its reads.

What a product costs in Redis 7.0 after 30 days of use, in bytes (``aura bench store``, real review texts; all keys of
the product, and the server's own overhead for them):

=============== ======== ============= ======= ======= ======= ======= =============
reviews a day   in all   50 last texts samples minutes hours   days    totals, names
=============== ======== ============= ======= ======= ======= ======= =============
5               27,700   12,300        6,700   1,200   3,300   700     400
50              92,400   17,100        49,500  4,200   13,000  700     300
500             144,400  20,700        69,900  20,400  13,000  1,100   300
=============== ======== ============= ======= ======= ======= ======= =============

A tenant that keeps no texts (``recent_reviews = 0``) saves their column and that of the samples. The tenant itself
costs up to 2.2 MB, most of it the live stream.
"""
