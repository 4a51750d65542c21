import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.preprocessing.tokenizer import FILTERS, Vocabulary, words
from models.runtime import keras, tf

TEXTS = st.lists(
    st.one_of(
        st.text(),
        st.text(st.characters()),  # lone surrogates too
        st.text("aAbB 'ıİßΣς\0\t\n\r\x0b\u00a0\u2028!-_.~"),
    ),
    max_size=8,
)
NUM_WORDS = st.integers(min_value=1, max_value=12)


def plainly(text: str) -> list[str]:
    """Keras' ``text_to_word_sequence``, one character after the other."""
    blanked = "".join(" " if character in FILTERS else character for character in text.lower())
    return [word for word in blanked.split(" ") if word]


def plain_ids(fitted_on: list[str], texts: list[str], num_words: int, length: int) -> list[list[int]]:
    counts: dict[str, int] = {}
    for text in fitted_on:
        for word in plainly(text):
            counts[word] = counts.get(word, 0) + 1
    ranked = sorted(counts, key=lambda word: -counts[word])
    id_of = {word: number for number, word in enumerate(ranked, start=1) if number < num_words}
    rows = [[id_of[word] for word in plainly(text) if word in id_of][:length] for text in texts]
    return [row + [0] * (length - len(row)) for row in rows]


@given(TEXTS, TEXTS, NUM_WORDS, st.integers(min_value=1, max_value=6))
def test_ids_follow_the_plain_definition_for_any_text(
    fitted_on: list[str], texts: list[str], num_words: int, length: int
) -> None:
    ids = Vocabulary.fit(fitted_on, num_words=num_words).encode([*texts, *fitted_on], length)
    assert ids.dtype == np.int32
    assert ids.tolist() == plain_ids(fitted_on, [*texts, *fitted_on], num_words, length)


@given(TEXTS, TEXTS, NUM_WORDS, st.integers(min_value=1, max_value=6))
def test_words_are_counted_wholly_and_those_without_an_id_among_them(
    fitted_on: list[str], texts: list[str], num_words: int, length: int
) -> None:
    vocabulary = Vocabulary.fit(fitted_on, num_words=num_words)
    read = vocabulary.read(texts, length)
    assert read.words == [len(plainly(text)) for text in texts]
    known = {word.decode("utf-8", "surrogatepass") for word in vocabulary.ordered}
    assert read.unknown == [sum(word not in known for word in plainly(text)) for text in texts]
    assert np.array_equal(read.ids, vocabulary.encode(texts, length))


@given(TEXTS, NUM_WORDS)
def test_ids_are_those_of_keras_own_tokenizer(texts: list[str], num_words: int) -> None:
    tokenizer = tf.keras.preprocessing.text.Tokenizer(num_words=num_words)
    tokenizer.fit_on_texts(texts)
    expected = keras.utils.pad_sequences(tokenizer.texts_to_sequences(texts), 5, padding="post", truncating="post")
    found = Vocabulary.fit(texts, num_words=num_words).encode(texts, 5)
    assert found.tolist() == expected.reshape(-1, 5).tolist()


@given(TEXTS, NUM_WORDS)
def test_a_vocabulary_survives_its_file(texts: list[str], num_words: int) -> None:
    vocabulary = Vocabulary.fit(texts, num_words=num_words)
    assert Vocabulary.from_bytes(vocabulary.to_bytes(), num_words=num_words).ordered == vocabulary.ordered


@given(TEXTS)
def test_zeros_stand_at_the_end_alone(texts: list[str]) -> None:
    ids = Vocabulary.fit(texts[::2], num_words=4).encode(texts, 7)
    lengths = np.count_nonzero(ids, axis=1)
    assert all((row[:length] > 0).all() and not row[length:].any() for row, length in zip(ids, lengths, strict=True))


def test_apostrophes_stay_and_carriage_returns_do_not_separate() -> None:
    assert [word for word in words("Don't\tSTOP-now\r!") if word] == [b"don't", b"stop", b"now\r"]


def test_num_words_keeps_the_ids_below_it() -> None:
    vocabulary = Vocabulary.fit(["a a a b b c"], num_words=3)
    assert vocabulary.ordered == (b"a", b"b")
    assert vocabulary.encode(["c b a"], 4).tolist() == [[2, 1, 0, 0]]


def test_longer_texts_are_cut_at_the_end() -> None:
    assert Vocabulary.fit(["a b c"], num_words=9).encode(["c b a"], 2).tolist() == [[3, 2]]


@pytest.mark.parametrize("ordered", [[b"a", b"a"], [b"a", b""], [b"a", b"b", b"c"]])
def test_a_vocabulary_that_would_give_wrong_ids_is_refused(ordered: list[bytes]) -> None:
    with pytest.raises(ValueError, match="words"):
        Vocabulary(ordered, num_words=3)
