"""What Grafana and its Infinity data source do with a query of ours, as far as our queries make use of it.

After the data source's own code (3.x: ``replaceVariables``, ``GetQueryURL``, jsonframer): variables go into the URL and
its parameters, parameters are encoded onto it, ``root_selector`` and each column's ``selector`` are GJSON paths.
Whatever our queries do not use is refused here, so that a query cannot pass because it was not understood.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx

UNDERSTOOD = {
    "refId", "datasource", "type", "source", "parser", "format", "url", "url_options", "root_selector", "columns",
    "filters",
}  # fmt: skip
TYPES: dict[str, tuple[type, ...]] = {
    "number": (int, float),
    "timestamp_epoch": (int, float),
    "string": (str,),
    "boolean": (bool,),
}
_VARIABLE = re.compile(r"\$\{(\w+)(?::(\w+))?\}|\$(\w+)")

Rows = list[dict[str, Any]]


class Missing(Exception):
    """A path that leads nowhere."""


def follow(value: Any, path: str) -> Any:
    """The value at a GJSON path of names, indices and ``@keys``.

    Raises:
        Missing: there is none.
    """
    for part in path.split(".") if path else []:
        assert re.fullmatch(r"\w+|@keys", part), f"not understood: {path}"
        if part == "@keys":
            value = list(value)
        elif isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            raise Missing(path)
    return value


def filled(text: str, variables: Mapping[str, str]) -> str:
    """The text with the values of dashboard variables."""

    def value(match: re.Match[str]) -> str:
        form = match[2]
        assert form in (None, "percentencode"), f"not understood: {match[0]}"
        found = variables[match[1] or match[3]]
        return quote(found, safe="") if form else found

    return _VARIABLE.sub(value, text)


async def rows(http: httpx.AsyncClient, query: dict[str, Any], key: str, variables: Mapping[str, str]) -> Rows:
    """What a panel gets, or ``[{"": value}]`` for a query without columns; ``http`` has the data source's URL."""
    assert set(query) == UNDERSTOOD
    assert (query["type"], query["source"], query["parser"], query["filters"]) == ("json", "url", "backend", [])
    assert query["format"] in ("table", "timeseries")
    asked = query["url_options"]
    assert (asked["method"], asked["data"], set(asked)) == ("GET", "", {"method", "data", "params"})
    params = httpx.QueryParams([(one["key"], filled(one["value"], variables)) for one in asked["params"]])
    answer = await http.get(filled(query["url"], variables), params=params, headers={"X-API-Key": key})
    assert answer.status_code == 200, f"{answer.url}: {answer.text}"
    root = follow(answer.json(), query["root_selector"])
    found = root if isinstance(root, list) else [root]
    if not query["columns"]:
        return [{"": each} for each in found]
    return [{column["text"]: _cell(each, column) for column in query["columns"]} for each in found]


def _cell(row: Any, column: dict[str, str]) -> Any:
    # A field under another name than its selector loses its type in some versions of the data source.
    assert column["text"] == column["selector"]
    try:
        value = follow(row, column["selector"])
    except Missing:
        # An interval of nothing is null: what is inside it is missing, and GJSON gives null for that too.
        parent, _, index = column["selector"].rpartition(".")
        assert index.isdigit(), f"{column['selector']} is nowhere in {row}"
        assert follow(row, parent) is None, f"{column['selector']} is nowhere in {row}"
        return None
    assert value is None or isinstance(value, TYPES[column["type"]]), f"{column}: {value!r}"
    assert column["type"] == "boolean" or not isinstance(value, bool), f"{column}: {value!r}"
    return value
