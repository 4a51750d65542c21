"""Labelled reviews. Read the rooms in this order:

- :mod:`models.data.labelled` - what a row is, and the questions asked of it
- :mod:`models.data.catalogue` - the data sets with a name
- :mod:`models.data.read` - from files to rows
- :mod:`models.data.table`, :mod:`models.data.describe`, :mod:`models.data.pictures` - looking at them
"""
