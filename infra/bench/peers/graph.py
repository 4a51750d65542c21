"""The loop of :mod:`infra.bench.peers.plain` with the model in a ``tf.function``, and orjson: what one tunes first.

XLA (``jit_compile``) was tried as well, and took as long.
"""

import orjson

from infra.bench.peers.job import Job
from infra.bench.peers.network import by_graph
from infra.bench.peers.plain import run

if __name__ == "__main__":
    told = Job.given()
    run(told, by_graph(told.model_folder, told.threads), orjson.loads)
