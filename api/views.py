"""From what the store holds to what the API answers. Pure."""

from typing import overload

from api import shapes
from api.insight.listing import change
from api.times import MAX_FILLED, Range
from stream.measures import P_SCALE, STEP_MS, Measures, Window
from stream.statistics.shares import of_mean, ratio, sentiment, wilson
from stream.store.state import EntityState, ProductRow, Profile, RecentReview, WorkerStatus
from stream.tenants import Tenant

_NOTHING = Measures()


def measures(counts: Measures) -> shapes.Measures:
    """Counts with their ratios, intervals and means."""
    n = counts.reviews
    mean_p_good = _mean_p_good(counts)
    return shapes.Measures(
        reviews=n,
        good=counts.good,
        bad=counts.bad,
        good_ratio=rounded(ratio(counts.good, n)),
        bad_ratio=rounded(ratio(counts.bad, n)),
        good_interval=rounded_interval(wilson(counts.good, n)),
        bad_interval=rounded_interval(wilson(counts.bad, n)),
        mean_p_good=rounded(mean_p_good),
        mean_p_good_interval=rounded_interval(of_mean(counts.p_good / P_SCALE, n)),
        sentiment=rounded(sentiment(mean_p_good)),
        rated=counts.rated,
        rating_mean=rounded(ratio(counts.rating_sum, counts.rated)),
        rated_bad=counts.rated_bad,
        agreement=rounded(ratio(counts.agree, counts.rated)),
    )


def windows(found: dict[Window, Measures]) -> dict[Window, shapes.Measures]:
    """Every window."""
    return {window: measures(counts) for window, counts in found.items()}


def pipeline(workers: list[WorkerStatus]) -> shapes.Pipeline:
    """All workers together. A partition that two report, as it moves between them, counts as its most advanced."""
    lags: dict[tuple[str, int], tuple[int, float]] = {}
    for worker in workers:
        for part in worker.partitions:
            place = (part.topic, part.partition)
            lag = (max(0, part.end - 1 - part.fence), part.lag_seconds)
            lags[place] = min(lags.get(place, lag), lag)
    return shapes.Pipeline(
        workers=len(workers),
        reviews_per_second=round(sum(worker.reviews_per_second for worker in workers), 3),
        lag_records=sum(records for records, _ in lags.values()),
        lag_seconds=round(max((seconds for _, seconds in lags.values()), default=0.0), 3),
        dead_letters=sum(worker.dead_letters for worker in workers),
    )


def summary(
    tenant: Tenant,
    at_ms: int,
    state: EntityState | None,
    found: dict[Window, Measures],
    products: int,
    workers: list[WorkerStatus],
) -> shapes.Summary:
    """A tenant at a glance; ``state`` is None before its first review."""
    return shapes.Summary(
        tenant=tenant.id,
        name=tenant.name,
        kind=tenant.kind,
        model=tenant.model,
        at_ms=at_ms,
        products=products,
        first_review_ms=state.first_ms if state else None,
        last_review_ms=state.last_ms if state else None,
        late=state.late if state else 0,
        totals=measures(state.totals if state else _NOTHING),
        windows=windows(found),
        pipeline=pipeline(workers),
    )


def product_row(row: ProductRow, *, all_time: bool) -> shapes.ProductRow:
    """A product in a listing."""
    state = row.state
    return shapes.ProductRow(
        product_id=state.product_id or "",
        name=state.profile.name,
        brand=state.profile.brand,
        categories=list(state.profile.categories),
        reviews_total=state.totals.reviews,
        first_review_ms=state.first_ms,
        last_review_ms=state.last_ms,
        measures=measures(row.current),
        previous=None if all_time else measures(row.previous),
        change=None if all_time else rounded(change(row)),
        trend=shapes.Trend(
            reviews=[part.reviews for part in row.trend],
            good_ratio=[rounded(ratio(part.good, part.reviews)) for part in row.trend],
            sentiment=[rounded(sentiment(_mean_p_good(part))) for part in row.trend],
        ),
    )


