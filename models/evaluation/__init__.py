"""How good a classifier is, how sure that is, and what else would do: arrays in, figures out.

Nothing here runs a network; the truth is class numbers of shape (n,), answers are probabilities of shape (n, k).

- :mod:`models.evaluation.catalogue` - the figures by name
- :mod:`models.evaluation.figures`, :mod:`models.evaluation.reliability` - what they are on a set of rows
- :mod:`models.evaluation.resampling`, :mod:`models.evaluation.intervals`, :mod:`models.evaluation.mcnemar` - how sure
  they are, and whether two classifiers differ
- :mod:`models.evaluation.shares` - the bad share of each product, true and estimated
- :mod:`models.evaluation.baselines` - what any classifier has to beat
- :mod:`models.evaluation.mistakes` - where it went wrong
- :mod:`models.evaluation.held_out` - which rows may measure a classifier: none that it has learned
- :mod:`models.evaluation.table` - classifiers and baselines side by side, on the same rows
- :mod:`models.evaluation.wording` - figures as people read them
- :mod:`models.evaluation.report` - all of it on one page, and as JSON
"""
