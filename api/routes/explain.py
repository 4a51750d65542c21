"""What in one review moved its score."""

from fastapi import APIRouter, Request

from api.deps import BodyRoom, Reader, Shared, problems
from api.drivers import occlusion_examples as explain_examples
from api.drivers import occlusion_shapes as explain_shapes
from api.http.bodies import checked, read_json
from api.http.openapi import answer, explain_body
from api.http.problems import TIMEOUT, TOO_LARGE
from models.classifier import Review

router = APIRouter(tags=["classify"])


@router.post(
    "/v1/tenants/{tenant}/explain",
    summary="Which words moved a score",
    responses=problems(TIMEOUT, TOO_LARGE) | answer(explain_examples.explained()),
    openapi_extra={"requestBody": explain_body()},
)
async def explain(request: Request, access: Reader, services: Shared, room: BodyRoom) -> explain_shapes.Explanation:
    """What the tenant's model makes of a review, and how each word moved it. Nothing is counted or kept.

    *Method*: occlusion (Zeiler and Fergus 2014; for words, Li, Monroe and Jurafsky 2016). Each of the first 200 words
    is left out in turn and the rest is classified again. `effect` is log(p / (1 - p)) of P(good) with the word less the
    same without it: +0.7 about doubles the odds that the review is good. It is exact for the model as it runs. Two
    words that say the same hide each other, and effects do not add up to the score. A word that the model does not know
    has an effect of 0, or that of the neighbours that it keeps apart.

    A read key is enough. Four reviews at most wait for this in an API process; a fifth is told to come again (503 with
    `Retry-After`). The first request after a start loads the model, which takes some seconds.
    """
    body = checked(await read_json(request, room, services.config.body_timeout_seconds), explain_shapes.ExplainRequest)
    return await services.classifiers.explain(access.tenant.model, Review(body.text, body.title))
