"""What reviews talk about: the terms of a text, and a sample of reviews from which drivers are told.

- :mod:`stream.drivers.words` - which words say something, and which only beside another
- :mod:`stream.drivers.terms` - a review to its words and phrases, in the form that the store keeps
- :mod:`stream.drivers.packing` - that form in bytes
- :mod:`stream.drivers.reading` - the reviews of a batch to it, in a compiled loop
- :mod:`stream.drivers.sample` - which reviews stand for a day's, and how days join to a window
- :mod:`stream.drivers.sampler` - what of a batch goes to the store

Which terms set one side apart from the other is told on reading, in :mod:`api.drivers.log_odds.log_odds`.
"""
