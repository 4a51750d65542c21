"""Whether the classifier still fits: drift, and live accuracy."""

from api.client.call import Call, Instant, instant
from api.drift.shapes import Accuracy, Drift
from api.shapes import ListWindow
from stream.drift_terms import DriftWindow, Reference


def drift(window: DriftWindow = "24h", reference: Reference = "30d", at: Instant | None = None) -> Call[Drift]:
    """Whether scores and words of the window's reviews are still what they were.

    Args:
        window: whole hours, up to that of ``at``.
        reference: right before the window, and compared with it.
        at: the end of the window; None is now.
    """
    query = {"window": window, "reference": reference, "at": instant(at)}
    return Call("GET", "/v1/tenants/{tenant}/drift", Drift, query=query)


def accuracy(window: ListWindow = "7d", at: Instant | None = None) -> Call[Accuracy]:
    """How often the model's label agrees with the stars, of all products together.

    Args:
        window: of the reviews; ``all`` has no buckets.
        at: the end of the window; None is now.
    """
    return Call("GET", "/v1/tenants/{tenant}/accuracy", Accuracy, query={"window": window, "at": instant(at)})


def product_accuracy(product_id: str, window: ListWindow = "7d", at: Instant | None = None) -> Call[Accuracy]:
    """The same of one product.

    Args:
        product_id: which.
        window: of the reviews; ``all`` has no buckets.
        at: the end of the window; None is now.
    """
    return Call(
        "GET",
        "/v1/tenants/{tenant}/products/{product_id}/accuracy",
        Accuracy,
        {"product_id": product_id},
        {"window": window, "at": instant(at)},
    )
