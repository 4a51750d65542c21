"""The HTTP API and the live page: reads :mod:`stream.store`, writes through :mod:`stream.publish`."""
