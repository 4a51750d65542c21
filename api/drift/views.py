"""From verdicts and counts to what the API answers of drift and accuracy. Pure."""

from collections.abc import Sequence

from api.drift import shapes as drift_shapes
from api.insight.views import short_p
from api.shapes import ListWindow
from api.views import rounded, rounded_interval
from models.manifest import Metrics
from stream.accuracy import expected
from stream.drift import DriftWindow, Examined, Period, Reference, Side
from stream.measures import Measures
from stream.statistics.shares import ratio, wilson


def drift(
    found: Examined, over: Period, *, window: DriftWindow, reference: Reference, at_ms: int
) -> drift_shapes.Drift:
    """A verdict."""
    verdict = found.verdict
    return drift_shapes.Drift(
        window=window,
        reference=reference,
        at_ms=at_ms,
        reference_from_ms=max(0, over.reference_ms),  # of a period that begins before 1970
        from_ms=max(0, over.from_ms),
        to_ms=over.to_ms,
        model=found.model,
        model_changed=found.model_changed,
        other_models=[
            drift_shapes.OtherModel(model=model, reviews=now, reference_reviews=before)
            for model, (now, before) in sorted(found.others.items())
        ],
        level=verdict.level,
        scores=drift_shapes.ScoreDrift(
            level=verdict.scores,
            psi=rounded(verdict.psi),
            p_value=None if verdict.p_value is None else short_p(verdict.p_value),
            detectable_psi=rounded(verdict.detectable_psi),
            changed_ms=verdict.changed_ms,
            current=_scores(verdict.current),
            reference=_scores(verdict.reference),
        ),
        words=drift_shapes.WordDrift(
            level=verdict.words,
            words=verdict.current.words,
            reference_words=verdict.reference.words,
            unknown_rate=rounded(verdict.current.unknown_rate),
            reference_unknown_rate=rounded(verdict.reference.unknown_rate),
            change=rounded(verdict.unknown_change),
            change_interval=rounded_interval(verdict.unknown_interval),
        ),
    )


def accuracy(
    counts: Measures,
    buckets: Sequence[tuple[int, Measures]],
    *,
    window: ListWindow,
    at_ms: int,
    model: str,
    card: Metrics | None,
) -> drift_shapes.Accuracy:
    """Counts of a window, and of its buckets; ``card`` is what the model's test gave."""
    rated = counts.rated
    return drift_shapes.Accuracy(
        window=window,
        at_ms=at_ms,
        model=model,
        reviews=counts.reviews,
        rated=rated,
        rated_share=rounded(ratio(rated, counts.reviews)),
        rated_bad=counts.rated_bad,
        agree=counts.agree,
        accuracy=rounded(ratio(counts.agree, rated)),
        accuracy_interval=rounded_interval(wilson(counts.agree, rated)),
        majority=rounded(ratio(max(counts.rated_bad, rated - counts.rated_bad), rated)),
        card=None if card is None else _card(counts, card),
        buckets=[_bucket(start, bucket) for start, bucket in buckets if bucket.rated],
    )


def summed(buckets: Sequence[tuple[int, Measures]]) -> Measures:
    """All buckets together."""
    total = Measures()
    for _, counts in buckets:
        total.add(counts)
    return total


def _scores(side: Side) -> drift_shapes.Scores:
    return drift_shapes.Scores(
        reviews=side.reviews,
        mean_p_good=rounded(side.mean_p_good),
        shares=[round(share, 6) for share in side.shares],
    )


def _card(counts: Measures, card: Metrics) -> drift_shapes.CardAccuracy:
    found = expected(counts, card.confusion)
    return drift_shapes.CardAccuracy(
        test_accuracy=round(card.accuracy, 6),
        test_reviews=card.rows,
        expected_accuracy=None if found is None else round(found.accuracy, 6),
        p_value=None if found is None else short_p(found.p_value),
        lower=None if found is None else found.lower,
    )


def _bucket(start_ms: int, counts: Measures) -> drift_shapes.AccuracyBucket:
    accuracy = counts.agree / counts.rated
    return drift_shapes.AccuracyBucket(
        start_ms=start_ms,
        reviews=counts.reviews,
        rated=counts.rated,
        agree=counts.agree,
        accuracy=round(accuracy, 6),
        accuracy_interval=rounded_interval(wilson(counts.agree, counts.rated)) or (0.0, 1.0),
    )
