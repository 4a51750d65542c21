"""Tables of a TOML file into typed shapes, with a sentence on everything that is wrong. Pure."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

Shape = TypeVar("Shape", bound=Struct)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a file."""

    place: str
    """Where: ``tenants[1].keys[0].role``, or ``""`` for the whole file."""
    sentence: str

    def __str__(self) -> str:
        return f"{self.place}: {self.sentence}" if self.place else self.sentence


def tables(value: object, place: str, faults: list[Fault]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The tables of a list, each with its place; what is none is added to ``faults``."""
    if not isinstance(value, list):
        faults.append(Fault(place, "expected a list of tables, each under its own [[...]]"))
        return
    for index, item in enumerate(value):
        if isinstance(item, dict):
            yield f"{place}[{index}]", dict(item)
        else:
            faults.append(Fault(f"{place}[{index}]", f"expected a table, got {_shown(item)}"))


def build(
    shape: type[Shape],
    table: dict[str, Any],
    place: str,
    faults: list[Fault],
    *,
    expected: Mapping[tuple[type[Struct], str], str],
    apart: Collection[str] = (),
) -> Shape | None:
    """One table as a ``shape``; None when it is none, which is said in ``faults``.

    Args:
        shape: the type to make.
        table: its fields.
        place: where it stands.
        faults: gets what is wrong.
        expected: what each field of the shape takes.
        apart: fields of the shape that are read apart, and must not stand in the table any more.
    """
    fields = {field.name: field for field in msgspec.structs.fields(shape) if field.name not in apart}
    known = ", ".join(fields)
    before = len(faults)
    faults.extend(Fault(f"{place}.{name}", f"no such field; there are {known}") for name in table if name not in fields)
    values = {}
    for name, field in fields.items():
        if name not in table:
            if field.required:
                faults.append(Fault(f"{place}.{name}", f"missing; expected {expected[shape, name]}"))
            continue
        try:
            values[name] = msgspec.convert(table[name], field.type)
        except msgspec.ValidationError:
            got = "something else" if name in _SECRET else _shown(table[name])
            faults.append(Fault(f"{place}.{name}", f"expected {expected[shape, name]}, got {got}"))
    return shape(**values) if len(faults) == before else None


_SECRET = ("hash", "url")
"""Fields whose values no message repeats: the address of a webhook may hold a token."""


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}..."
