"""The tenants' classifiers, for reviews that are classified on request."""

import asyncio
from collections.abc import Callable, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
import structlog
from numpy.typing import NDArray

from api import shapes
from api.drivers.occlusion import occluded, words_of
from api.drivers.occlusion_shapes import MAX_WORDS, Explanation
from api.drivers.occlusion_views import explanation
from api.http.problems import Problem, unavailable
from api.views import label
from models.classifier import ArtefactError, Classifier, Review, load
from models.goodness import p_good
from stream.tenants import Tenants

log = structlog.get_logger(__name__)

_Given = TypeVar("_Given")
_Answer = TypeVar("_Answer")

_RETRY_SECONDS = 60
"""A missing artefact is put right by a person."""

MAX_EXPLAINING = 4
"""Explanations under way or waiting: each is up to 201 reviews for the one thread that also classifies."""

_EXPLAIN_RETRY_SECONDS = 1
"""Four explanations take less."""


class Classifiers:
    """Loads each artefact when it is first asked for, and runs all on one thread: a classifier takes one caller at a
    time, and the event loop must not wait for it.

    Args:
        tenants: gives those in force; a model that none of them names is let go of.
    """

    def __init__(self, tenants: Callable[[], Tenants]) -> None:
        self._tenants = tenants
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="aura-classify")
        self._loaded: dict[str, Classifier] = {}
        self._explaining = 0

    async def classify(self, model: str, reviews: Sequence[Review]) -> shapes.Classification:
        """Classify ``reviews`` with the artefact called ``model``.

        Raises:
            Problem: the artefact cannot be loaded.
        """
        return await self._run(self._classify, model, reviews)

    async def explain(self, model: str, review: Review) -> Explanation:
        """How each word of a review moves what the artefact called ``model`` makes of it.

        Raises:
            Problem: the artefact cannot be loaded, or :data:`MAX_EXPLAINING` others wait.
        """
        if self._explaining >= MAX_EXPLAINING:
            raise unavailable("Other reviews are being explained just now.", _EXPLAIN_RETRY_SECONDS)
        self._explaining += 1
        try:
            return await self._run(self._explain, model, review)
        finally:
            self._explaining -= 1

    def close(self) -> None:
        """Let go of the thread; what it still computes is not waited for."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[[Classifier, _Given], _Answer], model: str, given: _Given) -> _Answer:
        """Do something with a classifier, on the thread."""
        # One that was promoted while the request came in is still named here; the next request lets go of it.
        named = {model} | {tenant.model for tenant in self._tenants().values()}

        def job() -> _Answer:
            return work(self._get(model, named), given)

        return await asyncio.get_running_loop().run_in_executor(self._thread, job)

    def _classify(self, classifier: Classifier, reviews: Sequence[Review]) -> shapes.Classification:
        manifest = classifier.manifest
        answers = classifier.predict(reviews)
        good = p_good(answers, manifest.labels).tolist()
        in_stars = manifest.task == "stars"
        return shapes.Classification(
            model=shapes.ModelName(name=manifest.name, version=manifest.version),
            reviews=[_classified(p, answer if in_stars else None) for p, answer in zip(good, answers, strict=True)],
        )

    def _explain(self, classifier: Classifier, review: Review) -> Explanation:
        manifest = classifier.manifest
        titles = "title" in manifest.preprocessing.inputs
        words = words_of(review, titles=titles)
        asked = occluded(review, words[:MAX_WORDS])
        good = p_good(classifier.predict(asked), manifest.labels).tolist()
        name = shapes.ModelName(name=manifest.name, version=manifest.version)
        return explanation(name, review, words, good, titles=titles)

    def _get(self, model: str, named: Set[str]) -> Classifier:
        for other in self._loaded.keys() - named:  # before a new one is loaded, so that there is room for it
            del self._loaded[other]
        classifier = self._loaded.get(model)
        if classifier is None:
            try:
                classifier = self._loaded[model] = load(model)
            except Exception as error:  # whatever it is, such as too little memory for another model
                log.error(
                    "artefact cannot be loaded", model=model, reason=str(error) or type(error).__name__,
                    do="mend it, or name another model in the tenants file; the next request tries again",
                    exc_info=not isinstance(error, ArtefactError),
                )  # fmt: skip
                raise self._missing() from None
        return classifier

    def _missing(self) -> Problem:
        return unavailable("The tenant's model cannot be loaded; the server's log has the reason.", _RETRY_SECONDS)


def _classified(good: float, stars: NDArray[np.float32] | None) -> shapes.Classified:
    judged = shapes.Classified(p_good=round(good, 6), p_bad=round(1 - good, 6), label=label(good))
    if stars is None:
        return judged
    one, two, three, four, five = (round(p, 6) for p in stars.tolist())
    return judged.model_copy(update={"stars": int(stars.argmax()) + 1, "p_stars": (one, two, three, four, five)})
