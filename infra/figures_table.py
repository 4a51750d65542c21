"""Lines of figures as tables for the terminal."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from rich.box import SIMPLE_HEAD
from rich.table import Table

if TYPE_CHECKING:
    from models.evaluation.figures import Figures
    from models.evaluation.intervals import Figure
    from models.evaluation.shares import Shares
    from models.evaluation.table import Line

_RANGE: Final = "{:.3f}–{:.3f}"
_SIGNED_RANGE: Final = "{:+.3f}, {:+.3f}"
_WIDTH: Final = len(_RANGE.format(0, 0))
_SIGNED_WIDTH: Final = len(_SIGNED_RANGE.format(0, 0))
"""Intervals. With a decimal less than their figures have, five classifiers fit beside each other in 80 columns."""


def values_table(columns: "Mapping[str, Figures]", labels: Sequence[str], *, title: str) -> Table:
    """A column for each named set of figures, without intervals."""
    from models.evaluation.catalogue import overall
    from models.evaluation.wording import number

    table = _with_columns(title, columns, width=_WIDTH)
    several = columns.values()
    table.add_row("Reviews", *(f"{figures.rows:,}" for figures in several))
    for label in labels[1:] if len(labels) == 2 else labels:
        name = f"share_{label}"
        table.add_row(f"of them {label}", *(number(figures.values[name], name) for figures in several))
    for entry in overall(labels):
        table.add_row(entry.title, *(number(figures.values[entry.name]) for figures in several))
    return table


def figures_table(
    lines: "Sequence[Line]",
    labels: Sequence[str],
    *,
    title: str,
    further: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> Table:
    """A column for each line; below each figure its interval. ``further`` rows have cells for the first lines."""
    from models.evaluation.catalogue import overall
    from models.evaluation.wording import number

    table = _with_columns(title, (line.name for line in lines), width=_WIDTH)
    for entry in overall(labels):
        figures = [line.figures[entry.name] for line in lines]
        table.add_row(entry.title, *(_cell(number(f.value), f, _RANGE) for f in figures))
    for heading, cells in further.items():
        table.add_row(heading, *cells)
    return table


def share_errors(shares: "Shares | None") -> dict[str, list[str]]:
    """Further rows: how far bad shares by product are off, by labels and by mean P(bad)."""
    from models.evaluation.wording import number

    if shares is None:
        return {}
    return {
        "Bad share off, labelled": [
            _cell(number(line.labelled_bad.value), line.labelled_bad, _RANGE) for line in shares.errors
        ],
        "Bad share off, P(bad)": [_cell(number(line.p_bad.value), line.p_bad, _RANGE) for line in shares.errors],
    }


def differences_table(lines: "Sequence[Line]", labels: Sequence[str]) -> Table:
    """A column for each line but the first: its figures less the first's, and McNemar's p."""
    from models.evaluation.catalogue import overall
    from models.evaluation.wording import better, p_value, signed

    title = f"Less {lines[0].name} (▲ better, ▼ worse where the interval excludes 0)"
    beside = [(line, line.versus) for line in lines if line.versus is not None]
    table = _with_columns(title, (line.name for line, _ in beside), width=_SIGNED_WIDTH)
    marks = {"better": "▲", "worse": "▼", "": " "}
    for entry in overall(labels):
        cells = []
        for _, versus in beside:
            less = versus.differences[entry.name]
            cells.append(_cell(f"{signed(less.value)} {marks[better(entry, less)]}", less, _SIGNED_RANGE))
        table.add_row(entry.title, *cells)
    table.add_row("McNemar p", *(p_value(versus.mcnemar.p) + "  " for _, versus in beside))
    return table


def _with_columns(title: str, names: Iterable[str], *, width: int) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("", overflow="fold")
    for name in names:
        table.add_column(name, justify="right", overflow="fold", min_width=width)
    return table


def _cell(shown: str, figure: "Figure", form: str) -> str:
    if figure.low is None or figure.high is None:
        return shown
    return f"{shown}\n[dim]{form.format(figure.low, figure.high)}[/dim]".replace("-", "−")
