"""A transaction that Kafka will never end, as it is after a broker has forgotten to end one."""

import asyncio

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import InvalidTxnState, for_code
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.protocol.transaction import InitProducerIdRequest
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from stream.deadletter import Written

TIMEOUT_MS = 30_000


def let_in(address: str, *, anything: bool) -> None:
    """Whether the broker takes records of transactions that its coordinator does not know."""
    entry = ConfigEntry(
        "transaction.partition.verification.enable",
        "false" if anything else "true",
        incremental_operation=AlterConfigOpType.SET,
    )
    admin = AdminClient({"bootstrap.servers": address})
    (broker,) = admin.list_topics(timeout=30).brokers
    resource = ConfigResource(ResourceType.BROKER, str(broker), incremental_configs=[entry])
    admin.incremental_alter_configs([resource])[resource].result(30)


async def hang(address: str, transactional_id: str, topic: str, partition: int, record: Written) -> int:
    """Write a record as part of a transaction of this id that its coordinator knows nothing of; returns its offset."""
    let_in(address, anything=True)
    try:
        return await _hang(address, transactional_id, topic, partition, record)
    finally:
        let_in(address, anything=False)


async def _hang(address: str, transactional_id: str, topic: str, partition: int, record: Written) -> int:
    client = AIOKafkaClient(bootstrap_servers=address)
    await client.bootstrap()
    try:
        node = client.get_random_node()
        while (begun := await client.send(node, InitProducerIdRequest(transactional_id, TIMEOUT_MS))).error_code:
            assert for_code(begun.error_code).retriable, begun
            await asyncio.sleep(0.1)  # its coordinator is being loaded
        batch = DefaultRecordBatchBuilder(
            magic=2, compression_type=0, is_transactional=1, producer_id=begun.producer_id,
            producer_epoch=begun.producer_epoch, base_sequence=0, batch_size=1 << 20,
        )  # fmt: skip
        batch.append(0, None, record.key, record.value, record.headers)
        packed = [(topic, [(partition, bytes(batch.build()))])]
        while True:
            answer = await client.send(node, ProduceRequest(transactional_id, -1, TIMEOUT_MS, packed))
            ((_, ((_, error, offset, *_),)),) = answer.topics
            if for_code(error) is not InvalidTxnState:
                break
            await asyncio.sleep(0.1)  # the broker takes over its new setting in a moment
        assert error == 0, for_code(error)
        return int(offset)
    finally:
        await client.close()
