"""The tenant's classifiers, and their judgement on request."""

import json
from collections.abc import Sequence

from api.classifiers.shapes import Disagreements, Models
from api.client.call import Call
from api.drivers.occlusion_shapes import Explanation
from api.shapes import Classification, ToClassify


def models() -> Call[Models]:
    """Which models have counted the tenant's reviews, and how a shadow compares."""
    return Call("GET", "/v1/tenants/{tenant}/models", Models)


def disagreements(comparison: str, limit: int = 50) -> Call[Disagreements]:
    """The latest reviews that two models call differently, newest first.

    Args:
        comparison: ``id`` of a comparison of ``models``.
        limit: how many at most.
    """
    return Call(
        "GET",
        "/v1/tenants/{tenant}/models/comparisons/{comparison}/disagreements",
        Disagreements,
        {"comparison": comparison},
        {"limit": limit},
    )


def classify(reviews: Sequence[str | ToClassify]) -> Call[Classification]:
    """What the tenant's model makes of reviews. Nothing is counted or kept.

    Args:
        reviews: 1 to 256 texts, or :class:`~api.shapes.ToClassify` where they have titles.
    """
    body = [{"text": review} if isinstance(review, str) else review.model_dump(exclude_none=True) for review in reviews]
    content = json.dumps({"reviews": body}, ensure_ascii=False).encode(errors="surrogatepass")
    return Call("POST", "/v1/tenants/{tenant}/classify", Classification, content=content)


def explain(review: str | ToClassify) -> Call[Explanation]:
    """Which words of a review moved what the tenant's model makes of it. Nothing is counted or kept.

    Args:
        review: a text of 5,000 characters at most, or :class:`~api.shapes.ToClassify` where it has a title.
    """
    body = {"text": review} if isinstance(review, str) else review.model_dump(exclude_none=True)
    content = json.dumps(body, ensure_ascii=False).encode(errors="surrogatepass")
    return Call("POST", "/v1/tenants/{tenant}/explain", Explanation, content=content)
