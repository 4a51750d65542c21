"""Products listed, grouped, compared, and those that changed."""
