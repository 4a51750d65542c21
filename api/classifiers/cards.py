"""What the tests on model cards gave, read from the artefacts' manifests."""

import asyncio
from typing import Final

import structlog

from api.cache import SharedReads
from models.artefact import ArtefactError, describe
from models.manifest import Metrics

log = structlog.get_logger(__name__)

SHARED_SECONDS: Final = 60.0
"""A tenant's own artefact may be replaced in its folder; nobody needs its new card sooner."""

MAX_CARDS: Final = 1_000


class Cards:
    """Cards by reference to the model, as the tenants file has it."""

    def __init__(self) -> None:
        self._cards = SharedReads[str, Metrics | None](SHARED_SECONDS, MAX_CARDS)

    async def of(self, model: str) -> Metrics | None:
        """Figures of its own test; None where the artefact is not to be read, which the log tells."""
        return await self._cards.get(model, lambda: asyncio.to_thread(_read, model))


def _read(model: str) -> Metrics | None:
    try:
        return describe(model).results.shipped
    except ArtefactError as error:
        log.warning("a model's card cannot be read", model=model, reason=error.reason, do="mend the artefact's folder")
        return None
