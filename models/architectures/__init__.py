"""Networks by name: one file a family, :mod:`models.architectures.registry` lists them.

Each is ids of shape (n, length) in, probabilities out, for two or five classes. What an architecture *is* stands in
:mod:`models.architectures.architecture`, moving weights in and out of a network in
:mod:`models.architectures.weights`.
"""
