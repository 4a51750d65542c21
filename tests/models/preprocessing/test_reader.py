from typing import Any

import numpy as np
import pytest

from models.manifest import Preprocessing
from models.preprocessing.cleaning import stop_words
from models.preprocessing.reader import Reader
from models.preprocessing.tokenizer import Vocabulary
from models.review import Review

FIT = [Review("one two three four five six seven eight nine ten")]


def ids(text: str, **how: Any) -> list[int]:
    reader = Reader.fit(FIT, Preprocessing(num_words=20, length=4, **how))
    return list(map(int, reader.ids([Review(text)])[0]))


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({}, [3, 4, 0, 0]),
        ({"pad": "front"}, [0, 0, 3, 4]),
        ({"cut": "front", "pad": "front"}, [0, 0, 3, 4]),
    ],
)
def test_a_short_review_is_padded_on_its_side(how: dict[str, Any], expected: list[int]) -> None:
    assert ids("three unknown four", **how) == expected


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({}, [1, 2, 3, 4]),
        ({"pad": "front"}, [1, 2, 3, 4]),
        ({"cut": "front"}, [3, 4, 5, 6]),
        ({"cut": "front", "pad": "front"}, [3, 4, 5, 6]),
    ],
)
def test_a_long_review_is_cut_on_its_side_and_unknown_words_take_no_place(
    how: dict[str, Any], expected: list[int]
) -> None:
    assert ids("one two unknown three four five unknown six unknown", **how) == expected


@pytest.mark.parametrize("cut", ["front", "end"])
@pytest.mark.parametrize("pad", ["front", "end"])
def test_cutting_and_padding_are_those_of_keras(cut: Any, pad: Any) -> None:
    from models.runtime import keras

    sides = {"front": "pre", "end": "post"}
    random = np.random.default_rng(2)
    texts = [" ".join(random.choice(FIT[0].text.split(), size)) for size in range(12)]
    vocabulary = Vocabulary.fit([FIT[0].text], num_words=20)
    rows = [[vocabulary.ordered.index(word.encode()) + 1 for word in text.split()] for text in texts]
    expected = keras.utils.pad_sequences(rows, 5, truncating=sides[cut], padding=sides[pad])
    assert np.array_equal(vocabulary.encode(texts, 5, cut=cut, pad=pad), expected)


def test_the_title_stands_before_the_text_where_it_is_read() -> None:
    reviews = [Review("one two", "nine ten"), Review("one", None), Review("", "ten")]
    both = Reader.fit(FIT, Preprocessing(num_words=20, length=4, inputs=("title", "text")))
    assert both.ids(reviews).tolist() == [[9, 10, 1, 2], [1, 0, 0, 0], [10, 0, 0, 0]]
    text = Reader.fit(FIT, Preprocessing(num_words=20, length=4))
    assert text.ids(reviews).tolist() == [[1, 2, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]]


def test_a_mark_with_id_1_tells_the_title_from_the_text() -> None:
    reviews = [Review("one two", "nine ten"), Review("one", None), Review("", "ten"), Review("one \x1e two", "")]
    marked = Reader.fit(FIT, Preprocessing(num_words=20, length=5, inputs=("title", "text"), marked=True))
    assert marked.vocabulary.ordered[0] == b"\x1e"
    assert marked.ids(reviews).tolist() == [[10, 11, 1, 2, 3], [1, 2, 0, 0, 0], [11, 1, 0, 0, 0], [1, 2, 1, 3, 0]]
    read = marked.read([*reviews, Review("one unheard", "of")])
    assert (read.words, read.unknown) == ([4, 1, 1, 3, 3], [0, 0, 0, 0, 2]), "without the mark"
    alone = Reader.fit(FIT, Preprocessing(num_words=20, length=5, marked=True))
    assert alone.ids(reviews).tolist() == [[1, 2, 3, 0, 0], [1, 2, 0, 0, 0], [1, 0, 0, 0, 0], [1, 2, 1, 3, 0]]
    again = Reader(marked.how, Vocabulary.from_bytes(marked.vocabulary.to_bytes(), num_words=20))
    assert np.array_equal(again.ids(reviews), marked.ids(reviews))


def test_stop_words_get_no_id_and_so_are_not_read() -> None:
    how = Preprocessing(num_words=20, length=4, stop_words="removed", punctuation="removed")
    reader = Reader.fit([Review("The kettle isn't broken and I can't complain, it boils.")], how)
    assert reader.vocabulary.ordered == (b"kettle", b"isnt", b"broken", b"complain", b"boils")
    assert not stop_words() & set(reader.vocabulary.ordered)
    assert reader.ids([Review("It is the kettle that boils")]).tolist() == [[1, 5, 0, 0]]


def test_words_are_counted_and_read_by_their_lemma() -> None:
    how = Preprocessing(num_words=20, length=4, lemmas="simplemma")
    reader = Reader.fit([Review("apps crashed, app crashes, phone"), Review("crashing")], how)
    assert reader.vocabulary.ordered == (b"crash", b"app", b"phone")
    assert reader.ids([Review("My phones CRASH apps")]).tolist() == [[3, 1, 2, 0]]


def test_a_loaded_reader_reads_as_the_fitted_one() -> None:
    how = Preprocessing(num_words=20, length=6, stop_words="removed", lemmas="simplemma", cut="front", pad="front")
    fitted = Reader.fit([Review("It was raining and the lamps were leaking")], how)
    vocabulary = Vocabulary.from_bytes(fitted.vocabulary.to_bytes(), num_words=how.num_words)
    reviews = [Review("A lamp that leaks when it rains is no lamp"), Review("")]
    assert np.array_equal(Reader(how, vocabulary).ids(reviews), fitted.ids(reviews))
    assert fitted.ids(reviews)[0].any()
