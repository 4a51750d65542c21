"""What an answer costs beyond a single request, in reads of one product: what a key's rate is charged for it.

Measured as processor time of the API and of Redis for an answer, less that of a product (1.9 ms), with 1,000 products
of 100 reviews. Not charged is a list that is read anew: many share it, and :mod:`api.access.turns` bounds it.
"""

from typing import Final

LISTED: Final = 1 / 20
"""A row of a list with all its figures: 500 take 26 times as long as one product."""

BUCKET: Final = 1 / 250
"""A bucket of a timeline: 2,000 take nine times as long as a product."""

GATHERED: Final = 1 / 150
"""A product that is looked at for brands or categories, whether or not it is listed."""

TESTED: Final = 1 / 750
"""A product whose change is ordered among the others'."""

DRIVERS: Final = 5.0
"""An answer of drivers, be it of a product or of a tenant: five to nine times as long."""

EXPORTED: Final = 1 / 6
"""A product in a file: each is read from Redis alone."""

EXPORTED_BUCKET: Final = 1 / 90
"""A line of an exported timeline."""
