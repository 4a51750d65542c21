"""The loop of :mod:`infra.bench.peers.plain` with the model in a ``tf.function``, and orjson: what one tunes first.

Tried: batches of 1,024 and 4,096, one process and one a core; the fastest is one a core and 1,024, with 94 microseconds
of processor time a review against 117 to 137. The function alone takes as long at 512 to 4,096 and a tenth more at 256;
with XLA (``jit_compile``) it was no faster. orjson takes half of json's time.
"""

import orjson

from infra.bench.peers.job import Job
from infra.bench.peers.network import by_graph
from infra.bench.peers.plain import run

if __name__ == "__main__":
    told = Job.given()
    run(told, by_graph(told.model_folder, told.threads), orjson.loads)
