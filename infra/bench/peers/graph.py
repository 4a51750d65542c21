"""The loop of :mod:`infra.bench.peers.plain` with the model in a ``tf.function``: the first thing that one tunes."""

from infra.bench.peers.job import Job
from infra.bench.peers.network import by_graph
from infra.bench.peers.plain import run

if __name__ == "__main__":
    told = Job.given()
    run(told, by_graph(told.model_folder, told.threads))
