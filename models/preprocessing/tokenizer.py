"""Review texts to word ids, by the rules of Keras' ``Tokenizer`` and ``pad_sequences``.

Source: ``keras.preprocessing.text.Tokenizer`` (Keras 2, kept in Keras 3 as legacy) with its defaults. A text is
lower-cased, each character of :data:`FILTERS` becomes a blank, and blanks alone separate words: line feeds and
tabs are in the filter, carriage returns and other white space are not.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence, Set
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from models.manifest import Side

if TYPE_CHECKING:
    from models.preprocessing.lookup import Lookup

FILTERS: Final = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'
"""Keras' default. The apostrophe is not in it: ``don't`` is one word."""

MARK: Final = "\x1e"
"""Stands before the text where title and text are to be told apart: ASCII's record separator, which no keyboard has."""

_BLANKS: Final = bytes.maketrans(FILTERS.encode(), b" " * len(FILTERS))


def words(text: str) -> list[bytes]:
    """The words of one text in UTF-8; empty ones stand where blanks follow each other.

    UTF-8, because ``bytes.translate`` makes the whole encoding 1.5 times as fast as ``str.translate`` does, and no
    byte of the filter occurs inside a longer character. A lone surrogate, which a ``str`` may hold, passes through.
    """
    return text.lower().encode("utf-8", "surrogatepass").translate(_BLANKS).split(b" ")


_READ_AS: Final = bytes(range(256)).lower().translate(_BLANKS)
"""What each byte of a text is read as whose characters beyond ASCII are in lower case."""


_ASCII: Final = bytes(range(128))


def _lowered(text: str) -> bytes:
    """``text`` in UTF-8, ready for :data:`_READ_AS`, which puts ASCII into lower case; only a text with other capitals
    takes :meth:`str.lower`, which is slow beyond ASCII. Whether another character is one depends on itself alone."""
    if text.isascii():
        return text.encode()
    encoded = text.encode("utf-8", "surrogatepass")
    others = encoded.translate(None, _ASCII).decode("utf-8", "surrogatepass")
    return encoded if others.lower() == others else text.lower().encode("utf-8", "surrogatepass")


class Read(NamedTuple):
    """What a vocabulary makes of n texts."""

    ids: NDArray[np.int32]
    """Shape (n, length); 0 is padding."""
    words: list[int]
    """How many each text has, those without an id and those that were cut off among them."""
    unknown: list[int]
    """How many of them have no id."""


