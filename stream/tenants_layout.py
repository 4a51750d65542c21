"""The tenants file as people wrote it: tables are put in and taken out, comments and order stay."""

from collections.abc import Mapping
from typing import Any

import tomlkit
from tomlkit.items import AoT, InlineTable, Null, Whitespace


def set_fields(tenant: Any, fields: Mapping[str, str | None]) -> None:
    """Write ``fields`` into a tenant's table; None takes one out."""
    after = None
    for name, value in fields.items():
        if value is None:
            tenant.pop(name, None)
            continue
        if name not in tenant and after is None:
            after = _tail(tenant)
        tenant[name] = value
    for item in after or ():
        tenant.add(item)


def add_tenant(text: str, fields: Mapping[str, Any]) -> str:
    """The file's text with one more tenant, after all that it has."""
    document = tomlkit.parse(text)
    tenants = document.get("tenants")
    if tenants and not isinstance(tenants, AoT):  # tenants = [{...}, {...}]
        tenants.append(_inline(fields))
        return tomlkit.dumps(document)
    if tenants is not None and not tenants:  # tenants = []
        del document["tenants"]
        text = tomlkit.dumps(document)
    table = tomlkit.table()
    table.update(fields)
    tables = tomlkit.aot()
    tables.append(table)
    added = tomlkit.dumps({"tenants": tables})
    if text.strip():
        added = "\n" + added if text.endswith("\n") else "\n\n" + added
    return text + added


def add_key(tenant: Any, fields: Mapping[str, Any]) -> None:
    """Put one more key at the end of a tenant's."""
    keys = tenant.get("keys")
    if isinstance(tenant, InlineTable) and not keys:  # tenants = [{...}]
        tenant["keys"] = keys = tomlkit.array()
    if isinstance(tenant, InlineTable) or (keys and not isinstance(keys, AoT)):  # keys = [{...}, {...}]
        keys.append(_inline(fields))
        return
    entry = tomlkit.table()
    entry.update(fields)
    entry.trivia.indent = "\n"
    if not keys:
        tenant.pop("keys", None)
    for item in _tail(keys[-1] if keys else tenant):
        entry.add(item)
    if not keys:
        keys = tenant.add("keys", tomlkit.aot())["keys"]
    keys.append(entry)


def remove_key(tenant: Any, index: int) -> None:
    """Take out the key at ``index`` of a tenant's; what is said of the table after it stays before that."""
    keys = tenant["keys"]
    if not isinstance(keys, AoT):
        del keys[index]
        return
    before = keys[index].trivia.indent  # holds what an earlier removal left there; a blank line goes with the key
    tail = [item for _, item in tomlkit.parse(before if before.strip() else "").body] + _tail(keys[index])
    del keys[index]
    if index < len(keys):
        following = keys[index]
        following.trivia.indent = "".join(item.as_string() for item in tail) + following.trivia.indent
        return
    if not keys:
        tenant.pop("keys")
    previous = keys[-1] if keys else tenant
    blank = _tail(previous)
    for item in tail if all(isinstance(item, Whitespace) for item in blank) else blank + tail:
        previous.add(item)


def _inline(fields: Mapping[str, Any]) -> InlineTable:
    table = tomlkit.inline_table()
    table.update(fields)
    return table


def _tail(table: Any) -> list[Any]:
    """Take off what follows a blank line at the table's end: such a comment speaks of the table after it."""
    body = table.value.body
    first = len(body)
    while first and body[first - 1][0] is None:
        first -= 1
    while first < len(body) and not isinstance(body[first][1], Whitespace):
        first += 1
    tail = [item for _, item in body[first:] if not isinstance(item, Null)]  # Null: what was taken out
    del body[first:]
    return tail
