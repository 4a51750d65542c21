"""The few looks that all dashboards share."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar

from grafana_foundation_sdk.builders import common, dashboard, stat, table, timeseries
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models.common import (
    BigValueColorMode,
    BigValueGraphMode,
    BigValueTextMode,
    FieldTextAlignment,
    GraphDrawStyle,
    LegendDisplayMode,
    LegendPlacement,
    StackingMode,
    TableCellHeight,
)
from grafana_foundation_sdk.models.dashboard import DataSourceRef, DynamicConfigValue

from infra.grafana.queries import ApiQuery, Column, source_of

GRID: Final = 24
"""Columns of a dashboard."""

_OF_INTERVALS: Final = ("auto", "auto_min", "auto_count")
"""What the SDK gives every variable, though Grafana's schema knows it of variables that are intervals alone."""

_MIXED: Final = DataSourceRef("mixed", "-- Mixed --")
"""Each query asks a data source of its own."""

Look = dict[str, object]
"""Further settings of one field: Grafana's property id to value."""

_Panel = TypeVar("_Panel", stat.Panel, table.Panel, timeseries.Panel)


def rated() -> dashboard.ThresholdsConfig:
    """Red, yellow, green: a share of good reviews."""
    return dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(
        [models.Threshold(None, "red"), models.Threshold(0.6, "yellow"), models.Threshold(0.8, "green")]
    )  # fmt: skip


def figures(
    title: str, what: str, query: ApiQuery, *, width: int, height: int = 4, coloured: bool = True
) -> stat.Panel:
    """The fields of one row as large numbers."""
    panel = (
        stat.Panel()
        .datasource(source_of(query.tenant))
        .with_target(query)
        .with_transformation(_in_order(column.selector for column in query.columns))
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(False))
        .text_mode(BigValueTextMode.VALUE_AND_NAME)
        .graph_mode(BigValueGraphMode.NONE)
        .color_mode(BigValueColorMode.VALUE if coloured else BigValueColorMode.NONE)
        .thresholds(rated())
        .no_value("–")
    )
    return _placed(_described(panel, query.columns), title, what, width, height)


def listing(title: str, what: str, query: ApiQuery, *, width: int = GRID, height: int = 9) -> table.Panel:
    """A row each, columns in the order given."""
    panel = (
        _table()
        .datasource(source_of(query.tenant))
        .with_target(query)
        .with_transformation(_in_order(column.selector for column in query.columns))
        .no_value("–")
    )
    return _placed(_described(panel, query.columns), title, what, width, height)


def band(
    title: str, what: str, query: ApiQuery, *, low: str, high: str, width: int, height: int = 8
) -> timeseries.Panel:
    """Lines over time, the area between two of them filled: an estimate and its interval."""
    faint: Look = {"custom.lineWidth": 0, "custom.hideFrom": {"legend": True, "tooltip": False, "viz": False}}
    looks = {low: faint, high: {**faint, "custom.fillBelowTo": low, "custom.fillOpacity": 20}}
    panel = _lines(query).min(0).max(1).unit("percentunit").span_nulls(True)
    return _placed(_described(panel, query.columns, looks), title, what, width, height)


def lines(title: str, what: str, query: ApiQuery, *, width: int, height: int = 8) -> timeseries.Panel:
    """Lines over time."""
    return _placed(_described(_lines(query).span_nulls(True), query.columns), title, what, width, height)


def stacked(
    title: str, what: str, query: ApiQuery, colours: dict[str, str], *, width: int, height: int = 8
) -> timeseries.Panel:
    """Counts over time, one on the other."""
    looks: dict[str, Look] = {
        name: {"color": {"mode": "fixed", "fixedColor": colour}} for name, colour in colours.items()
    }
    panel = (
        _lines(query)
        .draw_style(GraphDrawStyle.BARS)
        .fill_opacity(70)
        .stacking(common.StackingConfig().mode(StackingMode.NORMAL).group("A"))
        .min(0)
    )
    return _placed(_described(panel, query.columns, looks), title, what, width, height)


def measured(
    title: str,
    what: str,
    queries: Sequence[Builder[Any]],
    source: DataSourceRef,
    unit: str,
    *,
    width: int,
    height: int = 8,
) -> timeseries.Panel:
    """Metrics over time, named by their legends."""
    panel = timeseries.Panel().datasource(source).targets(list(queries)).unit(unit).fill_opacity(10).min(0)
    return _placed(_legend(panel), title, what, width, height)


