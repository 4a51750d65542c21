"""A transport for Faust that hands over what was fetched in bulk: one message a partition, with all its records.

Self-standing: it needs Faust and aiokafka, and nothing else of Aura. ``README.md`` beside it says how to use it.

- :mod:`stream.bulk.records` - what is handed over
- :mod:`stream.bulk.driver` - the transport and its consumer: assignments, seeks, messages, commits
- :mod:`stream.bulk.client` - Kafka's client on its thread: what was read, from where to where, and what the log lost
- :mod:`stream.bulk.acks` - up to where may be committed
- :mod:`stream.bulk.portions`, :mod:`stream.bulk.lenient`, :mod:`stream.bulk.membership` - aiokafka, with fetches
  bounded by bytes, any header names, and a membership in the group that can be looked at
"""
