"""Kafka's client, on a thread of its own: what one fetch gave, from where to where, and what the log no longer had."""

from collections.abc import Mapping
from typing import Any, Final

from aiokafka.errors import ConsumerStoppedError, KafkaError, NoOffsetForPartitionError, OffsetOutOfRangeError
from faust.exceptions import ImproperlyConfigured
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from stream.bulk import lenient, membership, portions
from stream.bulk.records import FetchedRecords, Stretch

FETCH_WAIT_MS: Final = 50
"""How long a broker holds a fetch that finds nothing. Kafka answers as soon as there is something; librdkafka's
in-process broker always waits to the end, and with Faust's 1,500 ms half of all records took 1.5 s there."""

PORTION_BYTES: Final = 16 * 1024 * 1024
"""Handed over at once, over all partitions, whatever it was while it was packed."""

HELD_UP_MS: Final = 1_000_000_000
"""How long (11 days) nothing may be fetched before Kafka's client leaves the group. After Faust's 1,000 s it left and
came back only once somebody fetched; Faust fetches only once it is back."""


class ConsumerThread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]
    """Kafka's client on a thread of its own; hands over :class:`FetchedRecords`, and reads any header names."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._reached: dict[Any, tuple[Any, int]] = {}
        """Partition to the assignment that it was sought in, and the offset from which on nothing was handed over."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        if self.app.tables.changelog_topics:
            raise ImproperlyConfigured(
                "tables read their changelogs record by record: expected an app without tables, or broker kafka://"
            )
        lenient.install()
        portions.install()
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS
        consumer._max_poll_interval_ms = HELD_UP_MS
        consumer._isolation_level = "read_committed"
        # An offset that is out of range is looked into here; the client would go on elsewhere by itself.
        consumer._auto_offset_reset = "none"
        membership.make_patient(consumer)
        return consumer

    def _create_client_consumer(self, transport: Any) -> Any:
        raise ImproperlyConfigured("apps that are clients only have no group: expected a worker, or broker kafka://")

    @property
    def begun(self) -> bool:
        """Whether there is a client yet."""
        return self._consumer is not None

    def check_membership(self) -> None:
        """As :func:`stream.bulk.membership.check`."""
        membership.check(self._consumer)

    async def starting_offsets(self, partitions: set[TP]) -> Mapping[TP, int]:
        """Where the group goes on: the committed offsets, and ``consumer_auto_offset_reset`` where there is none.

        Raises:
            KafkaError: Kafka does not say, or there is none and the setting is ``none``.
        """
        found: Mapping[TP, int] = await self.call_thread(self._starting_offsets, partitions)
        return found

    async def _starting_offsets(self, partitions: set[TP]) -> Mapping[TP, int]:
        consumer = self._ensure_consumer()
        wanted = [driver.ensure_aiokafka_TP(tp) for tp in partitions]
        committed = await consumer._coordinator.fetch_committed_offsets(wanted)
        starts = {tp: committed[tp].offset for tp in partitions if tp in committed and committed[tp].offset >= 0}
        new = [tp for tp in partitions if tp not in starts]
        if new:
            reset = self.app.conf.consumer_auto_offset_reset
            if reset not in ("earliest", "latest"):
                raise NoOffsetForPartitionError(new)
            ask = consumer.beginning_offsets if reset == "earliest" else consumer.end_offsets
            starts |= {TP(*tp): offset for tp, offset in (await ask(new)).items()}
        return starts

    async def _seek_wait(self, consumer: Any, partitions: Mapping[TP, int]) -> None:
        assignment = _assignment(consumer)
        self._reached.update({tp: (assignment, offset) for tp, offset in partitions.items()})
        # Its first step is the seek; nothing comes between.
        await super()._seek_wait(consumer, partitions)

    async def _fetch_records(
        self,
        consumer: Any,
        active_partitions: set[TP],
        timeout: float | None = None,  # noqa: ASYNC109
        max_records: int | None = None,
    ) -> dict[TP, FetchedRecords]:
        """What Faust does here, and then: what was read."""
        if not self.consumer.flow_active:
            return {}
        fetcher = consumer._fetcher
        if consumer._closed or fetcher._closed:
            raise ConsumerStoppedError
        with fetcher._subscriptions.fetch_context():
            # Caught inside: the context counts who fetches, and an error that left it would be counted for ever.
            try:
                with portions.portion(PORTION_BYTES) as taken:
                    records = await fetcher.fetched_records(active_partitions, timeout=timeout, max_records=max_records)
            except OffsetOutOfRangeError as error:
                return await self._out_of_range(consumer, error.args[0])
            except NoOffsetForPartitionError:
                return {}  # not sought yet
        for tp in records:
            # To the end of the line: a partition whose records fill every portion would keep all others waiting.
            if tp in fetcher._records:
                fetcher._records.move_to_end(tp)
        return self._read(consumer, records, taken.sizes)

    def _read(
        self, consumer: Any, records: Mapping[Any, list[Any]], sizes: Mapping[Any, int]
    ) -> dict[TP, FetchedRecords]:
        """Everything up to where the client stands now. Nothing may be awaited since it gave the records."""
        assignment = _assignment(consumer)
        read: dict[TP, FetchedRecords] = {}
        for tp, (sought_in, reached) in list(self._reached.items()):
            if sought_in is not assignment:
                del self._reached[tp]  # of an earlier assignment; it is sought again before anything is taken
                continue
            state = assignment.state_value(tp)
            position = state.position
            if position > reached:
                stable = state.highwater if state.lso is None else state.lso  # brokers of old have no transactions
                read[tp] = FetchedRecords(
                    TP(*tp), records.get(tp, ()), reached, position - 1, max(position, stable or 0),
                    size=sizes.get(tp, 0),
                )  # fmt: skip
                self._reached[tp] = (assignment, position)
        return read

    async def _out_of_range(self, consumer: Any, positions: Mapping[Any, int]) -> dict[TP, FetchedRecords]:
        """The log does not hold these offsets: go on where it does."""
        try:
            oldest = await consumer.beginning_offsets(list(positions))
            ends = await consumer.end_offsets(list(positions))
        except KafkaError:
            return {}  # the next fetch comes here again
        assignment = _assignment(consumer)
        read: dict[TP, FetchedRecords] = {}
        for tp, offset in positions.items():
            sought_in, reached = self._reached.get(tp, (None, 0))
            if sought_in is not assignment or assignment.state_value(tp).position != offset:
                continue  # sought or assigned anew meanwhile
            if offset < oldest[tp]:
                lost = Stretch(offset, oldest[tp] - 1)
                read[tp] = FetchedRecords(TP(*tp), (), reached, lost.last, max(ends[tp], oldest[tp]), (lost,))
                position = oldest[tp]
            else:
                position = self.consumer.on_cut_off(TP(*tp), offset, oldest[tp], ends[tp])
            consumer.seek(tp, position)
            self._reached[tp] = (assignment, position)
        return read


def _assignment(consumer: Any) -> Any:
    """The client's present assignment, a new object after each rebalance; None without one."""
    subscription = consumer._subscription.subscription
    return subscription and subscription.assignment
