"""Which column is which field, by the names that files of reviews usually give them. Pure."""

from collections.abc import Sequence
from typing import Final

from stream.readers.names import FRENCH, USUAL, keys, words
from stream.readers.rows import DATAFINITI

_OF_PEOPLE: Final = {"user", "reviewer", "customer", "author", "profile", "order", "review", "reviews", "event"}
"""Whose ids are no product's."""

_DELIMITERS: Final = (",", ";", "\t", "|")


def columns_of(header: Sequence[str]) -> dict[str, str]:
    """Field to column, as far as ``header`` tells.

    ``Review Text``, ``review_text``, ``reviewText``, ``reviews.text`` and ``Texte de l'avis`` are all ``text``. An id
    of something that is no person (``Clothing ID``) is the product's, where nothing else is. Of Datafiniti's columns
    there is one reading.
    """
    names = [name.strip() for name in header]
    if {DATAFINITI[field] for field in ("text", "product_id", "occurred_at")} <= set(names):
        return {field: column for field, column in DATAFINITI.items() if column in names}
    by_name: dict[str, str] = {}
    for name in names:
        for key in keys(name):
            by_name.setdefault(key, name)
    if not FRENCH.isdisjoint(by_name) and "note" in by_name:
        by_name.setdefault("rating", by_name["note"])
    found = {}
    for field, usual in USUAL.items():
        column = next((by_name[key] for key in usual if key in by_name), None)
        if column is not None:
            found[field] = column
    if found.get("rating") == found.get("text"):
        found.pop("rating", None)  # "Bewertung" is the stars where another column is the text
    if "product_id" not in found or found["product_id"] == found.get("product_name"):
        of_a_thing = next((name for name in names if _is_id_of_a_thing(name)), None)
        if of_a_thing is not None:
            found["product_id"] = of_a_thing
    if found.get("product_name") == found.get("product_id"):
        found.pop("product_name", None)  # the reader makes an id of the name, and keeps the name
    return found


def delimiter_of(line: str) -> str:
    """What stands between the columns of a header line: the commonest of comma, semicolon, tabulator and bar."""
    return max(_DELIMITERS, key=line.count)


def _is_id_of_a_thing(name: str) -> bool:
    parts = words(name)
    return len(parts) > 1 and parts[-1] == "id" and not set(parts) & _OF_PEOPLE
