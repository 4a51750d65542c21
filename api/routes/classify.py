"""Reviews judged on request, without being counted."""

from fastapi import APIRouter, Request

from api import examples, shapes
from api.deps import BodyRoom, Shared, Writer, problems
from api.http.bodies import checked, read_json
from api.http.openapi import answer, classify_body
from api.http.problems import TIMEOUT, TOO_LARGE
from models.classifier import Review

router = APIRouter(tags=["classify"])


@router.post(
    "/v1/tenants/{tenant}/classify",
    summary="Classify reviews",
    responses=problems(TIMEOUT, TOO_LARGE) | answer(examples.classified()),
    openapi_extra={"requestBody": classify_body()},
)
async def classify(request: Request, access: Writer, services: Shared, room: BodyRoom) -> shapes.Classification:
    """What the tenant's model makes of up to 256 reviews. Nothing is counted or kept.

    The first request after a start loads the model, which takes some seconds.
    """
    body = checked(await read_json(request, room, services.config.body_timeout_seconds), shapes.ClassifyRequest)
    reviews = [Review(review.text, review.title) for review in body.reviews]
    answer = await services.classifiers.classify(access.tenant.model, reviews)
    services.metrics.classified.inc(len(reviews))
    return answer