def product(state: EntityState, at_ms: int, found: dict[Window, Measures]) -> shapes.Product:
    """One product."""
    profile: Profile = state.profile
    return shapes.Product(
        product_id=state.product_id or "",
        name=profile.name,
        brand=profile.brand,
        categories=list(profile.categories),
        at_ms=at_ms,
        first_review_ms=state.first_ms,
        last_review_ms=state.last_ms,
        late=state.late,
        totals=measures(state.totals),
        windows=windows(found),
    )


def timeline(wanted: Range, found: list[tuple[int, Measures]], *, fill: bool) -> shapes.Timeline:
    """The buckets of a range; empty ones too when ``fill`` and they are few enough."""
    total = Measures()
    for _, counts in found:
        total.add(counts)
    return shapes.Timeline(
        step=wanted.step,
        from_ms=wanted.start,
        to_ms=wanted.end,
        filled=fills(wanted, fill=fill),
        totals=measures(total),
        buckets=[_bucket(start, counts) for start, counts in buckets(wanted, found, fill=fill)],
    )


def buckets(wanted: Range, found: list[tuple[int, Measures]], *, fill: bool) -> list[tuple[int, Measures]]:
    """The buckets of a range that are shown: those ``found``, and the empty ones where :func:`fills` says so."""
    if not fills(wanted, fill=fill):
        return found
    by_start = dict(found)
    return [(start, by_start.get(start, _NOTHING)) for start in range(wanted.start, wanted.end, STEP_MS[wanted.step])]


def fills(wanted: Range, *, fill: bool) -> bool:
    """Whether empty buckets are shown: where that is asked and they are few enough."""
    return fill and wanted.count <= MAX_FILLED


def review(kept: RecentReview) -> shapes.Review:
    """A scored review."""
    return shapes.Review(
        event_id=kept.event_id,
        product_id=kept.product_id,
        product_name=kept.product_name,
        title=kept.title,
        text=kept.text,
        truncated=kept.truncated,
        rating=kept.rating,
        language=kept.language,
        source=kept.source,
        occurred_ms=kept.occurred_ms,
        p_good=round(kept.p_good, 6),
        label=label(kept.p_good),
    )


def label(p_good: float) -> shapes.Label:
    """The class that P(good) means; the worker counts by the same rule."""
    return "good" if p_good >= 0.5 else "bad"


def _bucket(start: int, counts: Measures) -> shapes.Bucket:
    mean_p_good = _mean_p_good(counts)
    return shapes.Bucket(
        start_ms=start,
        reviews=counts.reviews,
        good=counts.good,
        bad=counts.bad,
        good_ratio=rounded(ratio(counts.good, counts.reviews)),
        good_interval=rounded_interval(wilson(counts.good, counts.reviews)),
        mean_p_good=rounded(mean_p_good),
        mean_p_good_interval=rounded_interval(of_mean(counts.p_good / P_SCALE, counts.reviews)),
        sentiment=rounded(sentiment(mean_p_good)),
    )


def _mean_p_good(counts: Measures) -> float | None:
    return ratio(counts.p_good, counts.reviews * P_SCALE)


@overload
def rounded_interval(bounds: tuple[float, float]) -> tuple[float, float]: ...


@overload
def rounded_interval(bounds: None) -> None: ...


@overload
def rounded_interval(bounds: tuple[float, float] | None) -> tuple[float, float] | None: ...


def rounded_interval(bounds: tuple[float, float] | None) -> tuple[float, float] | None:
    """Both ends as :func:`rounded` has them."""
    return None if bounds is None else (round(bounds[0], 6), round(bounds[1], 6))


def rounded(value: float | None) -> float | None:
    """Six digits: far below what the counts can tell apart, and a third of the bytes."""
    return None if value is None else round(value, 6)
