"""What a worker compiles for the writing half of a batch, made ready before the first batch comes.

numba compiles a loop at its first call, for some seconds where nothing kept it from an earlier start
(:mod:`models.compiled`): on the event loop that would hold up the worker's membership in its group.
"""

from stream.drivers import reading
from stream.lexicon import packing


def compile_loops() -> None:
    """Compile, or load, the loops that read and pack texts."""
    packing.pack(["ready"])
    reading.read([("ready", None)])
