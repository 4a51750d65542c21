"""What is wanted against what is there. Pure.

A Grafana adds to what it is given: numbers, times, defaults. Only what we say is compared, so that this is no
difference; and a secret that it will not tell (``[REDACTED]``) is taken to be ours.
"""

import difflib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from infra.grafana.things import ORDER, Body, Place, Thing

Action = Literal["create", "update", "remove"]

_REDACTED: Final = "[REDACTED]"


@dataclass(frozen=True, slots=True)
class Change:
    """One step from what is there to what is wanted."""

    action: Action
    place: Place
    title: str
    thing: Thing | None
    """None: it is to be removed."""
    lines: tuple[str, ...] = ()
    """Of an update, what changes, as a unified diff."""


def changes(wanted: Iterable[Thing], there: Mapping[Place, Body], removable: Iterable[Place]) -> list[Change]:
    """The steps, in an order in which they can be taken; none when all is as wanted.

    Args:
        wanted: what there shall be.
        there: what there is.
        removable: what shall go, where it is there and not wanted.
    """
    things = {thing.place: thing for thing in wanted}
    found = [change for thing in things.values() if (change := _step(thing, there.get(thing.place)))]
    found.sort(key=lambda change: ORDER.index(change.place.sort))
    gone = [place for place in set(removable) & set(there) if place not in things]
    gone.sort(key=lambda place: (-ORDER.index(place.sort), place.uid))
    return [*found, *(Change("remove", place, _title(there[place]), None) for place in gone)]


def _step(thing: Thing, body: Body | None) -> Change | None:
    if body is None:
        return Change("create", thing.place, thing.title, thing)
    seen = _as_far_as(thing.body, body)
    if seen == thing.body:
        return None
    diff = difflib.unified_diff(_lines(seen), _lines(thing.body), "there", "wanted", n=2, lineterm="")
    return Change("update", thing.place, thing.title, thing, tuple(diff))


def _as_far_as(wanted: Any, there: Any) -> Any:
    """``there`` without what ``wanted`` says nothing of."""
    if there == _REDACTED and isinstance(wanted, str):
        return wanted
    if isinstance(wanted, dict) and isinstance(there, dict):
        # What Grafana leaves out is as good as null.
        known = {name: value for name, value in wanted.items() if name in there or value is None}
        return {name: _as_far_as(value, there.get(name)) for name, value in known.items()}
    if isinstance(wanted, list) and isinstance(there, list) and len(wanted) == len(there):
        return [_as_far_as(*pair) for pair in zip(wanted, there, strict=True)]
    return there


def _lines(body: Any) -> list[str]:
    return json.dumps(body, indent=1, sort_keys=True, ensure_ascii=False).splitlines()


def _title(body: Body) -> str:
    found = body.get("dashboard", body)
    return str(found.get("title") or found.get("name") or "")
