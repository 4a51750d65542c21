"""The HTTP API and the live page: reads :mod:`stream.store`, writes through :mod:`stream.publish`.

The rooms, in the order in which a request walks through them:

- :mod:`api.http` - what every request passes: limits on bodies and time, problems, tags, the OpenAPI document
- :mod:`api.access` - who may ask, how often, and for how much at a time
- :mod:`api.routes` - the paths
- :mod:`api.insight`, :mod:`api.drivers`, :mod:`api.drift`, :mod:`api.alerts`, :mod:`api.classifiers` - what they answer
  with: pure figures, their shapes and examples
- :mod:`api.live`, :mod:`api.export` - answers that are sent bit by bit
- :mod:`api.client` - the same API, asked from Python
"""
