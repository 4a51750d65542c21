"""Which column is which field, by the names that files of reviews usually give them. Pure."""

import re
from collections.abc import Sequence
from typing import Final

from stream.readers.rows import DATAFINITI

_USUAL: Final = {
    "text": (
        "text", "review", "reviews", "body", "content", "comment", "comments", "feedback", "message", "opinion",
        "verbatim",
    ),
    "product_id": (
        "productid", "asin", "sku", "itemid", "businessid", "appid", "movieid", "filmid", "hotelid", "product",
        "productname", "producttitle", "item", "business", "company", "app", "application", "bank", "branch", "movie",
        "film", "hotel", "restaurant", "place", "itemname", "appname", "bankname", "moviename", "filmname", "hotelname",
        "restaurantname", "placename", "companyname", "businessname", "name",
    ),
    "occurred_at": (
        "occurredat", "date", "at", "time", "timestamp", "datetime", "unixreviewtime", "createdat", "created",
        "submittedat", "submissiondate", "postedat", "published", "publishedat", "dateadded", "dateposted",
    ),
    "rating": ("rating", "ratings", "stars", "star", "starrating", "score", "overall", "overallrating"),
    "title": ("title", "headline", "summary", "subject"),
    "product_name": ("productname", "producttitle", "name"),
    "brand": ("brand", "manufacturer"),
    "categories": ("categories", "category", "department", "departmentname"),
    "language": ("language", "lang"),
    "event_id": ("eventid", "reviewid"),
}  # fmt: skip
"""Field to names, the likeliest first."""

_OF_PEOPLE: Final = {"user", "reviewer", "customer", "author", "profile", "order", "review", "reviews", "event"}
"""Whose ids are no product's."""

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")
_DELIMITERS: Final = (",", ";", "\t", "|")


def columns_of(header: Sequence[str]) -> dict[str, str]:
    """Field to column, as far as ``header`` tells.

    ``Review Text``, ``review_text``, ``reviewText`` and ``reviews.text`` are all ``text``. An id of something that is
    no person (``Clothing ID``) is the product's, where nothing else is. Of Datafiniti's columns there is one reading.
    """
    names = [name.strip() for name in header]
    if {DATAFINITI[field] for field in ("text", "product_id", "occurred_at")} <= set(names):
        return {field: column for field, column in DATAFINITI.items() if column in names}
    by_name: dict[str, str] = {}
    for name in names:
        for key in _keys(name):
            by_name.setdefault(key, name)
    found = {}
    for field, usual in _USUAL.items():
        column = next((by_name[key] for key in usual if key in by_name), None)
        if column is not None:
            found[field] = column
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


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(name)]


def _keys(name: str) -> list[str]:
    """The names under which a column is known: its own, and that without ``review`` in front."""
    words = _words(name)
    keys = ["".join(words)]
    if len(words) > 1 and words[0] in ("review", "reviews") and words[1] != "id":
        keys.append("".join(words[1:]))
    return keys


def _is_id_of_a_thing(name: str) -> bool:
    words = _words(name)
    return len(words) > 1 and words[-1] == "id" and not set(words) & _OF_PEOPLE