def number(title: str, what: str, query: Builder[Any], source: DataSourceRef, unit: str, *, width: int) -> stat.Panel:
    """One metric as it is now."""
    panel = (
        stat.Panel()
        .datasource(source)
        .with_target(query)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(False))
        .color_mode(BigValueColorMode.NONE)
        .unit(unit)
    )
    return _placed(panel, title, what, width, 4)


def measured_table(
    title: str, what: str, query: Builder[Any], source: DataSourceRef, shown: dict[str, str], *, width: int, height: int
) -> table.Panel:
    """Labels of a metric, a row each; ``shown`` has the label of each column, and its heading."""
    panel = (
        _table()
        .datasource(source)
        .with_target(query)
        .with_transformation(
            models.DataTransformerConfig("filterFieldsByName", options={"include": {"names": list(shown)}})
        )
        .with_transformation(_in_order(shown))
    )
    for name, heading in shown.items():
        panel.override_by_name(name, [DynamicConfigValue("displayName", heading)])
    return _placed(panel, title, what, width, height)


def compared(title: str, what: str, queries: Mapping[str, ApiQuery], *, width: int, height: int = 8) -> stat.Panel:
    """One number of each of several tenants, by their ids; more is worse."""
    steps = [models.Threshold(None, "green"), models.Threshold(0.1, "yellow"), models.Threshold(0.25, "red")]
    panel = (
        stat.Panel()
        .datasource(_MIXED)
        .targets(list(queries.values()))
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(False))
        .text_mode(BigValueTextMode.VALUE_AND_NAME)
        .graph_mode(BigValueGraphMode.NONE)
        .thresholds(dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(steps))
        .decimals(3)
        .no_value("–")
    )
    for name, query in queries.items():
        panel.override_by_query(query.ref, [DynamicConfigValue("displayName", name)])
    return _placed(panel, title, what, width, height)


def linked(panel: _Panel, title: str, url: str) -> _Panel:
    """The panel with a way to another page."""
    link = dashboard.DashboardLink(title).type(models.DashboardLinkType.LINK).url(url).target_blank(True)
    panel.links([link])
    return panel


def document(built: dashboard.Dashboard) -> dict[str, Any]:
    """A dashboard as Grafana takes it, its panels numbered from the top."""
    made = built.build()
    for place, panel in enumerate(made.panels or [], 1):
        panel.id_val = place
    found: dict[str, Any] = plain(made)
    for variable in found.get("templating", {}).get("list", []):
        for name in _OF_INTERVALS:
            variable.pop(name, None)
    return found


def plain(value: Any) -> Any:
    """What the SDK builds as the JSON that it stands for."""
    return json.loads(json.dumps(value, cls=JSONEncoder))


def _table() -> table.Panel:
    return table.Panel().cell_height(TableCellHeight.SM).align(FieldTextAlignment.AUTO)


def _in_order(names: Iterable[str]) -> models.DataTransformerConfig:
    """Infinity gives fields by the alphabet."""
    return models.DataTransformerConfig(
        "organize", options={"indexByName": {name: place for place, name in enumerate(names)}}
    )


def _lines(query: ApiQuery) -> timeseries.Panel:
    panel = timeseries.Panel().datasource(source_of(query.tenant)).with_target(query).line_width(2)
    return _legend(panel)


def _legend(panel: timeseries.Panel) -> timeseries.Panel:
    legend = common.VizLegendOptions().display_mode(LegendDisplayMode.LIST).placement(LegendPlacement.BOTTOM)
    return panel.legend(legend.show_legend(True).calcs([]))


def _placed(panel: _Panel, title: str, what: str, width: int, height: int) -> _Panel:
    panel.title(title).description(what).span(width).height(height)
    return panel


def _described(panel: _Panel, columns: Iterable[Column], looks: dict[str, Look] | None = None) -> _Panel:
    for column in columns:
        properties = {"displayName": column.title, **_look(column), **(looks or {}).get(column.selector, {})}
        panel.override_by_name(column.selector, [DynamicConfigValue(name, value) for name, value in properties.items()])
    return panel


def _look(column: Column) -> Look:
    found: Look = {}
    if column.unit is not None:
        found["unit"] = column.unit
    if column.decimals is not None:
        found["decimals"] = column.decimals
    if column.width is not None:
        found["custom.width"] = column.width
    if column.wrapped:
        found["custom.cellOptions"] = {"type": "auto", "wrapText": True}
    if column.link is not None:
        found["links"] = [{"title": "Show", "url": column.link}]
    return found
