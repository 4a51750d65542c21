"""The stream: one review's way from a Kafka record to the totals in Redis.

Read the rooms in the order a review walks through them:

- :mod:`stream.event` - the wire contract, and decoding to it
- :mod:`stream.publish` - the way into the topic
- :mod:`stream.transport` - fetched record batches out of Faust's driver, starting at the fence
- :mod:`stream.worker` - the Faust app: assignment, batching, acknowledgement, lifecycle
- :mod:`stream.pipeline` - one batch: decode, classify, fold, apply
- :mod:`stream.fold` - scored reviews to increments, a pure function
- :mod:`stream.store` - increments and fences to Redis, and the reads of the same keys
"""
