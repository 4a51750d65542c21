"""The tenants' classifiers, for reviews that are classified on request."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import structlog

from api import shapes
from api.problems import Problem, unavailable
from api.views import label
from models.classifier import ArtefactError, Classifier, Review, load

log = structlog.get_logger(__name__)

_RETRY_SECONDS = 60
"""A missing artefact is put right by a person."""


class Classifiers:
    """Loads each artefact when it is first asked for, and runs all on one thread: a classifier takes one caller at a
    time, and the event loop must not wait for it."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="aura-classify")
        self._loaded: dict[str, Classifier] = {}

    async def classify(self, model: str, reviews: Sequence[Review]) -> shapes.Classification:
        """Classify ``reviews`` with the artefact called ``model``.

        Raises:
            Problem: the artefact cannot be loaded.
        """
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._classify, model, reviews)

    def close(self) -> None:
        """Let go of the thread; what it still computes is not waited for."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _classify(self, model: str, reviews: Sequence[Review]) -> shapes.Classification:
        classifier = self._get(model)
        manifest = classifier.manifest
        good = classifier.predict(reviews)[:, manifest.labels.index("good")].tolist()
        return shapes.Classification(
            model=shapes.ModelName(name=manifest.name, version=manifest.version),
            reviews=[
                shapes.Classified(p_good=round(p, 6), p_bad=round(1 - p, 6), label=label(p)) for p in map(float, good)
            ],
        )

    def _get(self, model: str) -> Classifier:
        classifier = self._loaded.get(model)
        if classifier is None:
            try:
                classifier = self._loaded[model] = load(model)
            except ArtefactError as error:
                log.error("artefact cannot be loaded", model=model, reason=str(error))
                raise self._missing() from None
        return classifier

    def _missing(self) -> Problem:
        return unavailable("The tenant's model cannot be loaded; the server's log has the reason.", _RETRY_SECONDS)
