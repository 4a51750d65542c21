"""What the peers of ``aura bench peers`` share: texts to ids, the threshold, the table."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.bench import standings
from infra.bench.contestants import AURA, PEERS, Way
from infra.bench.peers.words import Words
from infra.bench.saved import threshold
from models import calibration
from models.manifest import Platt
from models.preprocessing.tokenizer import Vocabulary

LENGTH = 5
KNOWN = ["the", "lamp", "don't", "größe", "a\rb", "i̇"]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Words, Vocabulary]:
    vocabulary = Vocabulary([word.encode() for word in KNOWN], num_words=100)
    file = tmp_path_factory.mktemp("words") / "vocabulary.txt"
    file.write_bytes(vocabulary.to_bytes())
    return Words(file, LENGTH), vocabulary


@given(
    st.lists(
        st.one_of(
            st.text(st.characters(exclude_categories=["Cs"])),
            st.lists(st.sampled_from([*KNOWN, "İ", "GRÖSSE", "The", "\0", "!", "\n"])).map(" ".join),
        ),
        max_size=8,
    )
)
def test_peers_read_texts_as_the_network_was_trained_to(both: tuple[Words, Vocabulary], texts: list[str]) -> None:
    words, vocabulary = both
    assert np.array_equal(words.ids(texts), vocabulary.encode(texts, LENGTH))


@given(st.floats(0.2, 5), st.floats(-3, 3), st.floats(-8, 8))
def test_the_threshold_parts_reviews_as_the_calibration_does(slope: float, shift: float, odds: float) -> None:
    platt = Platt(a=slope, b=shift, rows=1)
    p_bad = calibration.probabilities(np.array([odds]), platt)[0, 1]
    if abs(p_bad - 0.5) > 1e-5:
        assert (1 / (1 + math.exp(-odds)) >= threshold(platt)) == (p_bad > 0.5)


def test_a_ratio_is_the_median_of_those_of_the_rounds() -> None:
    def run(rate: int, spent: float) -> standings.Figures:
        return {
            "reviews_per_second": rate,
            "microseconds_a_review": {"workers": spent, "kafka": 1.0, "redis": 2.0},
            "resident_mib": 100,
        }

    ours = [run(30_000, 50), run(10_000, 60), run(20_000, 55)]
    theirs = [run(10_000, 90), run(5_000, 110), run(5_000, 100)]
    found = standings.of(PEERS[0], Way(2, 256), theirs, ours)
    assert found["aura_is_times_as_fast"] == {"median": 3.0, "least": 2.0, "most": 4.0}
    assert found["processor_time_is_times_auras"] == {"median": 1.78, "least": 1.75, "most": 1.79}
    assert (found["reviews_per_second"], found["spread"]) == (5_000, [5_000, 10_000])
    assert found["microseconds_a_review"] == {"workers": 100, "kafka": 1.0, "redis": 2.0}
    assert standings.table([standings.of(AURA, Way(1, 1024), ours, ours), found]).row_count == 2


def test_each_contestant_is_known_by_one_name_and_runs_in_a_way_that_tuning_tries() -> None:
    everybody = [AURA, *PEERS]
    assert len({one.name for one in everybody}) == len(everybody)
    assert all(one.way in one.ways for one in everybody)


def test_the_lock_names_no_host(pytestconfig: pytest.Config) -> None:
    lock = (Path(pytestconfig.rootpath) / "infra/peers.lock").read_text()
    assert "://" not in lock
    assert all("--hash=sha256:" in block for block in lock.split("\\\n")[1:] if block.strip())
