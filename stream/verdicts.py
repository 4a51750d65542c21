"""The dead-letter topic read for its verdicts: once, and then only where it has grown."""

from array import array
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from stream.letterbox import Letterbox, Span, StoredLetter
from stream.record import TopicPartition
from stream.standing import NOTHING, Standing, checksum

MARGIN_MS: Final = 3_600_000
"""Letters are looked for from the time of the oldest record in question on, less this: clocks of brokers may differ or
be set back, by an hour at worst where a zone was wrong. To read an hour of letters too many costs little."""


@dataclass(slots=True)
class _Found:
    """Letters of one source partition. Arrays: a flood of ten million takes 120 MB so, and a gigabyte as a set."""

    offsets: "array[int]" = field(default_factory=lambda: array("q"))
    checksums: "array[int]" = field(default_factory=lambda: array("q"))


@dataclass(slots=True)
class _Place:
    """One partition of the dead-letter topic, known from one offset up to another, this not included."""

    start: int
    end: int
    found: dict[TopicPartition, _Found] = field(default_factory=dict)


class Verdicts:
    """What stands in the dead letters. One call at a time.

    All partitions of their topic are read, not only that in which a source partition's letters have their place now:
    it was another one when the topic had fewer.

    Attributes:
        entries: of the topic, read so far.
    """

    def __init__(self) -> None:
        self.entries = 0
        self._places: dict[int, _Place] = {}

    def read(self, box: Letterbox, since_ms: int = 0) -> None:
        """See what was written since a time, less :data:`MARGIN_MS`, and up to now.

        Raises:
            LetterboxUnavailable: Kafka does not give it; call again.
            NoLetterbox: there is no such topic.
        """
        partitions = box.partitions()
        box.settle(partitions)
        for span in box.spans(partitions, max(0, since_ms - MARGIN_MS)):
            place = self._places.get(span.partition)
            if place is None or not span.start <= place.end <= span.end:
                # What is known ends before what is asked for begins; or the topic was made anew.
                place = self._places[span.partition] = _Place(span.start, span.start)
            if span.start < place.start:
                self._add(box, place, Span(span.partition, span.start, place.start))
                place.start = span.start
            self._add(box, place, Span(span.partition, place.end, span.end))
            place.end = span.end

    def __len__(self) -> int:
        """Partitions that the topic has."""
        return len(self._places)

    def of(self, tp: TopicPartition) -> Standing:
        """The records of a partition that stand there, as far as read."""
        found = [place.found[tp] for place in self._places.values() if tp in place.found]
        if not found:
            return NOTHING
        return Standing(
            np.concatenate([np.asarray(each.offsets) for each in found]),
            np.concatenate([np.asarray(each.checksums) for each in found]),
        )

    def all(self) -> dict[TopicPartition, Standing]:
        """The same for every partition that has any."""
        return {tp: self.of(tp) for tp in {tp for place in self._places.values() for tp in place.found}}

    def _add(self, box: Letterbox, place: _Place, span: Span) -> None:
        """Read a span; what was added before Kafka fell silent is added again by the next call, which does no harm."""
        for entry in box.read(span):
            self.entries += 1
            if isinstance(entry, StoredLetter):
                found = place.found.setdefault(entry.source, _Found())
                found.offsets.append(entry.source_offset)
                found.checksums.append(checksum(entry.key, entry.value, entry.source_timestamp))
