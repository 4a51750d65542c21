"""From what the store holds of models to what the API answers. Pure."""

from collections.abc import Iterable

from api.classifiers import shapes
from api.views import measures, rounded
from stream import comparison
from stream.measures import P_SCALE, Measures
from stream.statistics.shares import ratio
from stream.store.comparisons import Comparison
from stream.store.tenures import Tenure
from stream.tenants import Tenant


def models(tenant: Tenant, tenures: Iterable[Tenure], comparisons: Iterable[Comparison]) -> shapes.Models:
    """A tenant's models."""
    return shapes.Models(
        tenant=tenant.id,
        model=tenant.model,
        previous_model=tenant.previous_model,
        shadow_model=tenant.shadow_model,
        counted=_counted(tenures),
        comparisons=[_comparison(found) for found in comparisons],
    )


def disagreement(found: comparison.Disagreement) -> shapes.Disagreement:
    """A review that two models call differently."""
    return shapes.Disagreement(
        event_id=found.event_id,
        product_id=found.product_id,
        title=found.title,
        text=found.text,
        truncated=found.truncated,
        rating=found.rating,
        occurred_ms=found.occurred_ms,
        p_good=round(found.p_good, 6),
        shadow_p_good=round(found.shadow_p_good, 6),
    )


def _counted(tenures: Iterable[Tenure]) -> list[shapes.ModelCount]:
    """Of all partitions and shards together."""
    totals = dict[str, Measures]()
    spans = dict[str, tuple[int, int]]()
    for tenure in tenures:
        totals.setdefault(tenure.model, Measures()).add(tenure.totals)
        since, until = spans.get(tenure.model, (tenure.since_ms, tenure.until_ms))
        spans[tenure.model] = min(since, tenure.since_ms), max(until, tenure.until_ms)
    return [
        shapes.ModelCount(model=model, since_ms=since, until_ms=until, measures=measures(totals[model]))
        for model, (since, until) in sorted(spans.items(), key=lambda item: item[1][::-1], reverse=True)
    ]


def _comparison(found: Comparison) -> shapes.Comparison:
    tally = found.tally
    return shapes.Comparison(
        id=found.pair,
        active=found.active,
        shadow=found.shadow,
        since_ms=found.since_ms,
        until_ms=found.until_ms,
        reviews=tally.scored,
        passed_over=tally.passed_over,
        agreement=rounded(ratio(tally.both_good + tally.both_bad, tally.scored)),
        mean_difference=rounded(ratio(tally.difference, tally.scored * P_SCALE)),
        mean_distance=rounded(ratio(tally.distance, tally.scored * P_SCALE)),
        labels=shapes.Answers(
            both_good=tally.both_good,
            only_active_good=tally.only_active_good,
            only_shadow_good=tally.only_shadow_good,
            both_bad=tally.both_bad,
        ),
        rated=shapes.Rights(
            both=tally.both_right,
            only_active=tally.only_active_right,
            only_shadow=tally.only_shadow_right,
            neither=tally.both_wrong,
        ),
    )
