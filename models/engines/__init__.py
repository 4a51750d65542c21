"""The arithmetic of a trained network, without what changes no answer.

:mod:`models.engines.choose` takes the fastest that gives Keras' answers: on a CPU one that does without TensorFlow,
which a worker then need not import.
"""
