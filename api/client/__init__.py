"""The API from Python: :class:`Aura`, which waits for answers, and :class:`AsyncAura`, which is awaited.

>>> with Aura("http://127.0.0.1:8000", key) as aura:
...     for product in aura.products(sort="bad_lower"):
...         print(product.product_id, product.measures.bad_interval)

Answers are the shapes of :mod:`api.shapes` and its neighbours, as the OpenAPI document has them. Importing this loads
httpx and pydantic, and nothing of the server.
"""

from api.client.asynchronous import AsyncAura
from api.client.blocking import Aura
from api.client.errors import (
    ApiProblem,
    AuraError,
    Forbidden,
    InvalidRequest,
    NotFound,
    ServerFault,
    TimedOut,
    TooLarge,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    Unintelligible,
    Unreachable,
)
from api.client.exports import AsyncExport, Export
from api.client.live import AsyncLiveStream, LiveEvent, LiveStream
from api.client.publishing import NewReview
from api.client.retries import Retries

__all__ = [
    "ApiProblem",
    "AsyncAura",
    "AsyncExport",
    "AsyncLiveStream",
    "Aura",
    "AuraError",
    "Export",
    "Forbidden",
    "InvalidRequest",
    "LiveEvent",
    "LiveStream",
    "NewReview",
    "NotFound",
    "Retries",
    "ServerFault",
    "TimedOut",
    "TooLarge",
    "TooManyRequests",
    "Unauthorized",
    "Unavailable",
    "Unintelligible",
    "Unreachable",
]
