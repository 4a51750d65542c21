"""Alerts of our own: from windows of sentiment to somebody being told, without Grafana.

In the order in which an alert comes to be: :mod:`findings` judges the figures of a window by a rule, :mod:`stepping`
turns findings into alerts that are raised and cleared, :mod:`watching` reads the figures, :mod:`book` keeps state,
history and deliveries in Redis, :mod:`evaluator` does all that every few seconds in one process of many, and
:mod:`sender` delivers to webhooks.
"""
