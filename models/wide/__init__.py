"""The wide part of a network: a weight for every word, pair and triple of words, fitted apart from its layers.

``grams`` says where in a table the weight of a sequence of words stands, ``layer`` adds the weights up in Keras,
``fitting`` finds them, and ``joining`` weighs them against the network's own answer.
"""
