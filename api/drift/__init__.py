"""Drift and live accuracy as the API shows them."""
