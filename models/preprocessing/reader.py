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

    @classmethod
    def fit(cls, reviews: Sequence[ReviewLike], how: Preprocessing) -> Self:
        """A reader whose vocabulary is made of ``reviews``: give it the training part alone."""
        vocabulary = Vocabulary.fit(
            (prepared(review, how) for review in reviews),
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
        texts = [prepared(review, how) for review in reviews]
        found = self.vocabulary.read(texts, how.length, cut=how.cut, pad=how.pad, form=self._lemma)
        return found._replace(words=[count - 1 for count in found.words]) if how.marked else found


def prepared(review: ReviewLike, how: Preprocessing) -> str:
    """What is read of a review, before it is split into words."""
    if how.inputs == ("text",) and not how.marked:
        text = review.text
    else:
        parts = {"title": review.title, "text": f"{MARK}\n{review.text}" if how.marked else review.text}
        text = "\n".join(part for name in how.inputs if (part := parts[name]))
    return without_punctuation(text) if how.punctuation == "removed" else text


def _lemmatiser(how: Preprocessing) -> Callable[[bytes], bytes] | None:
    return Lemmas().__getitem__ if how.lemmas == "simplemma" else None
