"""What panels, variables and alert rules ask.

Infinity's *backend* parser reads the answer of a URL: it follows ``root_selector`` (a GJSON path), and each column's
``selector`` from there. It alone works for alerting. Columns keep their selector as their name: what they are called on
a panel is a setting of the panel. Source: the data source's documentation, "Infinity query" and "Backend parser".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Self

from grafana_foundation_sdk.builders import prometheus as prometheus_builders
from grafana_foundation_sdk.models.dashboard import DataSourceRef
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from infra.grafana.names import uid

INFINITY: Final = "yesoreyeram-infinity-datasource"

ColumnType = Literal["number", "string", "boolean", "timestamp_epoch"]


@dataclass(frozen=True, slots=True)
class Column:
    """One field of the answer."""

    selector: str
    """GJSON path from the root, ``measures.good_interval.0``."""
    title: str
    type: ColumnType = "number"
    unit: str | None = None
    """Of Grafana: ``percentunit`` shows 0.25 as 25 %."""
    decimals: int | None = None
    width: int | None = None
    """Pixels, in a table."""
    link: str | None = None
    """Where a click leads."""
    wrapped: bool = False
    """Long text, in as many lines as it needs."""


def share(selector: str, title: str) -> Column:
    """A column of a share, 0 to 1."""
    return Column(selector, title, unit="percentunit", decimals=1)


def text(selector: str, title: str, **look: Any) -> Column:
    """A column of text."""
    return Column(selector, title, "string", **look)


def time(selector: str, title: str) -> Column:
    """A column of milliseconds since 1970."""
    return Column(selector, title, "timestamp_epoch")


@dataclass(frozen=True, slots=True)
class ApiQuery:
    """A path of our API, asked with a tenant's key by the data source of that tenant.

    ``path`` and the values of ``params`` may hold dashboard variables; in a path they want ``:percentencode``.
    """

    tenant: str
    path: str
    """Below the tenant's, ``/summary``."""
    root: str
    columns: Sequence[Column]
    params: Mapping[str, str] | None = None
    series: bool = False
    """Whether the rows are points in time."""
    ref: str = "A"

    def to_json(self) -> dict[str, object]:
        """As Grafana keeps it."""
        return {
            "refId": self.ref,
            "datasource": {"type": INFINITY, "uid": uid("api", self.tenant)},
            "type": "json",
            "source": "url",
            "parser": "backend",
            "format": "timeseries" if self.series else "table",
            "url": f"/v1/tenants/{self.tenant}{self.path}",
            "url_options": {
                "method": "GET",
                "data": "",
                "params": [{"key": key, "value": value} for key, value in (self.params or {}).items()],
            },
            "root_selector": self.root,
            "columns": [
                {"selector": column.selector, "text": column.selector, "type": column.type} for column in self.columns
            ],
            "filters": [],
        }

    def build(self) -> Self:
        """The SDK's builders take builders; it asks what they build for ``to_json``."""
        return self

    def variable(self) -> dict[str, object]:
        """The query of a variable: of two columns the first is what is shown, the second is the value."""
        return {"queryType": "infinity", "refId": "variable", "infinityQuery": self.to_json()}


def source_of(tenant: str) -> DataSourceRef:
    """The data source that asks our API as a tenant."""
    return DataSourceRef(INFINITY, uid("api", tenant))


PROMETHEUS: Final = DataSourceRef("prometheus", uid("prometheus"))


def prom(expr: str, legend: str = "", ref: str = "A") -> prometheus_builders.Dataquery:
    """A PromQL query over time: a line a series."""
    return _prom(expr, ref).legend_format(legend).range()


def prom_table(expr: str) -> prometheus_builders.Dataquery:
    """What is now, a row a series, its labels in columns."""
    return _prom(expr, "A").instant().format(PromQueryFormat.TABLE)


def prom_now(expr: str) -> prometheus_builders.Dataquery:
    """What is now, a number a series: what alerting judges without reducing it first."""
    return _prom(expr, "A").instant()


def _prom(expr: str, ref: str) -> prometheus_builders.Dataquery:
    return prometheus_builders.Dataquery().datasource(PROMETHEUS).ref_id(ref).expr(expr)
