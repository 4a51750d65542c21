"""The stream: one review's way from a producer to the totals in Redis.

Read the rooms in the order a review walks through them:

- :mod:`stream.event`, :mod:`stream.schema` - the wire contract, decoding to it, and its published schemas
- :mod:`stream.readers`, :mod:`stream.replay`, :mod:`stream.simulate` - files, old reviews, made-up ones as events
- :mod:`stream.publish`, :mod:`stream.pacing`, :mod:`stream.holdback`, :mod:`stream.committed` - the
  way into the topic, at a pace, and no faster than an in-process broker can keep
- :mod:`stream.topics` - the topics
- :mod:`stream.bulk` - Faust's transport in bulk, for any Faust app
- :mod:`stream.transport`, :mod:`stream.faust_app` - runs out of it, starting at the fence
- :mod:`stream.worker`, :mod:`stream.heartbeat`, :mod:`stream.positions`, :mod:`stream.beginning` - lifecycle, signs of
  life, places, and where a partition begins that is new
- :mod:`stream.batching`, :mod:`stream.runner` - runs to batches, batches through the pipeline, retries
- :mod:`stream.scoring`, :mod:`stream.pipeline`, :mod:`stream.deadletter` - a batch scored, folded and applied;
  what is no event
- :mod:`stream.measures`, :mod:`stream.fold` - what is counted; scored reviews to increments, a pure function
- :mod:`stream.store` - increments and fences to Redis, and the reads of the same keys
- :mod:`stream.audit`, :mod:`stream.ledger`, :mod:`stream.logreader`, :mod:`stream.proof` - the log folded again,
  compared with the store, and what that proves
- :mod:`stream.tenants`, :mod:`stream.tenants_write`, :mod:`stream.tenants_layout`, :mod:`stream.replacing` - the
  tenants file, changes to it, and how these keep what people wrote
"""
