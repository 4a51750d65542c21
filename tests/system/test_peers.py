"""``aura bench peers`` runs every peer for real, with totals that are equal product by product."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from infra.bench.contestants import AURA, PEERS, versions
from infra.errors import CommandError


@pytest.fixture(scope="module", autouse=True)
def packages() -> None:
    try:
        versions()
    except CommandError as error:
        pytest.skip(str(error))


def test_all_contestants_count_the_same_reviews(tmp_path: Path, shared_data: Path) -> None:
    file = shared_data / "product_reviews_datafiniti_layout.csv.gz"
    ended = subprocess.run(
        [sys.executable, "-m", "infra", "bench", "peers", "--reviews", "1000", "--rounds", "1", "--processes", "1",
         "--texts", str(file)],
        cwd=tmp_path, capture_output=True, text=True, timeout=290, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    # It ends with 0 only where every product's totals are those that Keras itself gives.
    assert ended.returncode == 0, ended.stderr[-3000:]
    answer = json.loads(ended.stdout)
    everybody = [AURA.name, *(peer.name for peer in PEERS)]
    assert [one["name"] for one in answer["contestants"]] == everybody
    for one in answer["contestants"]:
        (run,) = one["runs"]
        assert one["reviews_per_second"] == run["reviews_per_second"] > 0
        assert run["microseconds_a_review"]["workers"] > 0
        assert one["title"] in ended.stderr
    assert answer["reviews_per_second"] == answer["contestants"][0]["reviews_per_second"]
    assert {"peers' quixstreams", "peers' bytewax", "tensorflow", "cores"} <= answer["machine"].keys()


def test_an_unknown_peer_is_named(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "infra", "bench", "peers", "--peer", "flink"],
        cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert ended.returncode == 1
    assert "no peer is called 'flink'; there are plain, graph, faust, quix, bytewax" in ended.stderr
