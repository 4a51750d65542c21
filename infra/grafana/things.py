"""One thing in a Grafana: a folder, data source, dashboard, contact point or alert rule."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

Sort = Literal["folder", "data source", "dashboard", "contact point", "alert rule"]

ORDER: Final[tuple[Sort, ...]] = ("folder", "data source", "dashboard", "contact point", "alert rule")
"""Each after what it refers to; removed in the opposite order."""

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Which thing."""

    sort: Sort
    uid: str


@dataclass(frozen=True, slots=True)
class Thing:
    """What is wanted."""

    place: Place
    title: str
    body: Body
    """As Grafana tells it, as far as it is ours to say."""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What Grafana takes and never tells again."""
