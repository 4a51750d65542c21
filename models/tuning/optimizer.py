"""Optuna, imported without its chatter: it tells standard error of every study that is made."""

import optuna

optuna.logging.set_verbosity(optuna.logging.WARNING)

__all__ = ["optuna"]
