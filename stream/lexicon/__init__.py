"""Frequent words of reviews, and how the store keeps texts by them.

- :mod:`stream.lexicon.words` - the words, the most frequent first
- :mod:`stream.lexicon.table` - the words where compiled loops find them
- :mod:`stream.lexicon.texts` - a text in a few bytes a word, and how to read it
- :mod:`stream.lexicon.packing` - texts to that form

What is in a store was written by these words, so they never change: other ones are another layout of the store
(:data:`stream.store.keys.LAYOUT_VERSION`). A word that is not among them costs as much as its letters.
"""
