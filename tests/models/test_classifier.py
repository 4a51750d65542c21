import re
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import artefact, inference
from models.classifier import Classifier, Review, answer
from models.data.read import read_labelled
from models.engines.choose import choose, has_gpu
from models.inference import TextClassifier
from models.preprocessing.reader import Reader
from models.preprocessing.tokenizer import Read
from models.review import ReviewLike
from stream.event import ReviewEvent

KNOWN = ("good", "bad", "love", "terrible", "works", "broke", "the", "product", "great", "not", "waste", "movie", "it")
REVIEWS = st.lists(
    st.builds(Review, st.one_of(st.text(), st.lists(st.sampled_from(KNOWN), max_size=200).map(" ".join))),
    max_size=40,
)


@pytest.mark.parametrize(
    "text",
    [
        "Excellent product, I love it and use it every day.",
        "Works great, my whole family is very happy with it. Highly recommend!",
        "Smells wonderful and leaves everything clean. I will buy this again.",
    ],
)
def test_praise_is_good(shipped: Classifier, text: str) -> None:
    ((p_good, p_bad),) = shipped.predict([Review(text)])
    assert p_good > 0.8 > p_bad


@pytest.mark.parametrize(
    "text",
    [
        "I hate this. It is awful, it smells terrible and does not work at all. Complete waste of money.",
        "Awful. Did not work, made a mess and the smell was horrible. Do not waste your money on it.",
        "Horrible new formula. It made my skin burn, I threw it away. Never again.",
    ],
)
def test_complaints_are_bad(shipped: Classifier, text: str) -> None:
    ((p_good, p_bad),) = shipped.predict([Review(text)])
    assert p_bad > 0.5 > p_good


@given(reviews=REVIEWS)
def test_a_review_has_one_answer_whatever_stands_beside_it(shipped: Classifier, reviews: list[Review]) -> None:
    together = shipped.predict(reviews)
    assert together.shape == (len(reviews), 2)
    assert together.dtype == np.float32
    order = np.random.default_rng(len(reviews)).permutation(len(reviews))
    assert np.abs(shipped.predict([reviews[i] for i in order]) - together[order]).max(initial=0) < 1e-6
    for review, beside in zip(reviews[:5], together, strict=False):
        assert np.abs(shipped.predict([review])[0] - beside).max() < 1e-6


def test_real_reviews_have_one_answer_at_every_batch_size(shipped: Classifier, shared_data: Path) -> None:
    path = shared_data / "product_reviews.csv.gz"
    reviews = read_labelled(path, text="reviews_text", rating="reviews_rating").reviews[:2500]
    expected = shipped.predict(reviews)
    for size in (1, 7, 64, 1000):
        batches = [shipped.predict(reviews[start : start + size]) for start in range(0, len(reviews), size)]
        assert np.abs(np.concatenate(batches) - expected).max() < 1e-6


def test_no_reviews_get_no_answers(shipped: Classifier) -> None:
    assert shipped.predict([]).shape == (0, 2)


def test_an_event_of_the_stream_is_a_review(shipped: Classifier) -> None:
    text = "It stopped working after a week."
    event = ReviewEvent(
        event_id="1", tenant="shop", product_id="p", text=text, occurred_at=1_700_000_000_000, title="Pity"
    )
    assert np.array_equal(shipped.predict([event]), shipped.predict([Review(text, "Pity")]))


def test_other_threads_get_the_same_answers(shipped: Classifier) -> None:
    reviews = [Review(f"Bottle number {number} leaks.") for number in range(50)]
    with ThreadPoolExecutor(1) as executor:
        assert np.array_equal(executor.submit(shipped.predict, reviews).result(), shipped.predict(reviews))


def test_the_device_is_named(shipped: Classifier) -> None:
    assert re.fullmatch(r"CPU \(.*cores\)|GPU:0 .+", shipped.device)


def test_threads_are_taken_and_said() -> None:
    code = "from models.classifier import load; print(load('reference', threads=1).device)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert re.fullmatch(r"CPU \((1 of \d+|1) cores\)|GPU:0 .+", ended.stdout.strip())


@pytest.mark.skipif(has_gpu(), reason="a GPU needs TensorFlow")
@pytest.mark.parametrize("name", sorted(artefact.shipped()))
def test_a_cpu_does_without_tensorflow(name: str) -> None:
    code = (
        "import resource, sys; from models.classifier import Review, load; "
        "answers = load(sys.argv[1], threads=1).predict([Review('Fine. ' * n, 'Well') for n in range(1024)]); "
        "print(answers.shape, 'tensorflow' in sys.modules, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
    )
    # Not a child of this process: Linux hands the starter's peak on to it, and this one holds TensorFlow.
    ended = subprocess.run(
        [sys.executable, "-c", f"import subprocess, sys; subprocess.run([sys.executable, '-c', {code!r}, {name!r}])"],
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    *shape, with_tensorflow, megabytes = ended.stdout.split()
    assert (" ".join(shape), with_tensorflow, ended.stderr) == ("(1024, 2)", "False", "")
    assert int(megabytes) < 400


def test_a_gpu_finds_the_next_ids_ready(shipped: Classifier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inference, "PART", 10)
    found = artefact.find("reference")
    how = found.manifest.preprocessing
    engine = choose("cnn-lstm", found.manifest.hyperparameters, how, found.weights, 1).engine
    readers = set()

    class Watched(Reader):
        def read(self, reviews: Sequence[ReviewLike]) -> Read:
            readers.add(threading.current_thread().name.rpartition("_")[0])
            return super().read(reviews)

    reader = Watched(how, found.vocabulary)
    on_gpu = TextClassifier(found.manifest, reader, engine, "GPU:0 made up", found.digest)
    reviews = [Review(f"It {'really ' * number}works, unheard-of", "Great") for number in range(35)]
    together, alone = on_gpu.answer(reviews), answer(shipped, reviews)
    assert readers == {"aura-ahead"}
    assert np.abs(together.probabilities - alone.probabilities).max() < 1e-6
    assert together[1:] == alone[1:]
    assert on_gpu.predict([]).shape == (0, 2)
