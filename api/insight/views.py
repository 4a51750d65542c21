"""From movers and comparisons to what the API answers. Pure."""

from collections.abc import Sequence

from api import shapes, views
from api.insight import comparing, movers
from api.insight import shapes as insight_shapes
from api.insight.listing import pinned
from stream.measures import Window, window_bounds
from stream.store.state import ProductRow


def moved(
    found: Sequence[movers.Mover],
    *,
    window: Window,
    at_ms: int,
    min_reviews: int,
    fdr: float,
    direction: shapes.Direction,
    only_significant: bool,
    limit: int,
    scope: str = "",
    after: movers.Place | None = None,
) -> insight_shapes.Movers:
    """``limit`` of the products ``found`` to have been tested, those behind ``after``; ``scope`` names the question."""
    _, start, end = window_bounds(window, at_ms)
    listed = [mover for mover in movers.ordered(found, direction, fdr) if mover.q <= fdr or not only_significant]
    rows, last = movers.page(listed, fdr, after, limit)
    return insight_shapes.Movers(
        window=window,
        at_ms=at_ms,
        from_ms=max(0, start),  # of a window that begins before 1970
        to_ms=end,
        min_reviews=min_reviews,
        fdr=fdr,
        direction=direction,
        tested=len(found),
        significant=sum(mover.q <= fdr for mover in found),
        movers=[_mover(mover, fdr) for mover in rows],
        next_cursor=movers.Cursor(scope, pinned(at_ms), last).encode() if last else None,
    )


def comparison(
    groups: Sequence[comparing.Group], *, by: shapes.CompareBy, window: shapes.ListWindow, at_ms: int
) -> insight_shapes.Comparison:
    """The groups and their pairs."""
    return insight_shapes.Comparison(
        by=by,
        window=window,
        at_ms=at_ms,
        items=[
            insight_shapes.Compared(
                id=group.id, name=group.name, products=len(group.products), measures=views.measures(group.counts)
            )
            for group in groups
        ],
        differences=[
            insight_shapes.ComparedPair(
                id=pair.of.id,
                against=pair.to.id,
                difference=round(pair.difference, 6),
                difference_interval=views.rounded_interval(pair.interval),
                p_value=short_p(pair.p),
                p_holm=short_p(pair.p_holm),
            )
            for pair in comparing.pairs(groups)
        ],
    )


def group(row: ProductRow, products: int, *, all_time: bool) -> insight_shapes.Group:
    """A brand or category that was gathered into a row."""
    shown = views.product_row(row, all_time=all_time)
    return insight_shapes.Group(
        id=shown.product_id,
        products=products,
        reviews_total=shown.reviews_total,
        first_review_ms=shown.first_review_ms,
        last_review_ms=shown.last_review_ms,
        measures=shown.measures,
        previous=shown.previous,
        change=shown.change,
        trend=shown.trend,
    )


def _mover(mover: movers.Mover, fdr: float) -> insight_shapes.Mover:
    state = mover.row.state
    return insight_shapes.Mover(
        product_id=state.product_id or "",
        name=state.profile.name,
        brand=state.profile.brand,
        categories=list(state.profile.categories),
        measures=views.measures(mover.row.current),
        previous=views.measures(mover.row.previous),
        change=round(mover.change, 6),
        change_interval=views.rounded_interval(mover.interval),
        changed_at_least=round(mover.at_least, 6),
        p_value=short_p(mover.p),
        q_value=short_p(mover.q),
        significant=mover.q <= fdr,
    )


def short_p(value: float) -> float:
    """Four significant digits: of 10,000 products, those that count have p-values below a millionth."""
    return float(f"{value:.4g}")
