"""Reviews to ids, exactly as an artefact's manifest describes it."""

from collections.abc import Callable, Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from models.manifest import Preprocessing
from models.preprocessing.cleaning import stop_words, without_punctuation
from models.preprocessing.lemmas import Lemmas
from models.preprocessing.tokenizer import MARK, Read, Vocabulary
from models.review import ReviewLike


class Reader:
    """A vocabulary and the way to it. One caller at a time, from any thread."""

    def __init__(self, how: Preprocessing, vocabulary: Vocabulary) -> None:
        self.how = how
        self.vocabulary = vocabulary
        self._lemma = _lemmatiser(how)
        self._prepared = preparing(how)

    @classmethod
    def fit(cls, reviews: Sequence[ReviewLike], how: Preprocessing) -> Self:
        """A reader whose vocabulary is made of ``reviews``: give it the training part alone."""
        vocabulary = Vocabulary.fit(
            map(preparing(how), reviews),
            num_words=how.num_words,
            form=_lemmatiser(how),
            without=stop_words() if how.stop_words == "removed" else frozenset(),
            first=MARK.encode() if how.marked else None,
        )
        return cls(how, vocabulary)

    def ids(self, reviews: Sequence[ReviewLike]) -> NDArray[np.int32]:
        """Ids of shape (len(reviews), length); 0 is padding."""
        return self.read(reviews).ids

    def read(self, reviews: Sequence[ReviewLike]) -> Read:
        """Ids, and how many words of each review are known; the mark between title and text is none."""
        how = self.how
        texts = list(map(self._prepared, reviews))
        found = self.vocabulary.read(texts, how.length, cut=how.cut, pad=how.pad, form=self._lemma)
        return found._replace(words=[count - 1 for count in found.words]) if how.marked else found


def preparing(how: Preprocessing) -> Callable[[ReviewLike], str]:
    """What is read of a review, before it is split into words."""
    before = f"{MARK}\n" if how.marked else ""

    def text(review: ReviewLike) -> str:
        return before + review.text

    def both(review: ReviewLike) -> str:
        return f"{head}\n{before}{review.text}" if (head := review.title) else before + review.text

    def any_order(review: ReviewLike) -> str:
        parts = {"title": review.title, "text": before + review.text}
        return "\n".join(part for name in how.inputs if (part := parts[name]))

    joined = {("text",): text, ("title", "text"): both}.get(how.inputs, any_order)
    if how.punctuation == "removed":
        return lambda review: without_punctuation(joined(review))
    return joined


def _lemmatiser(how: Preprocessing) -> Callable[[bytes], bytes] | None:
    return Lemmas().__getitem__ if how.lemmas == "simplemma" else None
