"""The same work as others would build it, to be measured beside Aura: ``aura bench peers``.

Each program reads reviews from a Kafka topic, asks one Keras model, saved as Keras saves it, which of them are bad, and
adds the good and the bad ones up per product in Redis. None of them uses code of Aura's: what they share is in this
folder, and is what its author would write. They run with the packages of ``infra/peers.lock`` before Aura's own.

What Aura keeps beside these totals, a peer does not: time buckets, recent reviews, samples for drivers, spreads of
scores, ids of events against duplicates, and fences that make the counts exact after a crash. So each is spared work
that Aura does in the same time.

:mod:`job` says what a program is told, :mod:`words` makes texts to ids, :mod:`network` asks the model, :mod:`totals`
writes; ``plain``, ``graph``, ``faust_take``, ``quix`` and ``bytewax_flow`` are the programs.
"""
