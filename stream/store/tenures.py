"""Which model counted what: for each tenant and partition, the models one after the other, with what each has counted.

A *tenure* is a model's time with a tenant's reviews of one partition. It begins at the offset after the fence that its
first batch was applied to, and ends where the next one begins. The script writes it in the same step as increments and
fence, for each shard by itself. So whatever is killed, rebuilt or judged anew by a worker that knows another tenants
file: of every review in a shard's totals its tenures say which model scored it, and the audit folds the log again by
these. Before the first one are only reviews that were counted by versions of Aura that kept no tenures. How many the
others are is kept beside the tenant's totals: where its tenures hold fewer, some are lost.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from stream.measures import Measures
from stream.record import Run

_packed = msgspec.msgpack.Decoder(list[Any])


class Tenure(NamedTuple):
    """One model's, with one tenant's reviews of one partition, in one shard."""

    topic: str
    partition: int
    first: int
    """Offset that it begins with."""
    model: str
    """The pinned reference: ``films@4f2e9c01ab37``."""
    since_ms: int
    """When the log took the newest review of its first batch."""
    until_ms: int
    """When the log took the newest review of all."""
    totals: Measures

    def __str__(self) -> str:
        return f"{self.model} from offset {self.first} of partition {self.partition} on"


def read(fields: Mapping[bytes, bytes]) -> list[Tenure]:
    """A tenant's tenures of a shard, from the hash that holds them."""
    found = []
    for field, content in fields.items():
        topic, partition = field.decode().split(":")[:2]  # the first offset of an ended one follows
        first, model, since_ms, until_ms, *counters = _packed.decode(content)
        found.append(Tenure(topic, int(partition), first, model, since_ms, until_ms, Measures.from_list(counters)))
    return found


class Tenures:
    """Those of one shard and topic, to be asked which model scored what.

    Args:
        found: tenant to its tenures.
        topic: of which.
    """

    def __init__(self, found: Mapping[str, Iterable[Tenure]], topic: str) -> None:
        self._of: dict[int, dict[str, list[Tenure]]] = {}
        for tenant, tenures in found.items():
            for tenure in sorted(tenures, key=_first):
                if tenure.topic == topic:
                    self._of.setdefault(tenure.partition, {}).setdefault(tenant, []).append(tenure)

    def pieces(self, run: Run) -> Iterator[tuple[Run, dict[str, Tenure]]]:
        """A run, cut wherever a tenure begins, each piece with the tenures it is of, by tenant.

        Of what was counted before a tenant's first one, that is the first one too: it begins later than the piece then.
        """
        of = self._of.get(run.tp.partition, {})
        firsts = {tenure.first for tenures in of.values() for tenure in tenures if run.first < tenure.first <= run.last}
        starts = [run.first, *sorted(firsts)]
        for start, end in zip(starts, [*starts[1:], run.last + 1], strict=True):
            at = {
                tenant: tenures[max(0, bisect_right(tenures, start, key=_first) - 1)] for tenant, tenures in of.items()
            }
            yield run if len(starts) == 1 else run.part(start, end - 1), at


def _first(tenure: Tenure) -> int:
    return tenure.first
