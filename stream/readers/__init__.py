"""Files to events: CSV of any layout, Datafiniti's layout, JSON lines; each row an event or a reason why not.

- :mod:`stream.readers.source` - a file or standard input, packed or not, as numbered lines
- :mod:`stream.readers.delimited` - lines to CSV records, going on after whatever is broken
- :mod:`stream.readers.fields` - loose values to an event's fields
- :mod:`stream.readers.rows` - the formats: which column is which field
"""
