"""How a review becomes ids: title and text joined, cleaned, split into words, looked up, cut and padded.

What is done is described by :class:`models.manifest.Preprocessing`, which every artefact carries;
:class:`models.preprocessing.reader.Reader` does it.
"""
