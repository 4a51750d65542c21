"""The report on one classifier: its contents, its pictures, its page.

- :mod:`models.evaluation.report.contents` - everything that is said, as it goes to JSON
- :mod:`models.evaluation.report.drawing` - curves and diagrams as PNG, for a light page and a dark one
- :mod:`models.evaluation.report.page` - one HTML file that needs nothing else
"""
