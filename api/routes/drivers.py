"""Which words and phrases set bad reviews apart, each with the test that says whether it may be chance."""

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query

from api.access import costs
from api.deps import At, ProductId, Reader, Shared, problems
from api.drivers import examples as driver_examples
from api.drivers import shapes as driver_shapes
from api.drivers.log_odds import MIN_COUNT
from api.drivers.shapes import Leaning
from api.drivers.views import Question
from api.http.openapi import answer
from api.http.problems import NOT_FOUND
from api.routes.products import find
from stream.measures import Window

router = APIRouter(tags=["insight"])

Asked = Annotated[
    Literal["any", "bad", "reference"],
    Query(description="`bad`: only terms that the bad reviews asked about have more often; `reference`: the others."),
]


@dataclass(frozen=True, slots=True)
class _Options:
    """What both paths take."""

    window: Window
    leaning: Leaning | None
    min_reviews: int
    min_count: int
    fdr: float
    only_significant: bool
    limit: int

    def question(self, product_id: str | None, against: driver_shapes.Against, at_ms: int) -> Question:
        return Question(
            product_id, against, self.window, at_ms, self.leaning,
            self.min_reviews, self.min_count, self.fdr, self.only_significant, self.limit,
        )  # fmt: skip


async def _options(
    window: Annotated[Window, Query(description="No longer than the tenant keeps texts (`recent_days`).")] = "7d",
    leans: Asked = "any",
    min_reviews: Annotated[int, Query(ge=5, le=1_000, description="Sampled on each side, or nothing is tested.")] = 10,
    min_count: Annotated[
        int,
        Query(
            ge=MIN_COUNT,
            le=1_000,
            description=f"Reviews of both sides together that must have a term. {MIN_COUNT} or more of the side it "
            "leans to always must: fewer could quote one person.",
        ),
    ] = 5,
    fdr: Annotated[
        float, Query(ge=0.0001, le=0.5, description="Share of significant terms that may be there by chance.")
    ] = 0.05,
    only_significant: Annotated[
        bool, Query(description="Without it, terms follow of which a difference is not shown.")
    ] = True,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> _Options:
    leaning = None if leans == "any" else leans
    return _Options(window, leaning, min_reviews, min_count, fdr, only_significant, limit)


Options = Annotated[_Options, Depends(_options)]


@router.get(
    "/v1/tenants/{tenant}/drivers",
    summary="What bad reviews talk about",
    responses=problems(NOT_FOUND) | answer(driver_examples.drivers()),
)
async def drivers(access: Reader, services: Shared, at: At, options: Options) -> driver_shapes.Drivers:
    """Words and phrases that set the tenant's bad reviews of the window apart from its good ones.

    Method, limits and answer are those of a product's drivers.
    """
    access.charge(costs.DRIVERS)
    at_ms = await services.reads.at(access.tenant, at)
    return await services.drivers.find(access.tenant, options.question(None, "good", at_ms))


@router.get(
    "/v1/tenants/{tenant}/products/{product_id}/drivers",
    summary="What a product's bad reviews talk about",
    responses=problems(NOT_FOUND) | answer(driver_examples.drivers()),
)
async def product_drivers(
    access: Reader,
    services: Shared,
    product_id: ProductId,
    at: At,
    options: Options,
    against: Annotated[
        driver_shapes.Against,
        Query(description="`good`: the product's good reviews; `others`: the bad reviews of all other products."),
    ] = "good",
) -> driver_shapes.Drivers:
    """Words and phrases that set a product's bad reviews of the window apart from its good ones, or from others' bad.

    *Terms*: words without stop words, and two words side by side in a sentence, negations included ("not good"); lower
    case, from title and text. *Measure*: the log-odds ratio with an informative Dirichlet prior (Monroe, Colaresi and
    Quinn 2008, "Fightin' words", equations 14 to 22), where reviews are counted in place of words: with y of n reviews
    having the term on a side, log((y + a) / (n + A - y - a)) of the bad ones less that of the reference; A = 20, a = A
    times the term's share in both sides and the tenant's sample of the window together. `z` is that by the root of
    1 / (y1 + a) + 1 / (y2 + a); it orders the list, behind significance. *Test*: Fisher's exact test of equal shares,
    corrected for all terms tested by Benjamini and Hochberg (1995). A word that a phrase contains with the same counts
    is left out.

    *Sample*: the store keeps the terms of up to 30 bad and 30 good reviews a product and day, drawn by a hash of their
    place in the log, and of some 300 of the tenant and day; of several days an even sample is made (bottom-k, Cohen and
    Kaplan 2007). So counts are of sampled reviews; `reviews` says how many there were. Bad means labelled bad by the
    tenant's model: drivers are what it reads as complaints.

    Terms are kept as long as texts are: a window longer than `recent_days` is refused (422), and a tenant that keeps no
    texts (`recent_reviews = 0`) has no drivers (404).
    """
    await find(services, access.tenant, product_id)
    access.charge(costs.DRIVERS)
    at_ms = await services.reads.at(access.tenant, at)
    return await services.drivers.find(access.tenant, options.question(product_id, against, at_ms))
