"""Alerts as the API shows them: history, rules and their state."""
