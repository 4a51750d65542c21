"""Tuning: which hyperparameters a network is best trained with, chosen on the validation part alone.

:mod:`models.tuning.space` says what may be chosen, :mod:`models.tuning.objective` what is better,
:mod:`models.tuning.propose` what to try next. :mod:`models.tuning.search` has it tried, by processes that run
:mod:`models.tuning.worker`; :mod:`models.tuning.store` keeps every finished trial on disk, and
:mod:`models.tuning.report` and :mod:`models.tuning.pictures` show them.

**Optuna, not keras-tuner.** Both install from PyPI; the source material used keras-tuner. Optuna (T. Akiba et al.,
"Optuna: A Next-generation Hyperparameter Optimization Framework", KDD 2019) has regular releases for every current
Python, while keras-tuner's newest is a fix of its 1.4 of 2023. And what Aura needs decides it: Optuna lets us ask
for a proposal and tell a result whenever we like, so that trials run in processes of ours, and keeps a search in one
SQLite file, a transaction a trial. keras-tuner owns the training loop, which would bypass ours with its checkpoints
and chosen epoch, runs in parallel only with a chief process and gRPC, and saves a search as a folder of JSON files.
"""
