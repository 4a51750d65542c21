"""The first batch of a producer is refused once, while the next one is on its way: both must come into the log."""

import asyncio
import struct
import threading
import uuid
from collections.abc import Iterator
from contextlib import suppress

import pytest

from stream.publish import ProducerConfig, Publisher
from stream.topics import ensure_topics
from tests.faults.log import ends
from tests.stream.samples import event

PRODUCE = 0
EVENTS = 10
HELD_SECONDS = 1.0


class SpoilingProxy:
    """A connection to Kafka on which the first batch arrives with a wrong checksum, after the second was sent."""

    def __init__(self, kafka: str) -> None:
        host, port = kafka.split(":")
        self._kafka = (host, int(port))
        self.spoils = threading.Event()
        """Set while the first batch is held."""
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._started.wait(10)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        for task in (open_ones := asyncio.all_tasks(self._loop)):
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*open_ones, return_exceptions=True))
        self._loop.close()

    def _run(self) -> None:
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        self._loop.run_forever()

    async def _serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        kafka, to_kafka = await asyncio.open_connection(*self._kafka)
        with suppress(OSError, asyncio.IncompleteReadError):
            await asyncio.gather(self._requests(client, to_kafka), self._answers(kafka, to_client))

    async def _requests(self, client: asyncio.StreamReader, kafka: asyncio.StreamWriter) -> None:
        while True:
            frame = bytearray(await _frame(client))
            if struct.unpack(">h", frame[4:6])[0] == PRODUCE and not self.spoils.is_set():
                frame[frame.index(b"Review ")] ^= 1
                self.spoils.set()
                await asyncio.sleep(HELD_SECONDS)
            kafka.write(frame)

    async def _answers(self, kafka: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        """Kafka tells its own address; the client is to come back here."""
        host, port = self._kafka
        theirs, ours = (host.encode() + struct.pack(">i", each) for each in (port, self.port))
        while True:
            client.write((await _frame(kafka)).replace(theirs, ours))


async def _frame(reader: asyncio.StreamReader) -> bytes:
    size = await reader.readexactly(4)
    return size + await reader.readexactly(struct.unpack(">i", size)[0])


@pytest.fixture
def proxy(kafka: str) -> Iterator[SpoilingProxy]:
    proxy = SpoilingProxy(kafka)
    yield proxy
    proxy.close()


def test_what_kafka_has_acknowledged_is_in_the_log(kafka: str, proxy: SpoilingProxy) -> None:
    topic = f"aura.reviews.{uuid.uuid4().hex[:8]}"
    ensure_topics(kafka, partitions=1, replication=1, reviews=topic)
    config = ProducerConfig(f"127.0.0.1:{proxy.port}", topic, linger_ms=5, compression="none")
    with Publisher(config) as publisher:
        for number in range(EVENTS):
            publisher.publish(event(number, text=f"Review {number}"))
            assert proxy.spoils.wait(30)
        assert publisher.flush(30) == 0
        assert publisher.failed == 0
    assert publisher.delivered == EVENTS
    assert ends(kafka, topic) == {0: EVENTS}
