"""The tenants' classifiers: loaded, compared, and what their cards say."""