class Vocabulary:
    """The words that have ids, most frequent first: the first has id 1. Id 0 is padding and no word.

    Keras keeps the ids *below* ``num_words``, so ``num_words`` = 20,000 keeps 19,999 words, and with the padding
    an embedding of 20,000 rows has exactly one row an id. Other words are dropped, so that zeros stand on the padded
    side of a row alone: the exact engines rely on it (:mod:`models.engines`).
    """

    def __init__(self, ordered: Sequence[bytes], *, num_words: int) -> None:
        """``ordered``: distinct words, the first with id 1.

        Raises:
            ValueError: more words than ``num_words`` leaves room for, an empty or a repeated one.
        """
        if len(ordered) >= num_words:
            raise ValueError(f"{len(ordered)} words; num_words = {num_words} leaves room for {num_words - 1}")
        self.ordered: Final = tuple(ordered)
        self.num_words: Final = num_words
        if b"" in self.ordered or len(set(self.ordered)) != len(self.ordered):
            raise ValueError("a vocabulary's words must be distinct and not empty")

    @cached_property
    def _id_of(self) -> dict[bytes, int]:
        return {word: i for i, word in enumerate(self.ordered, start=1)}

    @cached_property
    def _lookup(self) -> "Lookup":
        from models.preprocessing.lookup import Lookup  # numba, half a second, which who reads no text need not spend

        return Lookup(self.ordered, _READ_AS)

    @classmethod
    def fit(
        cls,
        texts: Iterable[str],
        *,
        num_words: int,
        form: Callable[[bytes], bytes] | None = None,
        without: Set[bytes] = frozenset(),
        first: bytes | None = None,
    ) -> Self:
        """The most frequent words of ``texts``; of equally frequent ones the one seen first.

        Args:
            texts: the training part's, and no others.
            num_words: see the class.
            form: what a word counts as, its lemma for instance; as it is where there is none.
            without: words, after ``form``, that get no id.
            first: a word that has id 1, however rare.
        """
        counts: Counter[bytes] = Counter()
        for text in texts:
            counts.update(words(text))
        if form is not None:
            formed: Counter[bytes] = Counter()
            for word, count in counts.items():
                formed[form(word)] += count
            counts = formed
        leading = [] if first is None else [first]
        for word in (b"", *without, *leading):
            del counts[word]
        # Counter.most_common sorts stably with n=None; with n it takes a heap, which breaks ties otherwise.
        ordered = leading + [word for word, _ in counts.most_common()]
        return cls(ordered[: num_words - 1], num_words=num_words)

    @classmethod
    def from_bytes(cls, content: bytes, *, num_words: int) -> Self:
        """Read :meth:`to_bytes`' form. Raises ``ValueError`` as the constructor does."""
        return cls(content.split(b"\n")[:-1], num_words=num_words)

    def to_bytes(self) -> bytes:
        """One word a line, in UTF-8; line feeds are in :data:`FILTERS`, so that no word holds one."""
        return b"".join(word + b"\n" for word in self.ordered)

    def encode(
        self,
        texts: Sequence[str],
        length: int,
        *,
        cut: Side = "end",
        pad: Side = "end",
        form: Callable[[bytes], bytes] | None = None,
    ) -> NDArray[np.int32]:
        """The ids alone of what :meth:`read` gives."""
        return self.read(texts, length, cut=cut, pad=pad, form=form).ids

    def read(
        self,
        texts: Sequence[str],
        length: int,
        *,
        cut: Side = "end",
        pad: Side = "end",
        form: Callable[[bytes], bytes] | None = None,
    ) -> Read:
        """Ids, longer texts cut, shorter ones padded with 0, each on its side; and how many words are known.

        About a million product reviews (median 25 words) a second on one core; 100,000 with ``form``.

        Args:
            texts: any number.
            length: ids a text, at least 1.
            cut: the side that a longer text loses. Keras' default is the front.
            pad: the side of the zeros. Keras' default is the front.
            form: the one that the vocabulary was fitted with.
        """
        if form is not None:
            return self._read_formed(texts, length, cut, pad, form)
        ids, counts, unknown = self._lookup.read(
            [_lowered(text) for text in texts], length, cut_front=cut == "front", pad_front=pad == "front"
        )
        return Read(ids, counts.tolist(), unknown.tolist())

    def _read_formed(
        self, texts: Sequence[str], length: int, cut: Side, pad: Side, form: Callable[[bytes], bytes]
    ) -> Read:
        rows, counts, unknown = list[list[int]](), list[int](), list[int]()
        id_of = self._id_of.get
        for text in texts:
            spelled = words(text)
            # filter(None, ...) drops words without an id (None); no word has id 0. All of it runs in C.
            known = list(filter(None, map(id_of, map(form, spelled))))
            count = len(spelled) - spelled.count(b"")
            counts.append(count)
            unknown.append(count - len(known))
            rows.append(known[:length] if cut == "end" else known[-length:])
        lengths = np.fromiter(map(len, rows), np.intp, len(rows))
        padded = np.zeros((len(rows), length), np.int32)
        place = np.arange(length)
        filled = place < lengths[:, None] if pad == "end" else place >= length - lengths[:, None]
        padded[filled] = np.fromiter(chain.from_iterable(rows), np.int32, lengths.sum())
        return Read(padded, counts, unknown)
