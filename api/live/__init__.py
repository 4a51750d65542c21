"""The live stream: one reader a tenant, however many watch, and a bounded queue for each that does."""
