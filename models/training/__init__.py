"""Training: :mod:`models.training.recipe` says how, :mod:`models.training.run` does it.

Between them :mod:`models.training.data` makes ids and parts of the rows, :mod:`models.training.fit` runs the epochs,
:mod:`models.training.checkpoint` keeps what a killed run needs to go on, and :mod:`models.training.scalars` logs the
losses.
"""
