"""Classifiers: the ground floor. Read the rooms in the order a classifier comes about and answers:

- :mod:`models.csv_files`, :mod:`models.data`, :mod:`models.split` - labelled reviews, and dividing them
- :mod:`models.preprocessing` - reviews to ids
- :mod:`models.architectures`, :mod:`models.training` - networks, and training them (TensorFlow)
- :mod:`models.calibration`, :mod:`models.scaling` - probabilities that mean what they say
- :mod:`models.metrics`, :mod:`models.goodness` - how good they are at telling good from bad, whatever they tell apart
- :mod:`models.evaluation` - the same for any classes, with intervals, comparisons and baselines
- :mod:`models.packaging`, :mod:`models.card`, :mod:`models.pictures` - from a training run to an artefact
- :mod:`models.manifest`, :mod:`models.artefact` - the artefact, read and written
- :mod:`models.classifier` - what the rest of Aura sees: ``load``, and ``predict`` on what it gives
- :mod:`models.inference`, :mod:`models.engines` - how it answers
- :mod:`models.runtime` - on which device
"""
