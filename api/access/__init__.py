"""Who may ask, how often, and for what: keys, tenants of the file, rates, places."""
