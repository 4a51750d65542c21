"""Classifiers: the ground floor. Read the rooms in the order a classifier comes about and answers:

- :mod:`models.csv_files`, :mod:`models.dataset`, :mod:`models.split` - labelled reviews, and dividing them
- :mod:`models.tokenizer` - texts to ids
- :mod:`models.architectures`, :mod:`models.training` - networks, and training them (TensorFlow)
- :mod:`models.calibration`, :mod:`models.metrics` - probabilities that mean what they say, and how good they are
- :mod:`models.packaging`, :mod:`models.card`, :mod:`models.pictures` - from a training run to an artefact
- :mod:`models.manifest`, :mod:`models.artefact` - the artefact, read and written
- :mod:`models.classifier` - what the rest of Aura sees: ``load``, and ``predict`` on what it gives
- :mod:`models.inference`, :mod:`models.engine`, :mod:`models.runtime` - how it answers, and on which device
"""
