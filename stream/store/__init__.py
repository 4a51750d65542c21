"""The state in Redis: totals, buckets, recent reviews and fences; one room for its writes and its reads.

What a product costs in Redis 7.0 after 30 days of use, in bytes (``aura bench store``, real review texts; all keys of
the product, and the server's own overhead for them):

=============== ======== ============= =========== ========= ======== =============
reviews a day   in all   50 last texts minutes     hours     days     totals, names
=============== ======== ============= =========== ========= ======== =============
5               21,000   12,300        1,200       3,300     700      400
50              41,000   17,600        4,200       12,900    800      400
500             67,300   18,200        20,600      12,900    1,000    200
=============== ======== ============= =========== ========= ======== =============

A tenant that keeps no texts (``recent_reviews = 0``) saves their column. The tenant itself costs up to 1.6 MB, most of
it the live stream.
"""
