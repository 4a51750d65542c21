"""Pictures of data, as PNG."""

import io
from collections.abc import Mapping
from typing import Final

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import NDArray

_BARS: Final = "#9db8d6"
_QUARTILES: Final = (
    ("lower quartile", 25, "#c2571a", ":"),
    ("median", 50, "#8c1d18", "-"),
    ("upper quartile", 75, "#c2571a", "--"),
)

MOST_BARS: Final = 48
"""Bars a panel: enough to show the shape, and each still wider than the line of a quartile."""


def length_histograms(groups: Mapping[str, NDArray[np.intp]], title: str) -> bytes:
    """One histogram of words a review for each rating, one below the other on one axis, quartiles marked.

    The axis ends at the 99th percentile of all reviews, since one review of a thousand words would press all others
    into the first bars; how many are longer is said beside each panel. Bars are a whole number of words wide, so that
    none counts one more length than its neighbour.
    """
    lengths = np.concatenate(list(groups.values()))
    end = max(int(np.ceil(np.percentile(lengths, 99))), 1)
    width = -(-end // MOST_BARS)
    edges = np.arange(0, end + width + 1, width)
    figure = Figure(figsize=(10, 1.2 + 1.35 * len(groups)), layout="constrained")
    figure.suptitle(title, fontsize=12)
    rows = figure.subplots(len(groups), 1, sharex=True, squeeze=False)[:, 0]
    for axes, (rating, of_rating) in zip(rows, groups.items(), strict=True):
        shown = of_rating[of_rating < edges[-1]]
        axes.stairs(np.histogram(shown, edges)[0] / len(of_rating), edges, fill=True, color=_BARS)
        for label, percent, colour, style in _QUARTILES:
            words = float(np.percentile(of_rating, percent))
            axes.axvline(words, color=colour, linestyle=style, linewidth=1.6, label=f"{label} {round(words, 1):g}")
        axes.set_ylabel(f"rating {rating}" if rating not in ("good", "bad") else rating)
        axes.set_ylim(bottom=0)
        axes.yaxis.set_major_locator(MaxNLocator(3))
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=None))
        axes.spines[["top", "right"]].set_visible(False)
        longer = len(of_rating) - len(shown)
        note = f"{len(of_rating):,} reviews, the longest\n{of_rating.max():,} words; {longer:,} not shown"
        axes.legend(
            frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.01, 1.05), borderaxespad=0,
            title=note, title_fontsize=8, alignment="left",
        )  # fmt: skip
    rows[-1].set_xlabel(f"Words a review ({width} a bar)" if width > 1 else "Words a review")
    rows[-1].set_xlim(0, edges[-1])
    figure.supylabel("Share of the rating's reviews", fontsize=10)
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=130)
    return content.getvalue()
