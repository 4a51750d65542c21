"""From sampled reviews to what the drivers' endpoints answer. Pure."""

from dataclasses import dataclass

from api.drivers import log_odds as drivers
from api.drivers import shapes as driver_shapes
from api.drivers.log_odds import Background, Tally
from stream.measures import Window, window_bounds


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, but for the sides."""

    product_id: str | None
    against: driver_shapes.Against
    window: Window
    at_ms: int
    leaning: driver_shapes.Leaning | None
    min_reviews: int
    min_count: int
    fdr: float
    only_significant: bool
    limit: int


@dataclass(frozen=True, slots=True)
class Sides:
    """What stands against each other, each with the number of reviews that it is a sample of."""

    bad: tuple[Tally, int]
    reference: tuple[Tally, int]
    background: Background


def answer(asked: Question, sides: Sides) -> driver_shapes.Drivers:
    """Test every term, and show the first."""
    (bad, bad_reviews), (reference, reference_reviews) = sides.bad, sides.reference
    enough = min(bad.n, reference.n) >= asked.min_reviews
    found = drivers.examine(bad, reference, sides.background, asked.min_count) if enough else []
    listed = drivers.ordered(found, asked.leaning, asked.fdr)
    if asked.only_significant:
        listed = [one for one in listed if one.q <= asked.fdr]
    _, start, end = window_bounds(asked.window, asked.at_ms)
    return driver_shapes.Drivers(
        product_id=asked.product_id,
        against=asked.against,
        window=asked.window,
        at_ms=asked.at_ms,
        from_ms=max(0, start),
        to_ms=end,
        bad=driver_shapes.Side(reviews=bad_reviews, sampled=bad.n),
        reference=driver_shapes.Side(reviews=reference_reviews, sampled=reference.n),
        min_reviews=asked.min_reviews,
        min_count=asked.min_count,
        fdr=asked.fdr,
        enough=enough,
        tested=len(found),
        significant=sum(one.q <= asked.fdr for one in found),
        terms=[_driver(one, bad.n, reference.n, asked.fdr) for one in listed[: asked.limit]],
    )


def _driver(found: drivers.Driver, bad: int, reference: int, fdr: float) -> driver_shapes.Driver:
    return driver_shapes.Driver(
        term=found.term,
        leans="bad" if found.log_odds > 0 else "reference",
        bad_count=found.of,
        reference_count=found.against,
        bad_share=round(found.of / bad, 6),
        reference_share=round(found.against / reference, 6),
        log_odds=round(found.log_odds, 4),
        z=round(found.z, 4),
        p_value=float(f"{found.p:.4g}"),
        q_value=float(f"{found.q:.4g}"),
        significant=found.q <= fdr,
    )
