"""What a worker computes for the shipped artefacts is what Keras computes from their weights."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models import artefact
from models.architectures.registry import find
from models.architectures.weights import set_weights
from models.classifier import Classifier, load
from models.data.catalogue import CATALOGUE
from models.data.read import read_data_set
from models.evaluation.held_out import hold_out
from models.preprocessing.reader import Reader
from models.preprocessing.tokenizer import MARK, words
from models.review import Review
from models.scaling import answers

TOLERANCE = 1e-5
ALL = sorted(artefact.shipped())


class Both(NamedTuple):
    """The classifier as a worker loads it, and the network that Keras builds of the same artefact."""

    classifier: Classifier
    network: Any
    found: artefact.Artefact

    def expected(self, ids: NDArray[np.int32]) -> NDArray[np.float32]:
        """Keras' probabilities, calibrated."""
        given = self.network.predict_on_batch(ids).astype(np.float64)
        with np.errstate(divide="ignore"):
            return answers(np.log(given), self.found.manifest.calibration)

    def ids(self, reviews: list[Review]) -> NDArray[np.int32]:
        return Reader(self.found.manifest.preprocessing, self.found.vocabulary).ids(reviews)


@cache
def both(name: str) -> Both:
    found = artefact.find(name)
    manifest, how = found.manifest, found.manifest.preprocessing
    architecture = find(manifest.architecture)
    sizes = architecture.choose(changes=manifest.hyperparameters)
    network = architecture.build(
        len(manifest.labels), num_words=how.num_words, length=how.length, hyperparameters=sizes
    )
    set_weights(network, found.weights)
    return Both(load(name, threads=1), network, found)


@pytest.fixture(scope="module", autouse=True)
def _networks() -> Iterator[None]:
    yield
    both.cache_clear()


class Wording(NamedTuple):
    """A review in numbers, so that hypothesis draws a few of them in place of a thousand words."""

    title: int
    text: int
    unknown: float
    seed: int

    def review(self, vocabulary: tuple[bytes, ...]) -> Review:
        random = np.random.default_rng(self.seed)
        drawn = [
            b"unheard-of" if random.random() < self.unknown else vocabulary[int(len(vocabulary) * random.random() ** 4)]
            for _ in range(self.title + self.text)
        ]
        title, text = b" ".join(drawn[: self.title]), b" ".join(drawn[self.title :])
        return Review(text.decode("utf-8", "surrogatepass"), title.decode("utf-8", "surrogatepass") or None)


def wordings(length: int) -> st.SearchStrategy[list[Wording]]:
    """Eight reviews, for Keras traces each number of them, of no word, a few, exactly as many as are read, and more."""
    edges = st.sampled_from([0, 1, 2, 5, 9, 24, 25, 49, length - 2, length - 1, length, length + 1, 2 * length])
    return st.lists(
        st.builds(
            Wording,
            st.integers(0, 12),
            st.one_of(edges, st.integers(0, length + 10)),
            st.sampled_from([0.0, 0.1, 1.0]),
            st.integers(0, 1_000_000),
        ),
        min_size=8,
        max_size=8,
    )


@pytest.mark.parametrize("name", ALL)
def test_any_review_has_the_answer_of_keras(name: str) -> None:
    pair = both(name)
    vocabulary = pair.found.vocabulary.ordered[1:]  # not the mark, which a test of its own puts into texts

    @settings(max_examples=15)
    @given(wordings(pair.found.manifest.preprocessing.length))
    def check(drawn: list[Wording]) -> None:
        reviews = [wording.review(vocabulary) for wording in drawn]
        assert np.abs(pair.classifier.predict(reviews) - pair.expected(pair.ids(reviews))).max() < TOLERANCE

    check()


@pytest.mark.parametrize("name", ALL)
def test_reviews_of_every_length_have_the_answer_of_keras(name: str) -> None:
    pair = both(name)
    how, vocabulary = pair.found.manifest.preprocessing, pair.found.vocabulary.ordered[1:]
    random = np.random.default_rng(8)
    reviews = [
        Review(b" ".join(vocabulary[place] for place in random.integers(0, len(vocabulary), words)).decode())
        for words in range(how.length + 1)
    ]
    ids = pair.ids(reviews)
    assert np.count_nonzero(ids, axis=1).tolist() == [
        min(words + how.marked, how.length) for words in range(how.length + 1)
    ]
    expected = np.concatenate([pair.expected(ids[start : start + 64]) for start in range(0, len(ids), 64)])
    assert np.abs(pair.classifier.predict(reviews) - expected).max() < TOLERANCE


@pytest.mark.parametrize("name", ALL)
def test_strange_reviews_have_the_answer_of_keras(name: str) -> None:
    pair = both(name)
    reviews = [
        Review(""),
        Review("", ""),
        Review("", "Great"),
        Review("\x1e"),
        Review("it \x1e broke \x1e", "a \x1e title"),
        Review("\0 It\0 İİ ΣΑΣ \ud800 \U0001f600\U0001f600", "\r\n\t"),
        Review("great " * 5000, "bad " * 5000),
        Review("x" * 100_000),
    ]
    assert np.abs(pair.classifier.predict(reviews) - pair.expected(pair.ids(reviews))).max() < TOLERANCE


@pytest.mark.parametrize("name", ALL)
@given(title=st.one_of(st.none(), st.text(st.characters())), text=st.text(st.characters()), seed=st.integers(0, 10**6))
def test_any_text_is_read_as_plainly(name: str, title: str | None, text: str, seed: int) -> None:
    """Lower case, filter, split, look up, cut, pad: one word after the other."""
    found = both(name).found
    how, vocabulary = found.manifest.preprocessing, found.vocabulary.ordered
    random = np.random.default_rng(seed)
    known = b" ".join(vocabulary[place] for place in random.integers(0, len(vocabulary), 7)).decode()
    text = f"{text} {known.upper() if seed % 2 else known}{text}"
    marked = f"{MARK}\n{text}" if how.marked else text
    joined = f"{title}\n{marked}" if title and "title" in how.inputs else marked
    numbers = {word: number for number, word in enumerate(vocabulary, start=1)}
    expected = [numbers[word] for word in words(joined) if word in numbers][: how.length]
    assert both(name).ids([Review(text, title)])[0].tolist() == expected + [0] * (how.length - len(expected))


@pytest.mark.parametrize("name", ALL)
def test_real_reviews_of_the_test_part_have_the_answer_of_keras(name: str, shared_data: Path) -> None:
    pair = both(name)
    data = CATALOGUE[pair.found.manifest.data.data_set or ""]
    apart = tuple(file for file in data.files if file.part == "test")
    rows = read_data_set(data._replace(files=apart or data.files), shared_data)
    test = range(len(rows.reviews)) if apart else hold_out(rows, [pair.found.manifest], "auto").parts.test
    # A film's review has 230 words: Keras takes a minute for all 25,000 (which differ by 4.2e-7), seconds for these.
    reviews = [rows.reviews[row] for row in test[:: 10 if name == "films" else 1]]
    assert len(reviews) >= 250
    ids = pair.ids(reviews)
    expected = np.concatenate([pair.expected(ids[start : start + 256]) for start in range(0, len(ids), 256)])
    assert np.abs(pair.classifier.predict(reviews) - expected).max() < TOLERANCE
