"""Believable traffic of three tenants, out of sentences of our own: a shop, a bank and a company with cinemas.

- :mod:`stream.simulate.catalogue` - products, sentences and story lines, read from ``catalogues/*.toml``
- :mod:`stream.simulate.writing` - one review in some mood
- :mod:`stream.simulate.stories` - how moods and volumes change with the minutes
- :mod:`stream.simulate.traffic` - events without end, the same for the same seed
- :mod:`stream.simulate.live` - each event at its time
"""

from stream.simulate.live import live
from stream.simulate.traffic import TENANTS, traffic

__all__ = ["TENANTS", "live", "traffic"]
