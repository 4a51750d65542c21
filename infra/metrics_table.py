"""A classifier's figures as a table for the terminal."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.table import Table

if TYPE_CHECKING:
    from models.manifest import Metrics


def metrics_table(columns: Mapping[str, "Metrics"], *, title: str) -> Table:
    """One column for each named set of figures."""
    from models.card import ROWS, figure

    table = Table(title=title, title_justify="left")
    table.add_column("")
    for name in columns:
        table.add_column(name, justify="right")
    table.add_row("Reviews", *(f"{metrics.rows:,}" for metrics in columns.values()))
    table.add_row("of them bad", *(f"{metrics.bad_share:.2%}" for metrics in columns.values()))
    for label, field in ROWS:
        table.add_row(label, *(figure(metrics, field) for metrics in columns.values()))
    return table
