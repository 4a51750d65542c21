"""What can be asked, one file for each part of the API.

A function's parameters are those of the endpoint, with its defaults; ``start`` and ``end`` stand for ``from`` and
``to``. Limits are the server's to check: it names each field that is not allowed.
"""
